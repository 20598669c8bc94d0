"""Valid requests in other forms: on the wire, and other JSON texts of the same value.

A service must respond to each as to the plain request. This module names no property of a contract.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from contracts.generators.body_places import body_places, fits, free_text_places
from contracts.generators.body_properties import body_properties
from contracts.model.case import Case, ValueFactory
from contracts.model.exchange import Credential
from contracts.model.request_form import CHUNKED, EXPECT, RequestForm, Tolerance
from contracts.model.unique_values import RequestValues
from openapi.contract import Contract, Operation
from openapi.json_pointer import join_pointer
from openapi.schemas.validation import stated_types
from openapi.serialization.bodies import encode_json

FORM_TEXT = " \u00e9/\u6f22"
"""Text with a slash and with characters of several bytes, which a segment may cut."""
ASTRAL_TEXT = " \u00e9/\u6f22\U0001f511"


def wire_form_cases(
    contract: Contract, operation: Operation, plain: Case, forms: tuple[RequestForm, ...]
) -> Iterator[Case]:
    """Yield the plain request in each of `forms` that the operation can have."""
    texts = _form_texts(contract, operation, plain, FORM_TEXT)
    for form in forms:
        if operation.body is not None or not form.needs_body:
            yield replace(plain, description=form.name, form=form, values=texts)


def rejected_form_cases(
    operation: Operation, plain: Case, credential: Credential | None
) -> Iterator[Case]:
    """Yield requests that the service must reject, in the forms that change how it reads them.

    `credential` is a malformed one, or None if the operation needs none.
    """
    if operation.body is None or not isinstance(plain.body, dict):
        return
    broken = dict(list(plain.body.items())[1:])
    for form in (CHUNKED, EXPECT):
        described = f"a bad body, {form.name}"
        yield replace(plain, phase="negative", description=described, body=broken, form=form)
        if credential is not None:
            described = f"{credential.label}, {form.name}"
            yield replace(
                plain,
                phase="credentials",
                description=described,
                credential=credential,
                form=form,
            )


def head_cases(contract: Contract, operation: Operation, plain: Case) -> Iterator[Case]:
    """Yield a HEAD request where the contract has GET and no HEAD; only a 5xx is a violation."""
    stated = contract.at(join_pointer("", "paths", operation.path))
    has_event = any(event.operation == operation.id for event in contract.events)
    if operation.method == "GET" and "head" not in stated and not has_event:
        yield replace(plain, phase="probe: method", description="method HEAD", method="HEAD")


def json_form_cases(
    contract: Contract, operation: Operation, plain: Case, *, many: bool
) -> Iterator[Case]:
    """Yield the plain request as other JSON texts of the same value."""
    writers = {**_JSON_FORMS, **(_MANY_JSON_FORMS if many else {})}
    texts = _form_texts(contract, operation, plain, ASTRAL_TEXT)
    for description, mutate_bytes in writers.items():
        yield replace(plain, description=description, values=texts, mutate_bytes=mutate_bytes)
    kinds = _number_types(contract, operation, plain)
    if not kinds:
        return
    # Many deserialisers read `1e0` as a number but not as an integer, which JSON Schema allows.
    rejections = operation.statuses_caused_by("invalid-request") if "integer" in kinds else ()
    tolerated: dict[int, Tolerance] = dict.fromkeys(rejections, "warning")
    for description, write_number in _NUMBER_FORMS.items():
        yield replace(
            plain,
            description=description,
            mutate_bytes=_rewriting(write_number=write_number),
            tolerated=tolerated,
        )


def odd_key_cases(contract: Contract, operation: Operation, plain: Case) -> Iterator[Case]:
    """Yield bodies with additional properties whose names are odd but legal.

    Some frameworks reject such names on purpose, so a rejection decides nothing.
    """
    if not isinstance(plain.body, dict):
        return
    tolerated: dict[int, Tolerance] = dict.fromkeys(
        operation.statuses_caused_by("invalid-request"), "none"
    )
    absent = {
        name: True
        for name, stated in body_properties(contract, operation)
        if name not in plain.body and "boolean" in stated_types(stated)
    }
    known = next(iter(plain.body), "name")
    names: Mapping[str, dict[str, object]] = {
        "names of a prototype": {
            "__proto__": {**absent, "hookproof": True},
            "constructor": {"prototype": {**absent, "hookproof": True}},
            "toString": "hookproof",
        },
        "names of references": {"$type": "System.Object", "$id": "1", "$ref": "#"},
        "names with brackets and dots": {
            **{f"{name}[]": ["hookproof"] for name in plain.body},
            **{f"{name}.hookproof": "hookproof" for name in plain.body},
            f"{known}[0]": "hookproof",
        },
        "names of variables": {"self": 1, "cls": 1, "class": "hookproof", "kwargs": {}, "args": []},
        "empty, long and foreign names": {
            "": "hookproof",
            " ": "hookproof",
            "0": "hookproof",
            "k" * 300: "hookproof",
            "\u00e9\U0001f511\u0000": "hookproof",
        },
    }
    for description, more in names.items():
        yield replace(
            plain,
            description=f"additional properties: {description}",
            body={**plain.body, **more},
            tolerated=tolerated,
        )


def _form_texts(
    contract: Contract, operation: Operation, plain: Case, text: str
) -> dict[str, ValueFactory]:
    """Return factories of marked text with `text`, by pointer, for each place that fits it."""
    if operation.body is None or not isinstance(plain.body, dict):
        return {}
    return {
        pointer: _marked(text)
        for pointer, stated in free_text_places(contract, operation, plain.body)
        if fits(stated, len("hp-000000-000000") + len(text))
    }


def _marked(text: str) -> ValueFactory:
    def fill(request_values: RequestValues) -> object:
        return f"{request_values.mark}{text}"

    return fill


def _number_types(contract: Contract, operation: Operation, plain: Case) -> set[str]:
    """Return which of `integer` and `number` the numbers of the plain body have."""
    if not isinstance(plain.body, dict):
        return set()
    found: set[str] = set()
    for pointer, stated in body_places(contract, operation, plain.body):
        if _has_number(plain.body, pointer):
            found |= {"integer", "number"} & {*stated_types(stated)}
    return found


def _has_number(body: dict[str, Any], pointer: str) -> bool:
    value: Any = body
    for token in pointer[1:].split("/"):
        value = value.get(token) if isinstance(value, dict) else None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rewriting(
    write_text: Callable[[str], str] | None = None,
    write_number: Callable[[float], str] | None = None,
    space: str = "",
    *,
    is_reversed: bool = False,
    key_text: Callable[[str], str] | None = None,
) -> Callable[[bytes], bytes]:
    """Return a function that writes a JSON text again: strings, numbers, white space, key order."""

    def plain_text(text: str) -> str:
        return encode_json(text).decode()

    texts, numbers, keys = write_text or plain_text, write_number or repr, key_text or write_text

    def write(value: Any) -> str:
        if isinstance(value, dict):
            items = list(value.items())[:: -1 if is_reversed else 1]
            name = keys or plain_text
            parts = [f"{space}{name(k)}{space}:{space}{write(v)}{space}" for k, v in items]
            return "{" + (",".join(parts) or space) + "}"
        if isinstance(value, list):
            return "[" + (",".join(f"{space}{write(v)}{space}" for v in value) or space) + "]"
        if isinstance(value, str):
            return texts(value)
        if isinstance(value, bool) or value is None:
            return json.dumps(value)
        return numbers(value)

    return lambda good: f"{space}{write(json.loads(good))}{space}".encode()


def _escaped(text: str, digits: str = "04x") -> str:
    """Return `text` as a JSON string in which every UTF-16 unit is escaped."""
    raw = text.encode("utf-16-be", "surrogatepass")
    units = (int.from_bytes(raw[n : n + 2]) for n in range(0, len(raw), 2))
    return '"' + "".join(f"\\u{unit:{digits}}" for unit in units) + '"'


def _escaped_upper(text: str) -> str:
    return _escaped(text, "04X")


def _escaped_first(text: str) -> str:
    return f"{_escaped(text[:1])[:-1]}{json.dumps(text[1:], ensure_ascii=False)[1:]}"


def _ascii_text(text: str) -> str:
    return json.dumps(text)


def _slash_escaped(good: bytes) -> bytes:
    return good.replace(b"/", b"\\/")


_JSON_FORMS: Mapping[str, Callable[[bytes], bytes]] = {
    "slashes escaped": _slash_escaped,
    "every character escaped": _rewriting(_escaped),
    "characters outside of ASCII escaped": _rewriting(_ascii_text),
    "all kinds of white space": _rewriting(space=" \t\r\n"),
    "properties in reverse order": _rewriting(is_reversed=True),
}
_MANY_JSON_FORMS: Mapping[str, Callable[[bytes], bytes]] = {
    "every character escaped, in capitals": _rewriting(_escaped_upper),
    "first characters escaped": _rewriting(_escaped_first),
    "property names escaped": _rewriting(key_text=_escaped),
    "200 spaces around each token": _rewriting(space=" " * 200),
}
_NUMBER_FORMS: Mapping[str, Callable[[float], str]] = {
    "numbers with an exponent": lambda number: f"{number}e0",
    "numbers with a negative exponent": lambda number: f"{number * 10}E-1",
    "numbers with a fraction": lambda number: f"{float(number)!r}",
}
