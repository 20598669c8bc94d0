"""Dependencies: product code imports only declared ones and uses each of them."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Set
from importlib.metadata import packages_distributions, requires
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contracts", "hookproof", "mock_server", "openapi", "webhook_sink")
NOT_IMPORTED = {
    "flask-swagger-ui": "mock_server/admin/docs.py serves its files and finds them with find_spec",
    "uvloop": "uvicorn imports it where it is installed",
}
OPTIONAL = {
    "gevent": (
        ("contracts/load/locust_target.py",),
        "as locust, which needs it: the classes of its errors and of its timeout",
    ),
    "geventhttpclient": (
        ("contracts/load/locust_target.py",),
        "as locust, which needs it: the classes of its errors and of its timeout",
    ),
    "locust": (
        ("contracts/load/locustfile.py", "contracts/load/locust_target.py"),
        "only Locust imports them, for hookproof load, which the extra load installs",
    ),
    "cryptography": (
        ("openapi/signatures/ed25519.py",),
        "used only for signatures by a key pair, which the extra signatures installs",
    ),
    "http-sf": (
        ("openapi/signatures/structured_fields.py",),
        "used only for HTTP message signatures, which the extra signatures installs",
    ),
    "psycopg": (
        ("webhook_sink/storage/postgres_database.py",),
        "used only for a store in PostgreSQL, which the extra postgres installs",
    ),
    "pytest-xdist": (
        ("hookproof/pytest_suite.py",),
        "used only under xdist",
    ),
    "trustme": (
        ("hookproof/serving/tls.py",),
        "used only by mock --tls, which the extra tls installs",
    ),
}
"""Optional distribution -> the modules that may import it inside a function, and why."""
LOADED_BY_ITS_LIBRARY = {"gevent", "geventhttpclient", "locust"}
"""Optional distributions whose modules only Locust loads."""
EXTRAS = {
    "docs": {"mkdocs-material"},
    "load": {"gevent", "geventhttpclient", "locust"},
    "postgres": {"psycopg"},
    "signatures": {"cryptography", "http-sf"},
    "tls": {"trustme"},
}
"""Extra of the wheel -> its distributions."""


def canonical(name: str) -> str:
    """Return the name of a distribution as PyPI normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imported_names(source: str, *, at_import: bool = False) -> Iterator[str]:
    """Yield the top-level name of each import in `source`; `at_import`: at module level only."""
    tree = ast.parse(source)
    for node in tree.body if at_import else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def third_party(names: Iterator[str]) -> set[str]:
    """Return those of `names` that are neither in the standard library nor in the project."""
    return set(names) - sys.stdlib_module_names - set(PACKAGES)


def undeclared(names: set[str], declared: Set[str]) -> dict[str, list[str]]:
    """Return the import names without a declared distribution, and their distributions."""
    providers = packages_distributions()
    found = {name: sorted({canonical(dist) for dist in providers.get(name, ())}) for name in names}
    return {name: dists for name, dists in found.items() if declared.isdisjoint(dists)}


def requirements(extra: str | None = None) -> dict[str, str]:
    """Return the requirement of each distribution that the wheel, or an extra, requires."""
    stated = [text for text in requires("hookproof") or () if extra_of(text) == extra]
    return {canonical(re.split(r"[^\w.-]", text, maxsplit=1)[0]): text for text in stated}


def extra_of(requirement: str) -> str | None:
    """Return the name of the extra in the marker of `requirement`, None without one."""
    found = re.search(r"extra == ['\"]([\w-]+)['\"]", requirement)
    return found and found[1]


IMPORTS = {
    path.relative_to(ROOT).as_posix(): third_party(imported_names(path.read_text(encoding="utf-8")))
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
}
DECLARED = requirements()
LOCKED = DECLARED | {
    name: text for extra in EXTRAS if extra != "docs" for name, text in requirements(extra).items()
}
"""Requirements in the two locks of the tests; the extra of the site has its own lock."""
BOUNDED = DECLARED | {name: text for extra in EXTRAS for name, text in requirements(extra).items()}


@pytest.mark.parametrize("path", sorted(path for path, names in IMPORTS.items() if names))
def test_every_import_is_declared(path: str) -> None:
    optional = {name for name, (modules, _) in OPTIONAL.items() if path in modules}
    assert undeclared(IMPORTS[path], DECLARED.keys() | optional) == {}


