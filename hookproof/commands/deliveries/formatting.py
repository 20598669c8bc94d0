"""Format deliveries for a terminal. Pure: data of the API in, escaped lines out."""

import base64
from collections.abc import Iterator, Sequence
from datetime import datetime

from hookproof.reports.json_format import indent_json
from openapi.contract import Json
from openapi.safe_text import escape_ci_command, escape_hidden, truncate
from openapi.strict_json import parse_json

COLUMN_NAMES = ("TIME", "ID", "REQUEST", "RESPONSE", "EVENT", "VERDICT", "")
_MAX_COLUMN_WIDTHS = (19, 12, 40, 24, 40, 60, 80)
FIXED_COLUMN_WIDTHS = (19, 5, 24, 6, 28, 32, 0)
"""Minimum width of each column for lines that are printed one by one."""
MIN_TABLE_WIDTH = 110
"""Columns of a terminal below which the table would break names of events and verdicts."""
MAX_BODY_CHARS = 20_000
MAX_RESPONSE_CHARS, MAX_RESPONSE_LINES = 2000, 20
"""Maximum of a receiver's body that is shown."""
_MAX_LINE_CHARS = MAX_BODY_CHARS + 100


def format_table(summaries: Sequence[Json], steady: bool = False) -> list[str]:
    """Return a table with a line for each delivery; the cells set the widths of the columns.

    `steady`: fixed columns and no header, for a table that continues later.
    """
    rows: list[tuple[str, ...]] = [] if steady else [COLUMN_NAMES]
    rows += [format_row(summary) for summary in summaries]
    least = FIXED_COLUMN_WIDTHS if steady else (0,) * len(COLUMN_NAMES)
    widths = [max(least[i], *(len(cells[i]) for cells in rows)) for i in range(len(COLUMN_NAMES))]
    lines = ("  ".join(map(str.ljust, cells, widths)).rstrip() for cells in rows)
    return [escape_ci_command(line) for line in lines]


def format_row(summary: Json) -> tuple[str, ...]:
    """Return the cells of a delivery, each cut to the maximum width of its column."""
    cells = (
        format_time(summary["received_at"]),
        str(summary["id"]),
        f"{summary['method']} {summary['target']}",
        format_reply(summary),
        str(summary["event"] or "-"),
        str(summary["verdict"]),
        ", ".join(delivery_notes(summary)),
    )
    shown = (
        escape_hidden(truncate(cell, 4 * most))
        for cell, most in zip(cells, _MAX_COLUMN_WIDTHS, strict=True)
    )
    return tuple(truncate(cell, most) for cell, most in zip(shown, _MAX_COLUMN_WIDTHS, strict=True))


def format_pair(summary: Json) -> tuple[str, str]:
    """Return the line of a delivery on a narrow terminal, and the rest, which goes below it."""
    time, number, request, reply, event, verdict, notes = format_row(summary)
    return "  ".join((number, time, reply, request)), "  ".join(
        filter(None, (verdict, event, notes))
    )


def delivery_notes(summary: Json) -> Iterator[str]:
    """Yield the relation to other deliveries, and the result of forwarding."""
    if summary["first_attempt"] is not None:
        yield f"attempt {summary['attempt']}, first #{summary['first_attempt']}"
    if summary["late_after"] is not None:
        yield f"late: occurred before #{summary['late_after']}"
    if summary["truncated"]:
        yield "truncated"
    if summary["forwarded"] is not None:
        yield f"forwarded: {summary['forwarded']}"


def format_reply(summary: Json) -> str:
    """Return the response to the sender."""
    return str(summary["reply"] or summary["status"] or "none")


def format_time(at: float) -> str:
    """Return Unix seconds as local time, or the number if it is out of range."""
    try:
        return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, OSError, ValueError):
        return str(at)


def format_delivery(data: Json) -> list[str]:
    """Return the lines of one delivery with all details."""
    lines = [
        f"delivery {data['id']}: {format_time(data['received_at'])} from {data['remote']}",
        f"request    {data['method']} {data['target']} HTTP/{data['version']}",
        f"response   {format_reply(data)}",
        f"event      {data['event'] or 'not in the contract'}",
        f"verdict    {data['verdict']}",
    ]
    lines += [f"           {mark}" for mark in delivery_notes({**data, "forwarded": None})]
    if data["first_attempt"] is not None:
        alike = "same body as" if data["same_body"] else "body differs from"
        numbers = ", ".join(str(one["id"]) for one in data["attempts"])
        lines.append(f"           {alike} #{data['first_attempt']}; all attempts: {numbers}")
    lines += [f"{one['action']:<9}  {format_forward(one)}" for one in data["outgoing"]]
    lines += ["", *_findings(data), "headers"]
    lines += [f"  {name}: {value}" for name, value in data["headers"]]
    lines += ["", *_body(data)]
    return [
        escape_ci_command(escape_hidden(truncate(line, _MAX_LINE_CHARS), keep="\t"))
        for line in lines
    ]


def format_forward(one: Json) -> str:
    """Return the target of a forward, with its response or error."""
    if one["status"] is None:
        return f"{one['url']}: {one['error'] or 'no response'}"
    return f"{one['url']}: {one['status']} after {float(one['seconds']):.3f} s"


def format_resend(number: int, one: Json) -> list[str]:
    """Return the lines of a resend: target and response, and the start of its body, indented."""
    body = one.get("body")
    text = body.get("text") if isinstance(body, dict) else None
    lines = str(text or "")[:MAX_RESPONSE_CHARS].splitlines()[:MAX_RESPONSE_LINES]
    shown = [f"{number} to {format_forward(one)}", *(f"  {line}" for line in lines)]
    return [escape_ci_command(escape_hidden(line)) for line in shown]


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
    kept = " (truncated)" if data["truncated"] else ""
    shown = f"body, {size} byte{'s' * (size != 1)}{kept}"
    if text is None:
        content = base64.b64decode(data["body"]["base64"])
        lines = _hex_dump(content[:MAX_BODY_CHARS])
    elif size <= MAX_BODY_CHARS and "\n" not in text and _is_json(text):
        shown += ", indented"
        lines = iter(indent_json(text).split("\n"))
    else:
        lines = iter(text[:MAX_BODY_CHARS].removesuffix("\n").split("\n"))
    yield shown
    yield from (f"  {line}" for line in lines)
    if size > MAX_BODY_CHARS:
        yield "… whole body: --format body"


def _is_json(text: str) -> bool:
    return text[:1] in ("{", "[") and parse_json(text.encode(errors="replace")).problem is None


def _hex_dump(content: bytes) -> Iterator[str]:
    for at in range(0, len(content), 16):
        part = content[at : at + 16]
        plain = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        yield f"{at:08x}  {part.hex(' '):<47}  {plain}"
