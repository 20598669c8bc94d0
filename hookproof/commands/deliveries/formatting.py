"""Deliveries for people at a terminal. Pure: the data of the API in, harmless lines out."""

import base64
from collections.abc import Iterator, Sequence
from datetime import datetime

from hookproof.reports.json_format import indented
from openapi.contract import Json
from openapi.safe_text import cut, no_command, visible
from openapi.strict_json import parse

HEAD = ("TIME", "ID", "REQUEST", "ANSWER", "EVENT", "VERDICT", "")
_WIDEST = (19, 12, 40, 24, 40, 60, 80)
"""Characters of each column at most."""
_STEADY = (19, 5, 24, 6, 28, 32, 0)
"""Characters of each column at least, where lines come one by one."""
LONGEST_BODY = 20_000
"""Characters of a body, or bytes where it is not text, that are shown."""
_LINE = LONGEST_BODY + 100


def table(summaries: Sequence[Json], steady: bool = False) -> list[str]:
    """Return a table with a line for each delivery, its columns as wide as they need to be.

    Or, where it is to go on later, with `steady` columns and no line above them.
    """
    rows: list[tuple[str, ...]] = [] if steady else [HEAD]
    rows += [row(summary) for summary in summaries]
    least = _STEADY if steady else (0,) * len(HEAD)
    widths = [max(least[i], *(len(cells[i]) for cells in rows)) for i in range(len(HEAD))]
    lines = ("  ".join(map(str.ljust, cells, widths)).rstrip() for cells in rows)
    return [no_command(line) for line in lines]


def row(summary: Json) -> tuple[str, ...]:
    """Return what a table shows of a delivery, no cell wider than its column may be."""
    cells = (
        moment(summary["received_at"]),
        str(summary["id"]),
        f"{summary['method']} {summary['target']}",
        answered(summary),
        str(summary["event"] or "-"),
        str(summary["verdict"]),
        ", ".join(marks(summary)),
    )
    shown = (visible(cut(cell, 4 * most)) for cell, most in zip(cells, _WIDEST, strict=True))
    return tuple(cut(cell, most) for cell, most in zip(shown, _WIDEST, strict=True))


def marks(summary: Json) -> Iterator[str]:
    """Yield what a delivery is beside others, and what came of passing it on."""
    if summary["repeats"] is not None:
        yield f"attempt {summary['attempt']}, the first was {summary['repeats']}"
    if summary["late_after"] is not None:
        yield f"late: happened before {summary['late_after']}"
    if summary["truncated"]:
        yield "cut"
    if summary["forwarded"] is not None:
        yield f"passed on: {summary['forwarded']}"


def answered(summary: Json) -> str:
    """Return what the sender was answered."""
    return str(summary["reply"] or summary["status"] or "none")


def moment(at: float) -> str:
    """Return Unix seconds as local time, or as they are where no calendar has them."""
    try:
        return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, OSError, ValueError):
        return str(at)


def whole(data: Json) -> list[str]:
    """Return everything about one delivery."""
    lines = [
        f"delivery {data['id']}: {moment(data['received_at'])} from {data['remote']}",
        f"request    {data['method']} {data['target']} HTTP/{data['version']}",
        f"answer     {answered(data)}",
        f"event      {data['event'] or 'none that the contract knows'}",
        f"verdict    {data['verdict']}",
    ]
    lines += [f"           {mark}" for mark in marks({**data, "forwarded": None})]
    if data["repeats"] is not None:
        alike = "byte for byte the body of" if data["same_body"] else "not the body of"
        numbers = ", ".join(str(one["id"]) for one in data["attempts"])
        lines.append(f"           {alike} {data['repeats']}; all attempts: {numbers}")
    lines += [f"{one['why']:<9}  {passed(one)}" for one in data["passed"]]
    lines += ["", *_findings(data), "headers"]
    lines += [f"  {name}: {value}" for name, value in data["headers"]]
    lines += ["", *_body(data)]
    return [no_command(visible(cut(line, _LINE), keep="\t")) for line in lines]


def passed(one: Json) -> str:
    """Return where a delivery was sent to, and what came of it."""
    if one["status"] is None:
        return f"{one['url']}: {one['error'] or 'no answer'}"
    return f"{one['url']}: {one['status']} after {float(one['seconds']):.3f} s"


def _findings(data: Json) -> Iterator[str]:
    for found in data["findings"]:
        place = "" if found["instance"] is None else f" at {found['instance'] or 'the root'}"
        yield f"{str(found['severity']).upper()} {found['check']}{place}: {found['message']}"
        yield f"  contract  {found['provenance']}, {found['pointer']}"
    more = data["findings_total"] - len(data["findings"])
    if more > 0:
        yield f"… and {more} more"
    if data["findings"]:
        yield ""


def _body(data: Json) -> Iterator[str]:
    text, size = data["body"]["text"], data["size"]
    kept = " that were kept of more" if data["truncated"] else ""
    shown = f"body, {size} byte{'s' * (size != 1)}{kept}"
    if text is None:
        content = base64.b64decode(data["body"]["base64"])
        lines = _hex(content[:LONGEST_BODY])
    elif size <= LONGEST_BODY and "\n" not in text and _is_json(text):
        shown += ", indented here"
        lines = iter(indented(text).split("\n"))
    else:
        lines = iter(text[:LONGEST_BODY].removesuffix("\n").split("\n"))
    yield shown
    yield from (f"  {line}" for line in lines)
    if size > LONGEST_BODY:
        yield f"… the whole of it: --as body, or {data['id']} on the page"


def _is_json(text: str) -> bool:
    return text[:1] in ("{", "[") and parse(text.encode(errors="replace")).problem is None


def _hex(content: bytes) -> Iterator[str]:
    for at in range(0, len(content), 16):
        part = content[at : at + 16]
        plain = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        yield f"{at:08x}  {part.hex(' '):<47}  {plain}"
