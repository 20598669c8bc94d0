"""Steps of a reply script: `503 delay=2 Retry-After=1`, `hang`, `reset`, `forwarded`. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

MAX_DELAY_S = 300
STATUSES_WITHOUT_BODY = (204, 205, 304)
_WORD = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^"\s])+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?", re.ASCII)
_RESERVED_HEADERS = frozenset({"connection", "content-length", "date", "transfer-encoding"})
"""Headers that the sink sets itself."""

StepKind = Literal["response", "hang", "reset", "forwarded"]
_KINDS: dict[str, StepKind] = {"hang": "hang", "reset": "reset", "forwarded": "forwarded"}


@dataclass(frozen=True, slots=True)
class ReplyStep:
    """Reply to one delivery."""

    text: str
    """Step as written; empty for a status alone."""
    kind: StepKind
    status: int
    """Status of the response; 0 for no response, or the receiver's response."""
    delay: float = 0.0
    """Seconds from storing to the response, or to the reset."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


def parse_reply_step(text: str) -> ReplyStep:
    """Parse one step; raise `ValueError` with the problem."""
    words = _WORD.findall(text)
    first = words[0] if words else ""
    kind = _parse_kind(first)
    status = int(first) if kind == "response" else 0
    if len(words) <= 1:
        return ReplyStep("" if kind == "response" else kind, kind, status)
    delay, body, headers = 0.0, b"", []
    seen: set[str] = set()
    for name, value in map(_parse_setting, words[1:]):
        key = name.lower()
        if key in ("delay", "body") and key in seen:
            raise ValueError(f"{key} is given twice")
        seen.add(key)
        if key == "delay":
            delay = _parse_delay(value)
        elif key == "body":
            body = value.encode()
        else:
            headers.append(_parse_header(name, value))
    for problem in _step_errors(kind, status, seen):
        raise ValueError(problem)
    return ReplyStep(text, kind, status, delay, tuple(headers), body)


def _parse_kind(word: str) -> StepKind:
    if word in _KINDS:
        return _KINDS[word]
    if not re.fullmatch("[2-5][0-9][0-9]", word, re.ASCII):
        raise ValueError(
            f"{word!r} is neither a status from 200 to 599, nor hang, reset or forwarded"
        )
    return "response"


def _step_errors(kind: StepKind, status: int, seen: set[str]) -> Iterator[str]:
    if kind == "hang":
        yield "hang takes no settings: it never ends"
    if kind == "forwarded":
        yield "forwarded takes no settings: the response is the receiver's"
    if kind == "reset" and seen != {"delay"}:
        yield "reset takes only a delay: it sends no response"
    if status in STATUSES_WITHOUT_BODY and "body" in seen:
        yield f"a response with {status} has no body"


def _parse_setting(word: str) -> tuple[str, str]:
    """Return name and value of `NAME=value` or `NAME="value"`."""
    name, equals, value = word.partition("=")
    if not equals or not _TOKEN.fullmatch(name):
        raise ValueError(
            f'{word!r} is neither delay=SECONDS, nor body="TEXT", nor a header NAME=value; '
            "a value with spaces or commas needs double quotes"
        )
    if '"' not in value:
        return name, value
    quoted = _QUOTED.fullmatch(value)
    if quoted is None:
        raise ValueError(f"the quotes in {word!r} must enclose the whole value")
    return name, re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL)


def _parse_delay(value: str) -> float:
    seconds = float(value) if _SECONDS.fullmatch(value) else -1.0
    if not 0 <= seconds <= MAX_DELAY_S:
        raise ValueError(f"delay={value} is not a number of seconds from 0 to {MAX_DELAY_S}")
    return seconds


def _parse_header(name: str, value: str) -> tuple[bytes, bytes]:
    if name.lower() in _RESERVED_HEADERS:
        raise ValueError(f"the sink sets the header {name} itself")
    if not (value.isascii() and value.isprintable()) or value != value.strip():
        raise ValueError(
            f"the value {value!r} of {name} is invalid: "
            "a header value is printable ASCII, without spaces at its ends"
        )
    return name.encode(), value.encode()
