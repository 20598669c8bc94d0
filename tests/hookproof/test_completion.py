"""Shell completion: options, commands and values; it imports no command and reads no file."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.processes import hookproof_in

from hookproof.options.verify import verify

pytestmark = pytest.mark.integration

BROKEN = "[verify\nurl = "
WORDS = {
    "hookproof ver": ["verify", "verify-receiver"],
    "hookproof verify-receiver --only receiver-un": [
        "receiver-unsigned",
        "receiver-unknown-event",
        "receiver-unknown-property",
    ],
    "hookproof verify --prof": ["--profile"],
    "hookproof verify --profile ": ["quick", "default", "thorough"],
    "hookproof verify --only webhook-u": ["webhook-unexpected", "webhook-unique"],
    "hookproof verify --skip fu": ["fuzzing"],
    "hookproof mock --log-format j": ["json"],
    "hookproof lint --format s": ["sarif"],
    "hookproof deliveries li": ["list"],
    "hookproof signature verify --rec": ["--received-at"],
}
"""Command lines, and how the last word may go on."""


def completed(shell: str, line: str, folder: Path) -> list[str]:
    """Return the suggestions for the last word of `line`, by click's protocol for `shell`."""
    *before, last = line.split(" ")
    variables = {
        "_HOOKPROOF_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": last if shell == "fish" else str(len(before)),
    }
    done = hookproof_in(folder, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    if shell == "zsh":  # a type, a word and a description
        return lines[1::3]
    return [found.partition(",")[2].partition("\t")[0] for found in lines]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("line", WORDS)
def test_completes_beside_an_invalid_configuration(shell: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "hookproof.toml").write_text(BROKEN, encoding="utf-8")
    assert completed(shell, line, tmp_path) == WORDS[line]


def test_completion_reads_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "hookproof.toml").write_text("[verify]\nprofile = 'quick'\n", encoding="utf-8")
    running, completing = (
        verify.make_context("verify", [], obj=tmp_path, resilient_parsing=resilient)
        for resilient in (False, True)
    )
    assert (running.default_map, completing.default_map) == ({"profile": "quick"}, None)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes(tmp_path: Path) -> None:
    command = tmp_path / "hookproof"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m hookproof "$@"\n')
    command.chmod(0o755)
    script = (
        'eval "$(_HOOKPROOF_COMPLETE=bash_source hookproof)"\n'
        "complete -p hookproof\n"
        "COMP_WORDS=(hookproof verify --profile q) COMP_CWORD=3\n"
        '_hookproof_completion hookproof && echo "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    offered, chosen = done.stdout.splitlines()
    assert offered.endswith("_hookproof_completion hookproof")
    assert chosen == "quick"


HEAVY = {
    "asyncio",
    "connexion",
    "httpx",
    "hypothesis",
    "jsonschema",
    "jsonschema_rs",
    "jwt",
    "pytest",
    "ssl",
}
LIGHT = {
    "--version": "yaml",
    "--help": "yaml",
    "verify --help": "hookproof.options.mock",
    "token": "importlib.metadata",
    "signature sign --webhook-secret x": "importlib.metadata",
}
"""Command lines, and a module, in addition to `HEAVY`, that they do not import."""


@pytest.mark.parametrize("line", LIGHT)
def test_a_light_command_imports_only_what_it_needs(line: str) -> None:
    code = (
        "import sys; from hookproof.cli import main; main(sys.argv[1:]);"
        "print(*{part for name in sys.modules for part in (name, name.partition('.')[0])})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *line.split()],
        input="{}",
        capture_output=True,
        text=True,
        check=True,
    )
    assert not (HEAVY | {LIGHT[line]}) & set(done.stdout.splitlines()[-1].split())
