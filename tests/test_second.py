"""A second implementation, by other hands: legal behaviour is green, mistakes are not.

`second/` is the service: standard library alone, nothing of the project. `second/caught.yaml` says
for each mistake which check names it. By default every fifth mistake is tried, over all layers, and
the legal behaviours in the quick profile, of those that wait out a rate limit one; with
`ALL_DEVIATIONS=1` (the tox environment `deviations`) every one in the default profile.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from processes import HERE, JWT_SECRET, WEBHOOK_SECRET, Run, started, verify

SECOND = HERE / "second"
TABLES = """
import json, deviations, legal
print(json.dumps({
    "legal": {name: behaviour.warns for name, behaviour in legal.LEGAL.items()},
    "deviations": {name: d.layer for name, d in deviations.DEVIATIONS.items()},
}))
"""
LAYERS = {"answers", "validation", "credentials", "robustness", "webhooks"}
OPAQUE = {"token": "opaque-token-of-the-tests", "other": "opaque-token-without-permission"}


@cache
def tables() -> Any:
    """Return the names of the service's behaviours, asked of the service's own code."""
    done = subprocess.run(
        [sys.executable, "-c", TABLES], cwd=SECOND, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@cache
def caught() -> dict[str, str]:
    text = (SECOND / "caught.yaml").read_text(encoding="utf-8")
    table: dict[str, str] = yaml.safe_load(text)
    return table


EVERY = bool(os.environ.get("ALL_DEVIATIONS"))


def tried() -> list[str]:
    names = list(tables()["deviations"])
    return names if EVERY else names[::5]


def allowed() -> list[str]:
    slow = set() if EVERY else {"retry-after-date", "retry-after-absent"}
    return [name for name in tables()["legal"] if name not in slow]


@contextmanager
def service(port: int, *options: str) -> Iterator[str]:
    command = [str(SECOND / "service.py"), "--port", "0", "--jwt-secret", JWT_SECRET]
    command += ["--webhook-secret", WEBHOOK_SECRET]
    command += ["--webhook-url", f"http://127.0.0.1:{port}/hooks"]
    with started([*command, *options]) as url:
        yield url


@cache
def token(*options: str) -> str:
    command = [sys.executable, str(SECOND / "tokens.py"), "--jwt-secret", JWT_SECRET, *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@cache
def known_permissions() -> tuple[str, ...]:
    from openapi.loading.loader import load_contract  # noqa: PLC0415 - the list is the contract's

    return tuple(load_contract().at("/components/schemas/KnownPermission")["enum"])


def judged(port: int, directory: Path, options: list[str], *arguments: str) -> Run:
    everything = [part for p in known_permissions() for part in ("--permission", p)]
    environment = {
        "HOOKPROOF_TOKEN": token(*everything),
        "HOOKPROOF_TOKEN_WITHOUT_PERMISSION": token("--permission", "license:read"),
        "HOOKPROOF_TOKEN_EXPIRED": token("--expires-in", "-1000"),
        "HOOKPROOF_TOKEN_NOT_YET_VALID": token("--not-before", "100000"),
    }
    if "opaque-tokens" in options:
        held = ",".join(known_permissions())
        options = [*options, "--opaque-token", f"{OPAQUE['token']}:{held}"]
        options += ["--opaque-token", f"{OPAQUE['other']}:license:read"]
        environment = {
            "HOOKPROOF_TOKEN": OPAQUE["token"],
            "HOOKPROOF_TOKEN_WITHOUT_PERMISSION": OPAQUE["other"],
        }
    with service(port, *options) as url:
        return verify(url, port, directory, *arguments, **environment)


def test_it_conforms(port: int, tmp_path: Path) -> None:
    run = judged(port, tmp_path, [])
    assert (run.code, run.report["findings"]) == (0, []), run.out


@pytest.mark.parametrize("name", allowed())
def test_what_a_service_is_free_to_do_is_no_violation(name: str, port: int, tmp_path: Path) -> None:
    # What brings a warning is one of the cases that the quick profile leaves out in part.
    profile = "default" if EVERY or tables()["legal"][name] else "quick"
    run = judged(port, tmp_path, ["--legal", name], "--profile", profile)
    assert run.code == 0, run.out
    warnings = {finding["check"] for finding in run.report["findings"]}
    assert bool(warnings) is tables()["legal"][name], run.out


def test_many_freedoms_at_once_are_no_violation(port: int, tmp_path: Path) -> None:
    names = ["extra-fields", "nulls", "date-offset", "sorted-unique-scopes", "gzip", "chunked"]
    names += ["webhooks-out-of-order", "webhooks-ascii", "same-name-twice", "charset"]
    run = judged(port, tmp_path, [part for name in names for part in ("--legal", name)])
    assert run.code == 0, run.out


@pytest.mark.parametrize("name", tried())
def test_a_mistake_is_found_by_the_check_it_belongs_to(
    name: str, port: int, tmp_path: Path
) -> None:
    options = ["--webhook-deadline", "3", "--request-timeout", "3"]
    run = judged(port, tmp_path, ["--deviate", name], *options)
    assert (run.code, run.report["verdict"]) == (1, "deviates"), run.out
    assert caught()[name] in run.violated, run.out


def test_the_table_is_whole_and_every_layer_has_its_share() -> None:
    layers = tables()["deviations"]
    assert set(caught()) == set(layers)
    assert set(layers.values()) == LAYERS
    assert len(layers) >= 60
    assert all(len([n for n in tried() if layers[n] == layer]) >= 5 for layer in LAYERS)
