"""Parameters of an operation, and their texts in a request. Pure.

The style of a parameter says how a request carries its value, and the types of its schema say how
the text is read. A text that can mean several values has several readings.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from openapi.json_pointer import MISSING
from openapi.serialization.readings import (
    RequestTexts,
    read_parameter,
    split_cookies,
    split_query,
)
from openapi.serialization.styles import DEFAULT_STYLES, ParameterStyle, write_parameter
from openapi.serialization.text_values import Readings, TextTypes

IGNORED_HEADERS = frozenset(["accept", "content-type", "authorization"])
"""Names of header parameters that OpenAPI ignores (section 4.8.12.2)."""
_PATH_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """Parameter of an operation."""

    name: str
    location: str
    """`path`, `query`, `header` or `cookie`."""
    pointer: str
    schema: str
    """Pointer of the schema in the contract."""
    required: bool
    style: ParameterStyle
    value_types: TextTypes
    """Types that the schema allows."""
    example: object
    """Example of the parameter, or `MISSING`."""

    @property
    def key(self) -> str:
        """Name in a runtime expression, such as `query.limit`."""
        return parameter_key(self.location, self.name)

    @property
    def types(self) -> tuple[str, ...]:
        """Names of the types that the schema allows; empty: any type."""
        return self.value_types.names

    @property
    def is_scalar(self) -> bool:
        """Whether each value is one text: neither an array, nor an object, nor JSON."""
        return not (self.style.is_json or {"array", "object"} & {*self.types})

    def readings(self, value: object) -> Readings | None:
        """Return what a request with `value` can mean; None if it lacks the parameter."""
        written = write_parameter(self.style, value)
        return read_parameter(self.style, self.value_types, _texts_of(self, written))


def parameter_key(location: str, name: str) -> str:
    """Return the key of a parameter; header names are in lower case."""
    return f"{location}.{name.lower() if location == 'header' else name}"


@dataclass(frozen=True, slots=True)
class WrittenParameters:
    """Parameters as a request carries them."""

    target: str
    """Path and query."""
    headers: tuple[tuple[str, str], ...]
    """Header parameters, then the `Cookie` header if there are cookies."""
    texts: RequestTexts


def write_parameters(
    path: str, parameters: Sequence[Parameter], values: Mapping[str, object]
) -> WrittenParameters:
    """Return the parameters with `values`, by key; a key without a parameter is one text.

    The order of the query is that of `values`.
    """
    by_key = {parameter.key: parameter for parameter in parameters}
    written = {key: _write(by_key.get(key), key, value) for key, value in values.items()}
    path_texts = {
        key.removeprefix("path."): "".join(parts)
        for key, parts in written.items()
        if key.startswith("path.")
    }
    filled = _PATH_PLACEHOLDER.sub(lambda named: path_texts.get(named[1], ""), path)
    query = "&".join(p for k, parts in written.items() if k.startswith("query.") for p in parts)
    headers = [
        (p.name, "".join(written[p.key]))
        for p in parameters
        if p.location == "header" and p.key in written
    ]
    cookies = "; ".join(p for k, parts in written.items() if k.startswith("cookie.") for p in parts)
    if cookies:
        headers.append(("Cookie", cookies))
    texts = _request_texts(parameters, path_texts, query, headers)
    return WrittenParameters(f"{filled}?{query}" if query else filled, tuple(headers), texts)


def _write(parameter: Parameter | None, key: str, value: object) -> tuple[str, ...]:
    if parameter is not None:
        return write_parameter(parameter.style, value)
    location, _, name = key.partition(".")
    return write_parameter(ParameterStyle(name, location, DEFAULT_STYLES[location]), value)


def request_target(path: str, values: Mapping[str, object]) -> str:
    """Return path and query of a request with the scalar parameters `values`, by key."""
    return write_parameters(path, (), values).target


def received_texts(
    parameters: Sequence[Parameter],
    path: Mapping[str, str],
    query: str,
    headers: Iterable[tuple[str, str]],
) -> RequestTexts:
    """Return the texts of a received request; `path` has the encoded texts of its parameters."""
    return _request_texts(parameters, path, query, headers)


def _request_texts(
    parameters: Sequence[Parameter],
    path: Mapping[str, str],
    query: str,
    headers: Iterable[tuple[str, str]],
) -> RequestTexts:
    by_name = {name.lower(): text for name, text in headers}
    return RequestTexts(
        path,
        split_query(query),
        by_name,
        split_cookies(by_name.get("cookie", "")),
        frozenset(p.name for p in parameters if p.location == "query"),
    )


def _texts_of(parameter: Parameter, written: tuple[str, ...]) -> RequestTexts:
    """Return the texts of a request that has only this parameter."""
    match parameter.location:
        case "path":
            return RequestTexts(path={parameter.name: "".join(written)})
        case "header":
            return RequestTexts(headers={parameter.name.lower(): "".join(written)})
        case "cookie":
            return RequestTexts(cookies=split_cookies("; ".join(written)))
    return RequestTexts(query=split_query("&".join(written)))


def read_parameters(parameters: Iterable[Parameter], texts: RequestTexts) -> dict[str, Readings]:
    """Return the readings of each parameter that the request has, by its key."""
    found = ((p.key, read_parameter(p.style, p.value_types, texts)) for p in parameters)
    return {key: readings for key, readings in found if readings is not None}


def path_parameter_names(path: str) -> list[str]:
    """Return the names of the parameters in a path of the contract, in order."""
    return _PATH_PLACEHOLDER.findall(path)


def match_path(path: str, asked: str) -> dict[str, str] | None:
    """Return the parameters of `path` in the path `asked`; None if it does not match.

    A parameter is a whole segment or a part of one, and never empty.
    """
    parts = _PATH_PLACEHOLDER.split(path)  # text and names in turn
    pattern = "".join("([^/]+)" if i % 2 else re.escape(part) for i, part in enumerate(parts))
    found = re.fullmatch(pattern, asked)
    return dict(zip(path_parameter_names(path), found.groups(), strict=True)) if found else None


def match_encoded_path(path: str, asked: str, decoded: str) -> dict[str, str]:
    """Return the encoded parameters of `path` in a request; empty if it does not match.

    `asked` is the path as the client sent it, `decoded` the same without percent-encoding. A client
    may also have encoded what is no parameter.
    """
    found = match_path(path, asked)
    if found is None:
        plain = match_path(path, decoded) or {}
        found = {name: quote(text, safe="") for name, text in plain.items()}
    return found


def declared_example(stated: Mapping[str, object], schema: Mapping[str, object]) -> object:
    """Return the example of a parameter or header, else of its schema, else `MISSING`."""
    named = stated.get("examples")
    if isinstance(named, dict):
        for example in named.values():
            if isinstance(example, dict) and "value" in example:
                stated = {"example": example["value"], **stated}
    listed = schema.get("examples")
    within = listed[0] if isinstance(listed, list) and listed else MISSING
    return stated.get("example", within)
