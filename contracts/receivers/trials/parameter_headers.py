"""Headers that the contract requires of a delivery, beside those of signature and event. Pure.

Such as the id of a delivery in `X-GitHub-Delivery`, without which a receiver may refuse it.
"""

import random
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from openapi.contract import Contract, Event
from openapi.examples import body_example
from openapi.json_pointer import get_at, join_pointer
from openapi.parameters import IGNORED_HEADERS

_IDENTITY = re.compile(r"(?i)(^|[-_])(u?id|delivery|key)$")
"""Names of headers whose text identifies a delivery."""


@dataclass(frozen=True, slots=True)
class ParameterHeader:
    """Required header parameter of a webhook."""

    name: str
    schema: str
    """Pointer of its schema in the contract."""

    def value(self, contract: Contract, seed_text: str) -> str | None:
        """Return the text of the header for one event, or None if the schema has no text for it.

        It is the example or a value of the schema; an id is new. The same arguments give the same
        text.
        """
        rng = random.Random(f"{seed_text}/{self.name}")  # noqa: S311 - ids, not secrets
        if _IDENTITY.search(self.name):
            schema = contract.schema(self.schema)
            fresh = str(uuid.UUID(int=rng.getrandbits(128), version=4))
            for text in (fresh, fresh.replace("-", "")):
                if schema.is_valid(text):
                    return text
        found = body_example(contract, self.schema, rng)
        if isinstance(found, bool):
            return str(found).lower()
        if isinstance(found, str | int | float):
            text = str(found)
            return text if text.isascii() and text.isprintable() else None
        return None


def parameter_headers(contract: Contract, event: Event) -> Sequence[ParameterHeader]:
    """Return the required header parameters of `event` that nothing else sends."""
    known = {*IGNORED_HEADERS, "content-length", "host", "user-agent"}
    if event.signature is not None:
        known |= {name.lower() for name in event.signature.header_names()}
    known |= {n.source.where.lower() for n in event.names if n.source.part == "header"}
    found = {one.name.lower(): one for one in _stated(contract, event)}
    return [one for name, one in found.items() if name not in known]


def _stated(contract: Contract, event: Event) -> Iterator[ParameterHeader]:
    """Yield the header parameters of the path item, and then those of the operation."""
    for holder in (event.pointer.rpartition("/")[0], event.pointer):
        listed = get_at(contract.document, join_pointer(holder, "parameters"))
        for index in range(len(listed) if isinstance(listed, list) else 0):
            place = contract.resolve(join_pointer(holder, "parameters", index))
            stated = get_at(contract.document, place)
            if not isinstance(stated, Mapping) or not stated.get("required"):
                continue
            if stated.get("in") == "header" and isinstance(stated.get("schema"), Mapping):
                yield ParameterHeader(str(stated["name"]), join_pointer(place, "schema"))
