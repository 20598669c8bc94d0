"""Generated bodies: the cache changes nothing but the time, and never fails a run."""

import subprocess
import sys
from pathlib import Path

import pytest

from contracts.generators.body_cache import MAX_BYTES, cached_bodies
from contracts.generators.generated_bodies import generated_cases
from openapi.contract import Contract
from openapi.loading.loader import load_contract

BODIES = [("a pair", {"a": 1.0, "b": [None, "\ud800"]}), ("no JSON", b"\xff\x00")]


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


def undrawn() -> list[tuple[str, object]]:
    pytest.fail("the bodies were drawn again")


def test_cases_are_the_same_with_and_without_a_cache(contract: Contract, tmp_path: Path) -> None:
    operation = contract.operations[0]
    drawn = generated_cases(contract, operation, 7, 3, 3, None)
    for _ in range(2):
        generated_cases.cache_clear()
        assert generated_cases(contract, operation, 7, 3, 3, tmp_path) == drawn
    assert generated_cases(contract, operation, 8, 3, 3, tmp_path) != drawn
    assert len(list(tmp_path.iterdir())) == 3  # coverage, and the random bodies of each seed


def test_stored_bodies_are_equal_to_drawn_ones(tmp_path: Path) -> None:
    assert cached_bodies(tmp_path, ("a", 1), lambda: list(BODIES)) == BODIES
    assert cached_bodies(tmp_path, ("a", 1), undrawn) == BODIES
    assert cached_bodies(tmp_path, ("a", 2), list) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"bodies": [{}]}', '{"bodies": 1}', "\x00"])
def test_a_broken_file_is_drawn_again(tmp_path: Path, text: str) -> None:
    cached_bodies(tmp_path, ("a",), lambda: list(BODIES))
    (file,) = tmp_path.iterdir()
    file.write_text(text, encoding="utf-8")
    assert cached_bodies(tmp_path, ("a",), lambda: list(BODIES)) == BODIES
    assert cached_bodies(tmp_path, ("a",), undrawn) == BODIES


def test_a_directory_that_cannot_be_written_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert cached_bodies(tmp_path / "file", ("a",), lambda: list(BODIES)) == BODIES


def test_the_oldest_files_are_removed(tmp_path: Path) -> None:
    large: list[tuple[str, object]] = [("large", b"x" * (MAX_BYTES // 6))]  # base64: a third more
    for number in range(6):
        cached_bodies(tmp_path, (number,), lambda: large)
    assert len(list(tmp_path.iterdir())) == 4
    assert cached_bodies(tmp_path, (5,), undrawn) == large
    assert cached_bodies(tmp_path, (0,), list) == []


@pytest.mark.integration
def test_a_run_with_cached_bodies_imports_no_generator(tmp_path: Path) -> None:
    code = (
        "import sys; from hookproof.cli import main;"
        "code = main(['verify', 'http://127.0.0.1:1', '--dry-run', '--seed', '7']);"
        "print(code, sorted({'schemathesis', 'hypothesis'} & set(sys.modules)))"
    )
    ended = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"XDG_CACHE_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for _ in range(2)
    ]
    assert ended[0][0] == ended[1][0]
    assert [lines[1] for lines in ended] == ["0 ['hypothesis', 'schemathesis']", "0 []"]
