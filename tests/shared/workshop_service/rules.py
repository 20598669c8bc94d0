"""Rules of request values: each returns the known part of a value, or raises `Invalid`."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from workshop_service.dates import parse

Rule = Callable[[Any], Any]


class Invalid(Exception):
    """Error: a value breaks a rule, which the message names."""


def text(least: int, most: int) -> Rule:
    def rule(value: Any) -> Any:
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise Invalid(f"a text of {least} to {most} characters is expected")
        return value

    return rule


def matching(pattern: str, kind: Rule) -> Rule:
    def rule(value: Any) -> Any:
        if not re.fullmatch(pattern, kind(value), re.ASCII):
            raise Invalid(f"a text like {pattern} is expected")
        return value

    return rule


def nullable(kind: Rule) -> Rule:
    return lambda value: None if value is None else kind(value)


def boolean(value: Any) -> Any:
    if not isinstance(value, bool):
        raise Invalid("true or false is expected")
    return value


def number(low: float, high: float, *, above: bool = False) -> Rule:
    def rule(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Invalid("a number is expected")
        if not low <= value <= high or (above and value == low):
            raise Invalid(f"a number from {low} to {high} is expected")
        return value

    return rule


def integer(low: int, high: int) -> Rule:
    within = number(low, high)

    def rule(value: Any) -> Any:
        if within(value) != int(value):
            raise Invalid("an integer is expected")
        return int(value)

    return rule


def one_of(*names: str) -> Rule:
    def rule(value: Any) -> Any:
        if not isinstance(value, str) or value not in names:
            raise Invalid(f"one of {', '.join(names)} is expected")
        return value

    return rule


def array(most: int, item: Rule, *, unique: bool = False) -> Rule:
    def rule(value: Any) -> Any:
        if not isinstance(value, list) or len(value) > most:
            raise Invalid(f"an array of at most {most} items is expected")
        found = [item(one) for one in value]
        if unique and any(one in found[:index] for index, one in enumerate(found)):
            raise Invalid("unique items are expected")
        return found

    return rule


def record(properties: Mapping[str, Rule], *required: str) -> Rule:
    def rule(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Invalid("an object is expected")
        for name in required:
            if name not in value:
                raise Invalid(f"{name} is missing")
        found = {}
        for name, given in value.items():
            if name in properties:
                try:
                    found[name] = properties[name](given)
                except Invalid as error:
                    raise Invalid(f"{name}: {error}") from None
        return found

    return rule


def date_time(value: Any) -> Any:
    if not isinstance(value, str) or parse(value) is None:
        raise Invalid("a date and time with a zone is expected (RFC 3339)")
    return value


_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})*)", re.ASCII)


def email(value: Any) -> Any:
    match = _EMAIL.fullmatch(value) if isinstance(value, str) and len(value) <= 120 else None
    if match is None or len(match[1]) > 64:
        raise Invalid("an e-mail address is expected")
    return value


STATUSES: Final = ("active", "dormant", "closed")
STATES: Final = ("open", "paid", "cancelled")
CURRENCIES: Final = ("EUR", "GBP", "USD")
_TAGS: Final = array(8, text(1, 20), unique=True)
_ADDRESS: Final = {"street": text(0, 80), "city": text(0, 60), "postcode": text(0, 12)}
_CUSTOMER: Final = {
    "name": text(1, 80),
    "email": email,
    "status": one_of(*STATUSES),
    "nickname": nullable(text(0, 40)),
    "address": record(_ADDRESS),
    "tags": _TAGS,
    "newsletter": boolean,
    "seats": integer(0, 100_000),
    "discount": number(0, 100),
    "memberSince": date_time,
}
_ORDER: Final = {
    "item": text(1, 80),
    "quantity": integer(1, 99),
    "price": number(0, 100_000),
    "gift": boolean,
    "note": nullable(text(0, 200)),
    "deliverAt": date_time,
}
READ_ONLY: Final = record(
    {
        "id": matching("cus_[0-9a-f]{12}", text(0, 100)),
        "createdAt": date_time,
        "updatedAt": date_time,
    }
)


def customer(value: Any) -> Any:
    """Return the customer without the read-only properties, which must be valid all the same."""
    found = record(_CUSTOMER, "name", "email")(value)
    READ_ONLY(value)
    return found


CUSTOMER_PATCH: Final = record(
    {
        **_CUSTOMER,
        "address": record({name: nullable(rule) for name, rule in _ADDRESS.items()}),
        "discount": nullable(number(0, 100)),
    }
)
ORDER: Final = record(_ORDER, "item", "quantity", "price")
REFUND: Final = record(
    {"amount": number(0, 100_000, above=True), "reason": one_of("damaged", "late", "unwanted")},
    "amount",
)
INVOICE: Final = record(
    {
        "title": text(1, 80),
        "currency": one_of(*CURRENCIES),
        "dueAt": date_time,
        "paid": boolean,
        "lines": array(
            5,
            record({"text": text(1, 80), "amount": number(-100_000, 100_000)}, "text", "amount"),
        ),
    },
    "title",
    "currency",
)
KEY: Final = matching("[A-Za-z0-9_-]+", text(1, 80))


def order_change(value: Any) -> Any:
    """Return the change of an order; the contract requires one property, known or not."""
    found = record(_ORDER)(value)
    if not value:
        raise Invalid("a property is expected")
    return found


def whole(given: str, low: int, high: int | None = None) -> int:
    """Return the integer that a parameter writes; raise `Invalid` unless it is in the range."""
    if not re.fullmatch(r"-?(0|[1-9][0-9]{0,17})", given, re.ASCII):
        raise Invalid("an integer is expected")
    value = int(given)
    if value < low or (high is not None and value > high):
        raise Invalid(f"an integer of at least {low}" + (f", at most {high}" if high else ""))
    return value