@pytest.mark.parametrize("name", sorted(OPTIONAL.keys() - LOADED_BY_ITS_LIBRARY))
def test_a_module_can_be_imported_without_optional_distributions(name: str) -> None:
    for module in OPTIONAL[name][0]:
        source = (ROOT / module).read_text(encoding="utf-8")
        imported = third_party(imported_names(source, at_import=True))
        assert undeclared(imported, DECLARED.keys()) == {}


def test_every_declared_dependency_is_imported() -> None:
    providers = packages_distributions()
    imported = set().union(*IMPORTS.values())
    used = {canonical(dist) for name in imported for dist in providers[name]}
    assert DECLARED.keys() - used == NOT_IMPORTED.keys()
    assert OPTIONAL.keys() <= used - DECLARED.keys()


@pytest.mark.parametrize("name", sorted(BOUNDED))
def test_every_dependency_has_a_lower_and_an_upper_bound(name: str) -> None:
    assert re.search(r">=\d", BOUNDED[name])
    assert re.search(r"<\d", BOUNDED[name])


@pytest.mark.parametrize("name", sorted(LOCKED))
def test_the_lowest_pins_are_the_lower_bounds(name: str) -> None:
    lowest = (ROOT / "requirements-lowest.lock").read_text(encoding="utf-8")
    pinned = re.findall(rf"^{name}==(\S+)", lowest, re.MULTILINE)
    (bound,) = re.findall(r">=([\d.]+)", BOUNDED[name])
    assert [release(version, bound.count(".")) for version in pinned] == [bound]


def test_each_extra_has_the_optional_distributions() -> None:
    stated = {extra_of(text) for text in requires("hookproof") or ()} - {None}
    assert {extra: set(requirements(str(extra))) for extra in stated} == EXTRAS


@pytest.mark.integration
def test_the_mock_imports_no_flask() -> None:
    assert find_spec("flask"), "flask-swagger-ui installs it"
    source = "import sys, mock_server.app; sys.exit('flask' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source], check=False).returncode == 0


@pytest.mark.integration
def test_the_mock_imports_no_check() -> None:
    source = "import sys, hookproof.commands.mock; sys.exit('contracts.checks' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source], check=False).returncode == 0


def release(version: str, dots: int) -> str:
    """Return the first numbers of a version, as many as a bound with `dots` dots has."""
    return ".".join(version.split(".")[: dots + 1])


def test_requirements_of_the_checks_are_pinned_in_both_locks() -> None:
    wanted = {
        canonical(line)
        for line in (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    }
    for name in ("requirements.lock", "requirements-lowest.lock"):
        lock = (ROOT / name).read_text(encoding="utf-8")
        assert wanted | LOCKED.keys() <= set(re.findall("^([a-z0-9-]+)==", lock, re.MULTILINE))


def test_the_lock_of_the_site_pins_its_requirements_and_the_extra() -> None:
    stated = (ROOT / "requirements-docs.in").read_text(encoding="utf-8").splitlines()
    wanted = {line for line in stated if not line.startswith("#")} | EXTRAS["docs"]
    lock = (ROOT / "requirements-docs.lock").read_text(encoding="utf-8")
    pinned = set(re.findall("^([a-z0-9-]+)==", lock, re.MULTILINE))
    assert wanted <= pinned
    for name in ("requirements.lock", "requirements-lowest.lock"):
        assert "mkdocs" not in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-lowest.lock", "requirements-docs.lock"]
)
def test_each_pin_has_hashes_and_no_index(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    hashed = re.compile(r"[a-z0-9-]+==.* --hash=sha256:[0-9a-f]{64}")
    assert [pin for pin in pins if not hashed.match(pin)] == []
    assert not any("//" in pin for pin in pins)


def test_finds_an_undeclared_import() -> None:
    source = "import json\nimport openapi.curl\n\ndef load() -> None:\n    import yaml.nodes\n"
    names = third_party(imported_names(source))
    assert undeclared(names, {"pytest"}) == {"yaml": ["pyyaml"]}
    assert undeclared(names, {"pyyaml"}) == {}
