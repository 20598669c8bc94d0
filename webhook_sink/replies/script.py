"""Reply scripts: they choose the reply step for each delivery. Pure.

A script is `[PATH: ]STEP, STEP, ...`; `webhook_sink.replies.steps` parses a step. The last step
repeats. A path that ends with `*` is a prefix.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from webhook_sink.replies.steps import ReplyStep, parse_reply_step

_PATH = re.compile(r"(/\S*):\s+(.*)", re.DOTALL)
_STEP = re.compile(r'((?:"(?:[^"\\]|\\.)*"|[^",])*)(?:,|\Z)', re.DOTALL)

ReplyInput = str | Sequence[int | str]
"""Scripts, or the statuses of one script."""


@dataclass(frozen=True, slots=True)
class ReplyScript:
    """Steps for successive deliveries to one path."""

    steps: tuple[ReplyStep, ...]
    path: str | None = None
    """None matches every path; a path that ends with `*` is a prefix."""

    def step_after(self, used: int) -> ReplyStep:
        """Return the step that follows the first `used` steps; the last step repeats."""
        return self.steps[used if used < len(self.steps) else -1]

    def matches_path(self, path: str) -> bool:
        """Say whether this script is for deliveries to `path`."""
        if self.path is None or self.path == path:
            return True
        return self.path.endswith("*") and path.startswith(self.path[:-1])


@dataclass(frozen=True, slots=True)
class ReplyScripts:
    """Scripts, the most specific first; the last one matches every path."""

    scripts: tuple[ReplyScript, ...]

    def script_index(self, target: str) -> int:
        """Return the index of the script for a delivery to `target`."""
        if len(self.scripts) == 1:
            return 0
        path = target.partition("?")[0]
        return next(n for n, script in enumerate(self.scripts) if script.matches_path(path))

    @property
    def needs_forwarding(self) -> bool:
        """Whether a step relays the receiver's response."""
        return any(step.kind == "forwarded" for step in self.steps_by_text().values())

    def steps_by_text(self) -> Mapping[str, ReplyStep]:
        """Return the steps that are more than a status, by their text."""
        return {step.text: step for script in self.scripts for step in script.steps if step.text}


def parse_reply_scripts(replies: ReplyInput) -> ReplyScripts:
    """Parse scripts or statuses; raise `ValueError` with the problem in one sentence.

    The reply to paths without a script is 200.
    """
    texts = [replies] if isinstance(replies, str) else replies
    statuses = [str(status) for status in texts if isinstance(status, int)]
    scripts = [parse_reply_script(text) for text in texts if isinstance(text, str)]
    if not texts or (statuses and scripts):
        raise ValueError(
            f"{replies!r} are not replies: give statuses from 200 to 599, such as (500, 200), "
            'or scripts, such as "503, hang, 200"'
        )
    if statuses:
        scripts = [parse_reply_script(",".join(statuses))]
    paths = [script.path for script in scripts]
    if twice := [path for path in paths if paths.count(path) > 1]:
        one = f"for {twice[0]}" if twice[0] else "without a path"
        raise ValueError(f"{len(twice)} reply scripts are {one}: join their steps in one script")
    if None not in paths:
        scripts.append(parse_reply_script(str(HTTPStatus.OK.value)))
    return ReplyScripts(tuple(sorted(scripts, key=_specificity)))


def parse_reply_script(text: str) -> ReplyScript:
    """Parse one script; raise `ValueError` with the invalid step and the rule."""
    if not text.isprintable():
        raise ValueError(f"{text!r} is not a reply script: it has unprintable characters")
    path, rest = None, text.strip()
    if rest.startswith("/"):
        found = _PATH.fullmatch(rest)
        if found is None:
            raise ValueError(f"{text!r} has no ': ' after the path; write /hooks: 500, 200")
        path, rest = found[1], found[2]
        _check_path(path)
    return ReplyScript(tuple(_parse_steps(text, rest)), path)


def _check_path(path: str) -> None:
    if not path.isascii() or not path.isprintable() or "?" in path or "*" in path[:-1]:
        raise ValueError(
            f"the path {path!r} of a reply script is invalid: write it as on the request line, "
            "without a query; a * is allowed only at its end, for a prefix"
        )


def _parse_steps(text: str, rest: str) -> list[ReplyStep]:
    steps: list[ReplyStep] = []
    at = 0
    while at <= len(rest):
        found = _STEP.match(rest, at)
        if found is None:
            raise ValueError(f"a quote is not closed in {text!r}, step {len(steps) + 1}")
        try:
            steps.append(parse_reply_step(found[1].strip()))
        except ValueError as error:
            raise ValueError(f"step {len(steps) + 1} of {text!r}: {error}") from None
        at = found.end() + (not found[0].endswith(","))
    return steps


def _specificity(script: ReplyScript) -> tuple[bool, int, bool]:
    """Return the sort key: longer paths first, then exact paths; no path is the last."""
    path = script.path or ""
    return script.path is None, -len(path.removesuffix("*")), path.endswith("*")
