"""A service with unique addresses whose contract only documents 409."""

from pathlib import Path

import pytest
from support.processes import SHARED, started, verify

pytestmark = pytest.mark.integration

CONTRACT = SHARED.parent / "data" / "accounts.yaml"


def test_a_run_sees_more_than_conflicts(port: int, tmp_path: Path) -> None:
    limits = ("--profile", "quick", "--contract", str(CONTRACT), "--no-saved-cases")
    with started(["-m", "accounts_service"], PYTHONPATH=str(SHARED)) as url:
        run = verify(url, port, tmp_path, *limits, "--no-webhooks")
    assert (run.violated, run.code) == (set(), 0), run.out
    assert run.report["operations"]["judged"] == 3
    statuses = {key: one["seen"] for key, one in run.report["statuses"].items()}
    assert statuses["createAccount 409"] < statuses["createAccount 201"] > 20
    assert statuses["changeAccount 200"] > 5
