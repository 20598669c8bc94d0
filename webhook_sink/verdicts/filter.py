"""Filter of deliveries by event, verdict, signature, path and text."""

import json
from dataclasses import dataclass

from webhook_sink.delivery import Delivery


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """What deliveries are looked for; None is any."""

    event: str | None = None
    """A name, or `-` for what names no event of the contract."""
    verdict: str | None = None
    signature: str | None = None
    path: str | None = None
    """A path, or the beginning of one with `*` behind it."""
    text: str | None = None
    """What stands somewhere in target, headers or body, whatever its case."""

    @property
    def uses_index(self) -> bool:
        """Whether the index can tell some deliveries from others by it."""
        return (self.event, self.verdict, self.signature, self.path) != (None,) * 4


def sql_conditions(delivery_filter: DeliveryFilter) -> tuple[list[str], list[str]]:
    """Return the conditions on the index, in SQL, and the values of their marks."""
    clauses, values = [], []
    columns = {
        "event": delivery_filter.event,
        "kind": delivery_filter.verdict,
        "signature": delivery_filter.signature,
    }
    for column, value in columns.items():
        if value == "-":
            clauses.append(f"{column} IS NULL")
        elif value is not None:
            clauses.append(f"{column} = ?")
            values.append(value)
    if delivery_filter.path is not None and delivery_filter.path.endswith("*"):
        begin = delivery_filter.path[:-1]
        clauses.append("path >= ? AND path < ?")
        values += [begin, begin + "\U0010ffff"]
    elif delivery_filter.path is not None:
        clauses.append("path = ?")
        values.append(delivery_filter.path)
    return clauses, values


def has_text(delivery: Delivery, text: str) -> bool:
    """Say whether `text` stands in target, headers or body; capitals of ASCII do not count.

    In the body it may also stand as JSON writes it in ASCII.
    """
    plain, escaped = text.encode().lower(), json.dumps(text)[1:-1].encode().lower()
    body = delivery.body.lower()
    if plain in body or escaped in body:
        return True
    lines = [delivery.target.encode("latin-1"), *(b": ".join(pair) for pair in delivery.headers)]
    return any(plain in line.lower() for line in lines)
