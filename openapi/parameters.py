"""Parameters of an operation, and their text in a request. Pure.

A parameter is a string, number, integer, boolean or null (an empty text). The types of its schema
decide how its text is parsed. If a name is repeated, the last value wins.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from openapi.json_pointer import MISSING

IGNORED_HEADERS = frozenset(["accept", "content-type", "authorization"])
"""Names of header parameters that OpenAPI ignores (section 4.8.12.2)."""
SCALAR_TYPES = frozenset(["string", "number", "integer", "boolean", "null"])
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,99})", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,99})(\.[0-9]{1,99})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_PATH_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """Parameter of an operation."""

    name: str
    location: str
    """`path`, `query` or `header`."""
    pointer: str
    schema: str
    """Pointer of the schema in the contract."""
    required: bool
    types: tuple[str, ...]
    """Types that the schema allows."""
    example: object
    """Example of the parameter, or `MISSING`."""

    @property
    def key(self) -> str:
        """Name in a runtime expression, such as `query.limit`."""
        return parameter_key(self.location, self.name)

    def read(self, text: str) -> object:
        """Return the value of `text` by the parameter's types, or `text` itself."""
        if "integer" in self.types and _INTEGER.fullmatch(text):
            return int(text)
        if "number" in self.types and _NUMBER.fullmatch(text):
            return json.loads(text)
        if "boolean" in self.types and text in ("true", "false"):
            return text == "true"
        return None if "null" in self.types and text == "" else text


def parameter_key(location: str, name: str) -> str:
    """Return the key of a parameter; header names are in lower case."""
    return f"{location}.{name.lower() if location == 'header' else name}"


def serialize_value(value: object) -> str:
    """Return the text of `value` in a request."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def parse_parameters(
    parameters: Iterable[Parameter],
    path: Mapping[str, str],
    query: Iterable[tuple[str, str]],
    headers: Iterable[tuple[str, str]],
) -> dict[str, object]:
    """Return the value of each parameter that the request has, by its key."""
    texts = {parameter_key("path", name): text for name, text in path.items()}
    texts |= {parameter_key("query", name): text for name, text in query}
    texts |= {parameter_key("header", name): text for name, text in headers}
    return {p.key: p.read(texts[p.key]) for p in parameters if p.key in texts}


def path_parameter_names(path: str) -> list[str]:
    """Return the names of the parameters in a path of the contract, in order."""
    return _PATH_PLACEHOLDER.findall(path)


def match_path(path: str, asked: str) -> dict[str, str] | None:
    """Return the parameters of `path` in the decoded path `asked`; None if it does not match.

    A parameter is a whole segment or a part of one, and never empty.
    """
    parts = _PATH_PLACEHOLDER.split(path)  # text and names in turn
    pattern = "".join("([^/]+)" if i % 2 else re.escape(part) for i, part in enumerate(parts))
    found = re.fullmatch(pattern, asked)
    return dict(zip(path_parameter_names(path), found.groups(), strict=True)) if found else None


def request_target(path: str, texts: Mapping[str, str]) -> str:
    """Return path and query of a request with the parameters `texts`, by key."""
    filled = _PATH_PLACEHOLDER.sub(
        lambda named: quote(texts.get(parameter_key("path", named[1]), ""), safe=""), path
    )
    query = [(k.removeprefix("query."), v) for k, v in texts.items() if k.startswith("query.")]
    return f"{filled}?{urlencode(query, quote_via=quote)}" if query else filled


def declared_example(stated: Mapping[str, object], schema: Mapping[str, object]) -> object:
    """Return the example of a parameter or header, else of its schema, else `MISSING`."""
    listed = schema.get("examples")
    within = listed[0] if isinstance(listed, list) and listed else MISSING
    return stated.get("example", within)
