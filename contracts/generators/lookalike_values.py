"""Valid text that looks like something else: a number, a literal, markup, a path, code.

The mark of the run would hide what the text looks like, so it is left out. Digits that stand for
the mark make the text unique where its looks allow it. This module names no property of a contract.
"""

from collections.abc import Iterator

from contracts.generators.body_places import case_at, fits, free_text_places
from contracts.model.case import Case, ValueFactory, constant_value
from contracts.model.correlators import success_events
from contracts.model.unique_values import RequestValues, mark_digits
from openapi.contract import Contract, Json, Operation
from openapi.runtime_expression import parse_expression

DIGITS = "{digits}"
"""Placeholder for the digits that stand for the mark."""
INSTANT = "{instant}"
"""Placeholder for date and time of the request, to the second and without an offset."""

PLAINEST_TEXTS = (
    DIGITS,
    f"00{DIGITS}",
    f"0e{DIGITS}",
    f"0e0{DIGITS}",
    "null",
    f"<b>{DIGITS}</b>",
    f"../{DIGITS}",
    f"%41{DIGITS}",
)
USUAL_TEXTS = (
    f'"{DIGITS}"',
    f"{DIGITS}.10",
    f"{DIGITS}e5",
    f"+{DIGITS}",
    f"0x{DIGITS}",
    f"{DIGITS}_000",
    f" {DIGITS}",
    f"{INSTANT}+02:00",
    f"{INSTANT}.5Z",
    "None",
    "NaN",
    "Infinity",
    "undefined",
    "true",
    "false",
    "0",
    f"[{DIGITS}]",
    f'{{"a": {DIGITS}}}',
    f"&lt;{DIGITS}&gt;",
    f"<script>{DIGITS}</script>",
    f"' OR '{DIGITS}'='{DIGITS}",
    f"{DIGITS}\\",
    f"{DIGITS}'",
    f"\\u0041{DIGITS}",
    f"{{{{7*{DIGITS}}}}}",
    f"${{{DIGITS}}}",
    f"%s{DIGITS}%d",
    f"%00{DIGITS}",
    f"/{DIGITS}/./",
    f"{DIGITS}/../x",
    f"C:\\{DIGITS}",
    f"{DIGITS}.json",
    f"https://example.com/{DIGITS}?a=1&amp;b=2#c",
    f"={DIGITS}+1",
    f"User.{DIGITS}@Example.COM",
)
MANY_TEXTS = (
    f"{DIGITS}.0",
    f"{DIGITS}n",
    f"{DIGITS},5",
    f"12:{DIGITS}",
    f"'{DIGITS}'",
    f"-{DIGITS}",
    f"&#65;{DIGITS}",
    f"<!-- {DIGITS} -->",
    "no",
    "{}",
    f"{DIGITS}L",
    f"0b{DIGITS}",
    f"0o{DIGITS}",
    f".{DIGITS}",
    f"{DIGITS}.",
    f"-0.{DIGITS}",
    f"1e{DIGITS}",
    f"1,{DIGITS}",
    f"1 {DIGITS}",
    f"${DIGITS}",
    f"{DIGITS}%",
    f"({DIGITS})",
    f"[{DIGITS}",
    f"{DIGITS};",
    f"{DIGITS}#",
    f"#{DIGITS}",
    f"#!{DIGITS}",
    f"//{DIGITS}",
    f"/*{DIGITS}*/",
    f"{DIGITS}--",
    f"@{DIGITS}",
    f"!{DIGITS}",
    f"&{DIGITS}",
    f"*{DIGITS}",
    f"- {DIGITS}",
    f"? {DIGITS}",
    f"{DIGITS}: x",
    f"`{DIGITS}`",
    f"$({DIGITS})",
    f"<%= {DIGITS} %>",
    f"#{{{DIGITS}}}",
    f"{{% {DIGITS} %}}",
    f"~{DIGITS}",
    f"%2e%2e%2f{DIGITS}",
    f"\\\\{DIGITS}\\x",
    f"urn:uuid:{DIGITS}",
    f"javascript:{DIGITS}",
    f"<img src=x alt={DIGITS}>",
    f"<![CDATA[{DIGITS}]]>",
    f"&amp;amp;{DIGITS}",
    f"&nbsp;{DIGITS}",
    f"a+{DIGITS}",
    f"=?utf-8?q?{DIGITS}?=",
    f"**{DIGITS}**",
    f"_{DIGITS}_",
    f"{INSTANT}Z",
    f"{INSTANT}",
    "TRUE",
    "True",
    "NULL",
    "Null",
    "nil",
    "nan",
    "-Infinity",
    "NaT",
    "N/A",
    "#N/A",
    "yes",
    "off",
    "[]",
    "-0",
    "-1",
    "0.0",
    "''",
    '""',
    "[object Object]",
    "__proto__",
    "constructor",
    "0000-00-00",
    "*",
    "%",
    ".",
    "..",
    "/",
    "\\",
)

GROWING_FILLERS = (
    ("quotes", '"'),
    ("ampersands", "&"),
    ("backslashes", "\\"),
    ("angle brackets", "<"),
    ("apostrophes", "'"),
    ("percent signs", "%"),
    ("ligatures", "\ufb03"),
    ("dotted capitals", "\u0130"),
)
"""Characters that become several when a service escapes, normalises or changes the case."""


def lookalike_text_cases(
    contract: Contract, operation: Operation, base_body: Json, texts: tuple[str, ...]
) -> Iterator[Case]:
    """Yield each of `texts` at each place of a string without pattern and format.

    A place that no event echoes gets the plainest texts only: nothing shows a changed value.
    """
    echoed = _echoed_places(contract, operation)
    for pointer, stated in free_text_places(contract, operation, base_body):
        for text in texts if pointer in echoed else PLAINEST_TEXTS:
            described = f"{text!r} for {pointer[1:]}"
            sample = _filled(text, "hp-000000-0000", "2027-01-01T00:00:00")
            if fits(stated, len(sample)):
                yield case_at(base_body, pointer, described, _lookalike(text))


def _echoed_places(contract: Contract, operation: Operation) -> set[str]:
    places = set()
    for event in success_events(contract, operation):
        for echo in event.trigger.get("echoes", ()):
            source = parse_expression(echo["from"])
            if source.in_request_body:
                places.add(source.where)
            elif source.message == "item":
                places.add(f"{event.for_each}/0{source.where}")
    return places


def _lookalike(text: str) -> ValueFactory:
    def fill(request_values: RequestValues) -> object:
        instant = f"{request_values.instant:%Y-%m-%dT%H:%M:%S}"
        return _filled(text, request_values.mark, instant)

    return fill if DIGITS in text or INSTANT in text else constant_value(text)


def _filled(text: str, mark: str, instant: str) -> str:
    return text.replace(DIGITS, mark_digits(mark)).replace(INSTANT, instant)


def growing_text_cases(
    contract: Contract,
    operation: Operation,
    base_body: Json,
    fillers: tuple[tuple[str, str], ...] = GROWING_FILLERS,
) -> Iterator[Case]:
    """Yield text at the length limit that is longer once a service has escaped it."""
    for pointer, stated in free_text_places(contract, operation, base_body):
        most = stated.get("maxLength")
        if not most:
            continue
        for described, filler in fillers:
            yield case_at(
                base_body, pointer, f"length {most}, {described}", _growing_text(most, filler)
            )


def _growing_text(length: int, filler: str) -> ValueFactory:
    def fill(request_values: RequestValues) -> object:
        mark = request_values.mark if len(request_values.mark) < length else ""
        return mark + filler * (length - len(mark))

    return fill
