"""Check commit messages by the rules of CONTRIBUTING.md.

`commit_message.py FILE` checks the message in a file; git passes one to its hook `commit-msg`.
`commit_message.py --range origin/main..HEAD` checks each commit of a range, merges left out.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_SUBJECT_CHARS = 72
SUBJECT = re.compile(r"[a-z0-9.][\w.,/ -]*: (?P<verb>[a-z][a-z-]*)\b.*")
NOT_IMPERATIVE = re.compile(
    r"(?!(?:bring|embed|exceed|feed|need|proceed|seed|speed|string)$)\w+(?:ed|ing)"
)
MADE_BY_GIT = re.compile(r"(Merge|fixup!|squash!|amend!) ")
"""Subjects that git writes itself; `git rebase --autosquash` removes those of the last three."""
TRAILER = re.compile(r"[A-Z][A-Za-z-]+: \S.*")
SCISSORS = "# ------------------------ >8 ------------------------"


def lines_of(text: str) -> list[str]:
    """Return the lines that git keeps of an edited message: no comments, no diff."""
    kept, _, _ = text.partition(SCISSORS)
    lines = [line.rstrip() for line in kept.splitlines() if not line.startswith("#")]
    while lines and not lines[0]:
        lines.pop(0)
    return lines


def subject_problem(subject: str) -> str | None:
    """Return which rule a subject breaks."""
    shown = f"the subject {subject!r}"
    if len(subject) > MAX_SUBJECT_CHARS:
        return (
            f"{shown} has {len(subject)} characters, more than {MAX_SUBJECT_CHARS}: "
            "shorten it and move the reason to the body"
        )
    form = SUBJECT.fullmatch(subject)
    if form is None or subject.endswith("."):
        return (
            f"{shown} is not of the form 'area: imperative', without a full stop: "
            "write it like 'sink: dispatch by path prefix'"
        )
    if NOT_IMPERATIVE.fullmatch(form["verb"]):
        return f"{shown} begins with {form['verb']!r}, no imperative: write 'add', not 'added'"
    return None


def body_problem(rest: list[str]) -> str | None:
    """Return which rule the lines below the subject break."""
    if rest and rest[0]:
        return f"the line {rest[0]!r} follows the subject directly: put an empty line between them"
    if all(not line or TRAILER.fullmatch(line) for line in rest):
        return "the message has no body: say below an empty line why the change is made"
    return None


def problem(text: str) -> str | None:
    """Return one sentence about the first rule that a message breaks: value, rule, next step."""
    lines = lines_of(text)
    if not lines:
        return "the message is empty: write a subject, an empty line and a body that says why"
    subject, *rest = lines
    if MADE_BY_GIT.match(subject):
        return None
    body = body_problem(rest)
    return subject_problem(subject) or (body and f"{subject!r}: {body}")


def messages(git_range: str) -> Iterator[tuple[str, str]]:
    """Yield the short hash and the message of each commit in a range."""
    command = ["git", "log", "--no-merges", "--format=%h%n%B%x00", git_range, "--"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"git cannot list the range {git_range!r}: pass one like origin/main..HEAD")
    for entry in done.stdout.split("\0"):
        commit, _, text = entry.lstrip("\n").partition("\n")
        if commit:
            yield commit, text


def main() -> int:
    """Check the message in a file, or those of a range; return 1 if one breaks a rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("file", nargs="?", type=Path, help="file with one message")
    given.add_argument("--range", help="commits to check, such as origin/main..HEAD")
    options = parser.parse_args()
    if options.range:
        checked = list(messages(options.range))
    else:
        checked = [("commit message", options.file.read_text(encoding="utf-8"))]
    found = [f"{name}: {why}" for name, text in checked if (why := problem(text))]
    print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
