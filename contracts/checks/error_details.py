"""Check of error responses: no stack trace and no text of a database driver."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from contracts.expectations.constraints import media_type_pointer
from contracts.judgement import Judgement, failed, passed
from contracts.ledger.ledger import Ledger
from contracts.model.exchange import Exchange, ReceivedResponse
from openapi.json_pointer import join_pointer, walk_values

_PATH = r"(?:[A-Za-z]:)?[\w./\\@+~-]*"
_DETAILS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "a Python stack trace": re.compile(
            r"Traceback \(most recent call last\)|File \"[^\"\n]+\", line \d+, in "
        ),
        "a Java stack trace": re.compile(
            r"\bat [\w$.<>/]+\.[\w$<>]+\((?:[\w$]+\.(?:java|kt|scala|groovy):\d+|Native Method"
            r"|Unknown Source)\)"
        ),
        "a .NET stack trace": re.compile(
            r"\bat [\w.`<>\[\],+|]+\([^)\n]*\) in [^\n]*:line \d+"
            r"|(?:\s+at [A-Z]\w*(?:\.[\w`<>\[\],+|]+)+\([^)\n]*\)){2}"
        ),
        "a JavaScript stack trace": re.compile(
            rf"\bat (?:[^\n()]+ \()?(?:(?:file://)?{_PATH}\.[cm]?[jt]sx?|node:[\w/]+):\d+:\d+"
        ),
        "a PHP stack trace": re.compile(
            rf"#\d+ {_PATH}\.php\(\d+\):|\bin {_PATH}\.php(?:\(\d+\)|:\d+| on line \d+)"
        ),
        "a Ruby stack trace": re.compile(rf"{_PATH}\.rb:\d+:in ['`]"),
        "a Go stack trace": re.compile(rf"goroutine \d+ \[\w+|{_PATH}\.go:\d+ \+0x[0-9a-f]+"),
        "a Rust panic": re.compile(rf"thread '[^'\n]*' panicked at |{_PATH}\.rs:\d+:\d+"),
        "an Elixir stack trace": re.compile(r"\(\w+ \d[\w.-]*\) [\w./-]+\.exs?:\d+: "),
        "an error of a database driver": re.compile(
            r"SQLSTATE\[\w{5}\]|\bORA-\d{5}\b|duplicate key value violates unique constraint"
            r"|UNIQUE constraint failed: |You have an error in your SQL syntax"
            r"|Cannot insert duplicate key row in object"
        ),
    }
)
"""Description of a detail -> pattern that recognises it."""
MAX_SEARCHED_CHARACTERS = 64 * 1024


def error_detail(ledger: Ledger) -> Iterator[Judgement]:
    """An error response shows no stack trace and no text of a database driver."""
    for exchange in ledger.exchanges:
        response = exchange.response
        if response is None or response.status < 400:
            continue
        pointer = _pointer(exchange)
        found = find_detail(response)
        if found is None:
            yield passed(pointer, exchange.request.number)
            continue
        detail, place, line = found
        message = (
            f"the {response.status} to {exchange.request.label()} shows {detail}"
            f"{f' at {place}' if place else ''}: {line}"
        )
        yield failed(
            ledger,
            pointer,
            exchange,
            message,
            case_id=exchange.request.number,
            instance=place,
            fault=detail,
            severity="warning",
            expected="an error without internal details",
            received=line,
        )


def find_detail(response: ReceivedResponse) -> tuple[str, str | None, str] | None:
    """Return the detail, its place in the body and the first line of it; None without one."""
    parsed = response.json
    texts: list[tuple[str | None, str]] = (
        [(None, response.body[:MAX_SEARCHED_CHARACTERS].decode(errors="replace"))]
        if parsed.problem is not None
        else [(p, v) for p, v in walk_values(parsed.value) if isinstance(v, str)]
    )
    # A list with one frame in each item is a stack trace too.
    texts.append((None, "\n".join(text for _, text in texts)))
    for place, text in texts:
        for detail, pattern in _DETAILS.items():
            match = pattern.search(text[:MAX_SEARCHED_CHARACTERS])
            if match is not None:
                return detail, place, match[0].strip().split("\n")[0][:80]
    return None


def _pointer(exchange: Exchange) -> str:
    """Return the pointer of the documented content, or of the responses."""
    documented = exchange.documented_response
    if documented is None or not documented.content:
        return join_pointer(exchange.request.operation.pointer, "responses")
    return media_type_pointer(next(iter(documented.content.values())))
