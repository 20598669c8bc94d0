"""The examples that a contract gives of an answer, by their names."""

from collections.abc import Mapping
from dataclasses import dataclass

from openapi.document import Contract, Json, Response
from openapi.pointer import get


@dataclass(frozen=True, slots=True)
class Example:
    """A body of an answer."""

    media_type: str
    value: Json


def named_examples(contract: Contract, response: Response) -> Mapping[str, Example]:
    """Return the examples under `examples` of every media type; of one name the first counts."""
    found: dict[str, Example] = {}
    for media_type, schema in response.content.items():
        media: Json = get(contract.document, schema.rpartition("/")[0])
        for name, stated in media.get("examples", {}).items():
            found.setdefault(name, Example(media_type, stated["value"]))
    return found
