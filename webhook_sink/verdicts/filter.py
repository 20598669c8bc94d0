"""Delivery filter by event, verdict, signature, path and text. Pure."""

import json
from dataclasses import dataclass

from webhook_sink.delivery import Delivery


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Filter of deliveries; None matches any."""

    event: str | None = None
    """Name, or `-` for deliveries that name no event of the contract."""
    verdict: str | None = None
    signature: str | None = None
    path: str | None = None
    """Path, or a prefix that ends with `*`."""
    text: str | None = None
    """Text in target, headers or body; case of ASCII letters is ignored."""

    @property
    def uses_index(self) -> bool:
        """Whether there is a condition on the index."""
        return (self.event, self.verdict, self.signature, self.path) != (None,) * 4


def sql_conditions(delivery_filter: DeliveryFilter) -> tuple[list[str], list[str]]:
    """Return the conditions on the index in SQL, and their parameters."""
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
        prefix = delivery_filter.path[:-1]
        clauses.append("path >= ? AND path < ?")
        values += [prefix, prefix + "\U0010ffff"]
    elif delivery_filter.path is not None:
        clauses.append("path = ?")
        values.append(delivery_filter.path)
    return clauses, values


def has_text(delivery: Delivery, text: str) -> bool:
    """Say whether target, headers or body contain `text`; case of ASCII letters is ignored.

    The body may also contain it as JSON escapes it.
    """
    plain, escaped = text.encode().lower(), json.dumps(text)[1:-1].encode().lower()
    body = delivery.body.lower()
    if plain in body or escaped in body:
        return True
    lines = [delivery.target.encode("latin-1"), *(b": ".join(pair) for pair in delivery.headers)]
    return any(plain in line.lower() for line in lines)
