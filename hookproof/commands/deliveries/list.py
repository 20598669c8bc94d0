"""`hookproof deliveries list`: print deliveries, newest first, or follow new ones."""

import json
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import NoReturn

from hookproof.commands.deliveries import formatting
from hookproof.errors import CommandError
from hookproof.output import print_json, print_remark, print_table
from openapi.contract import Json
from webhook_sink.client import SinkClient

_READ_TIMEOUT_S = 60.0
"""The sink sends a heartbeat every 15 seconds."""


def list_deliveries(sink: SinkClient, options: SimpleNamespace) -> None:
    """Print matching deliveries as a table, JSON or ids; print remarks to stderr."""
    found, page = sink.newest(options.filters, options.limit)
    if options.json:
        print_json(found)
    elif options.ids:
        _print_lines(str(int(summary["id"])) for summary in found)
    elif found:
        _print_table(found)
    if page.get("unjudged"):
        print_remark(
            f"{page['unjudged']} of {page['total']} deliveries have no verdict yet: filters may "
            "miss them"
        )
    if not found:
        print_remark(
            f"none of {page['total']} deliveries matches" if page["total"] else "no deliveries yet"
        )
    elif page["next"] is not None and not (options.ids or options.json):
        print_remark(f"{len(found)} shown, there may be more: pass --limit N")


def follow_deliveries(sink: SinkClient, options: SimpleNamespace) -> NoReturn:
    """Print matching deliveries, oldest first, then a line for each new one.

    Run until Ctrl-C; `CommandError` when the sink stops.
    """
    newest, _ = sink.newest({}, 1)
    after = max((one["id"] for one in newest), default=0)
    filters = options.filters
    stored, _ = sink.newest(filters, options.limit, before=after + 1)
    _print_summaries(options, stored[::-1])
    with sink.streamed(
        "deliveries/stream", {**filters, "after": after}, _READ_TIMEOUT_S
    ) as response:
        for name, data in _parse_sse(response.iter_lines()):
            if name == "delivery":
                _print_summaries(options, [sink.summary(data)])
            elif name == "reload":
                print_remark("too many changes, lines are missing: list the deliveries again")
    raise CommandError(f"the sink at {sink.url} has stopped")


def _print_summaries(options: SimpleNamespace, summaries: list[Json]) -> None:
    if options.json:
        _print_lines(json.dumps(summary) for summary in summaries)
    elif options.ids:
        _print_lines(str(int(summary["id"])) for summary in summaries)
    else:
        _print_table(summaries, steady=True)


def _print_table(summaries: list[Json], *, steady: bool = False) -> None:
    print_table(
        formatting.COLUMN_NAMES,
        map(formatting.format_row, summaries),
        formatting.format_table(summaries, steady),
        unbroken=2,
        continued=formatting.FIXED_COLUMN_WIDTHS if steady else (),
        narrow=(formatting.MIN_TABLE_WIDTH, map(formatting.format_pair, summaries)),
    )


def _print_lines(lines: Iterable[str]) -> None:
    print("".join(f"{line}\n" for line in lines), end="", flush=True)


def _parse_sse(lines: Iterable[str]) -> Iterator[tuple[str, Json]]:
    """Yield name and data of each server-sent event; None for data that is not JSON."""
    name, data = "", ""
    for line in lines:
        field, _, value = line.partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            data += value
        elif not line:
            if name:
                yield name, _parse_json_or_none(data)
            name, data = "", ""


def _parse_json_or_none(data: str) -> Json:
    try:
        return json.loads(data)
    except ValueError:
        return None
