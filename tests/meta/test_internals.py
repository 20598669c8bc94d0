"""Internals of other libraries: the installed releases have each name of docs/internals.md."""

import re
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "internals.md"
ROW = re.compile(r"\| ([\w-]+) \| `([\w.]+)`: ((?:`\w+` ?)+) \| ((?:`[\w/.]+`(?:, )?)+) \|")


def stated() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield owner, name and files of each name in the table."""
    for _, owner, names, places in ROW.findall(PAGE.read_text(encoding="utf-8")):
        for name in re.findall(r"`(\w+)`", names):
            yield owner, name, tuple(re.findall(r"`([\w/.]+)`", places))


STATED = list(stated())


def found(owner: str) -> object:
    """Return the module or class with this dotted name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # connexion imports deprecated names
        try:
            return import_module(owner)
        except ModuleNotFoundError:
            module, _, name = owner.rpartition(".")
            return getattr(import_module(module), name)


def has(owner: object, name: str) -> bool:
    """Return whether `owner` has `name`, as an attribute or one that its methods use."""
    if hasattr(owner, name) or isinstance(owner, ModuleType):
        return hasattr(owner, name)
    assert isinstance(owner, type)
    stated = (vars(one).get("__annotations__", {}) for one in owner.__mro__)
    methods = (method for one in owner.__mro__ for method in vars(one).values())
    return any(name in names for names in stated) or any(
        name in method.__code__.co_names for method in methods if hasattr(method, "__code__")
    )


@pytest.mark.parametrize(("owner", "name"), [(owner, name) for owner, name, _ in STATED])
def test_the_installed_release_has(owner: str, name: str) -> None:
    assert has(found(owner), name), f"{owner} has no {name}: see docs/internals.md"


@pytest.mark.parametrize(("name", "places"), [(name, places) for _, name, places in STATED])
def test_is_used_where_the_page_says(name: str, places: tuple[str, ...]) -> None:
    used = "".join((ROOT / place).read_text(encoding="utf-8") for place in places)
    assert re.search(rf"\b{name}\b", used)


def test_the_table_has_every_private_name_and_every_extended_class() -> None:
    assert len(STATED) > 40
    known = {name for _, name, _ in STATED} | {owner.rpartition(".")[2] for owner, _, _ in STATED}
    private: set[str] = set()
    extended: set[str] = set()
    third = "uvicorn|connexion|schemathesis|hypothesis|jwt|xdist|httpx|httpcore"
    for package in ("contracts", "hookproof", "mock_server", "openapi", "webhook_sink"):
        for path in (ROOT / package).rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            private |= set(re.findall(r"(?<!self)(?<!cls)\.(_[a-z]\w+)", source))
            imported = re.findall(rf"from (?:{third})[\w.]* import ([^(\n]+|\([^)]+\))", source)
            names = {name for text in imported for name in re.findall(r"[A-Z]\w+", text)}
            bases = re.findall(r"^ *class \w+\(([\w.]+)", source, re.MULTILINE)
            extended |= names.intersection(bases)
            extended |= {base.partition(".")[2] for base in bases if base.startswith("uvicorn.")}
    assert private - {"_exit"} <= known
    assert extended <= known


def test_finds_a_missing_name() -> None:
    assert not has(found("uvicorn.server.Server"), "serve_forever")
    assert not has(sys, "no_such_name")
