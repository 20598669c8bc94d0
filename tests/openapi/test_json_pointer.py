"""JSON Pointers (RFC 6901): validity, values, replacement and errors."""

import copy
from typing import Any

import pytest

from openapi.json_pointer import MISSING, check_pointer, get_at, is_pointer, set_at
from openapi.loading.loader import default_contract_path, parse_contract
from openapi.runtime_expression import parse_expression

DOCUMENT: dict[str, Any] = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "m~n": 8,
    "~2": 9,
    "01": 10,
    "~": 11,
    "long": list(range(12)),
}
FOUND = {
    "": DOCUMENT,
    "/foo": ["bar", "baz"],
    "/foo/0": "bar",
    "/foo/1": "baz",
    "/": 0,
    "/a~1b": 1,
    "/c%d": 2,
    "/m~0n": 8,
    "/~02": 9,
    "/01": 10,
    "/~0": 11,
    "/long/10": 10,
    "#/foo/1": "baz",
}
NOT_FOUND = [
    "/foo/01",
    "/foo/00",
    "/foo/2",
    "/foo/-",
    "/foo/-1",
    "/foo/+1",
    "/foo/1.0",
    "/foo/ 1",
    "/foo/1\n",
    "/foo/1_0",
    "/foo/",
    "/foo/\u0661",
    "/foo/\uff11",
    "/foo/\u00b9",
    f"/foo/{'9' * 5000}",
    "/foo/0/0",
    "/long/010",
]
INVALID = ["foo", "foo/0", "/~2", "/~", "/m~n", "/foo/~", "/a~1b~"]


@pytest.mark.parametrize("pointer", FOUND)
def test_a_pointer_returns_its_value(pointer: str) -> None:
    assert is_pointer(pointer.removeprefix("#"))
    assert get_at(DOCUMENT, pointer) == FOUND[pointer]


@pytest.mark.parametrize("pointer", [*NOT_FOUND, *INVALID])
def test_an_unknown_or_invalid_pointer_returns_missing(pointer: str) -> None:
    assert is_pointer(pointer) is (pointer in NOT_FOUND)
    assert get_at(DOCUMENT, pointer) is MISSING


@pytest.mark.parametrize("pointer", [*NOT_FOUND, *INVALID, ""])
def test_setting_at_an_unknown_or_invalid_pointer_fails(pointer: str) -> None:
    changed = copy.deepcopy(DOCUMENT)
    with pytest.raises(LookupError):
        set_at(changed, pointer, "new")
    assert changed == DOCUMENT


@pytest.mark.parametrize("pointer", [p for p in FOUND if p.startswith("/")])
def test_replaces_a_value(pointer: str) -> None:
    changed = copy.deepcopy(DOCUMENT)
    set_at(changed, pointer, "new")
    assert get_at(changed, pointer) == "new"


@pytest.mark.parametrize("pointer", INVALID)
def test_rejects_an_invalid_pointer_of_a_user_with_a_reason(pointer: str) -> None:
    with pytest.raises(ValueError, match=r"is not a JSON pointer; (begin it|write ~0)"):
        check_pointer(pointer)
    with pytest.raises(ValueError, match="is not a supported runtime expression"):
        parse_expression(f"$request.body#{pointer}")


@pytest.mark.parametrize("change", ["event-name: /ev~ent", "to: /data/na~2me", "body#/na~me"])
def test_complains_about_an_invalid_pointer_in_a_contract(change: str) -> None:
    wrong = change.partition("/")[2].replace("~2", "").replace("~", "")
    good = default_contract_path().read_text(encoding="utf-8")
    text = good.replace(change.partition("/")[0] + "/" + wrong, change, 1)
    assert text != good
    complaints = parse_contract("broken.yaml", text).complaints
    assert any("does not match" in complaint.message for complaint in complaints)
