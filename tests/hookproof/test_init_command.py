"""Command `hookproof init`: the file that it writes, and what it says."""

import json
from pathlib import Path

import pytest
import yaml
from support.processes import TESTS, hookproof_in

pytestmark = pytest.mark.integration

SHOP = yaml.safe_load((TESTS / "data" / "shop.yaml").read_text(encoding="utf-8"))
PAYLOAD = {"$ref": "#/components/schemas/Item"}
SENT = {"requestBody": {"content": {"application/json": {"schema": PAYLOAD}}}}
WITH_WEBHOOK = json.dumps({**SHOP, "webhooks": {"itemCreated": {"post": SENT}}})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "shop.json").write_text(WITH_WEBHOOK, encoding="utf-8")
    return tmp_path


def test_writes_an_overlay_beside_the_document_that_lints(folder: Path) -> None:
    done = hookproof_in(folder, "init", "api/shop.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "wrote api/shop.overlay.yaml: 1 webhook with a trigger, 2 TODOs\n"
        "next: read it, then hookproof verify --contract api/shop.json "
        "--overlay api/shop.overlay.yaml URL\n"
    )
    text = (folder / "api" / "shop.overlay.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 15
    assert "extends: shop.json\n" in text
    assert text.count("# TODO: itemCreated: ") == 2
    lint = hookproof_in(folder, "lint", "api/shop.overlay.yaml")
    assert (lint.returncode, lint.stdout.splitlines()[-1]) == (
        0,
        "api/shop.json: 0 errors, 1 warning",
    )


def test_overwrites_a_file_only_by_force(folder: Path) -> None:
    (folder / "mine.yaml").write_text("mine", encoding="utf-8")
    command = ["init", "api/shop.json", "-o", "mine.yaml"]
    done = hookproof_in(folder, *command)
    assert done.returncode == 2
    assert done.stderr == "hookproof: mine.yaml exists: pass --force to overwrite it\n"
    assert (folder / "mine.yaml").read_text(encoding="utf-8") == "mine"
    assert hookproof_in(folder, *command, "--force").returncode == 0
    assert "extends: api/shop.json" in (folder / "mine.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.yaml"], "nowhere.yaml: cannot be read"),
        (["plain.json"], "plain.json: nothing to add: it has no webhook without a trigger"),
        (["api/shop.json", "-o", "nowhere/x.yaml"], "nowhere/x.yaml: cannot be written"),
        ([], "Missing argument 'DOCUMENT'"),
    ],
)
def test_says_why_it_writes_nothing(folder: Path, arguments: list[str], sentence: str) -> None:
    (folder / "plain.json").write_text(json.dumps(SHOP), encoding="utf-8")
    done = hookproof_in(folder, "init", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (folder / "plain.overlay.yaml").exists()
