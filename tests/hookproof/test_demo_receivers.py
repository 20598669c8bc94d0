"""Receivers of the demo: the right one conforms, the mistake of the other is named."""

import pytest

from hookproof.commands.demo_receivers import (
    Receiver,
    judge_receiver,
    verifies_raw_bytes,
    verifies_written_json,
)
from openapi.contract import Contract
from openapi.loading.loader import load_contract
from openapi.signatures.message import Message

pytestmark = pytest.mark.integration

SECRET = "the-secret-of-the-receivers-of-the-demo"


@pytest.fixture(scope="module")
def shipped() -> Contract:
    return load_contract()


def judged(
    receiver: Receiver, contract: Contract, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[str]]:
    """Return the exit code and the lines after the command line."""
    code = judge_receiver(contract, SECRET, receiver)
    output, errors = capsys.readouterr()
    assert errors == ""
    assert SECRET not in output
    command, *lines = output.splitlines()
    assert command.startswith("$ hookproof verify-receiver http://127.0.0.1:")
    return code, lines


def test_the_right_receiver_conforms(shipped: Contract, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = judged(verifies_raw_bytes, shipped, capsys)
    assert code == 0
    (verdict,) = lines
    assert verdict.startswith("CONFORMS: 0 violations, 0 warnings; ")


def test_the_mistake_is_named_in_a_few_lines(
    shipped: Contract, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = judged(verifies_written_json, shipped, capsys)
    assert code == 1
    *findings, verdict = lines
    assert verdict.startswith("DEVIATES: ")
    named = {line.split(":")[0] for line in findings}
    assert {"VIOLATION receiver-json-form", "VIOLATION receiver-other-bytes"} <= named
    assert len(findings) <= 6
    assert all(len(line) <= 160 for line in findings)


def test_a_receiver_that_accepts_everything_deviates(
    shipped: Contract, capsys: pytest.CaptureFixture[str]
) -> None:
    def accepts_everything(_: Message, __: Contract, ___: str) -> int:
        return 204

    code, lines = judged(accepts_everything, shipped, capsys)
    assert code == 1
    assert any(line.startswith("VIOLATION receiver-unsigned:") for line in lines)
