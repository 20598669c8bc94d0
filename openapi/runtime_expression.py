"""Runtime expressions (OpenAPI 3.1, section 4.8.20.3), such as `$request.body#/name`.

Six forms are supported: `$request.body#POINTER`, `$response.body#POINTER`, `$request.header.NAME`,
`$response.header.NAME`, `$request.path.NAME` and `$request.query.NAME`. A seventh is our own:
`$item#POINTER`, a value in the item of the request for which an event is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from openapi import json_pointer

Part = Literal["body", "header", "path", "query"]


@dataclass(frozen=True, slots=True)
class RuntimeExpression:
    """Place of a value in an exchange."""

    message: Literal["request", "response", "item"]
    part: Part
    where: str
    """JSON Pointer into the body, or name of the header or parameter."""

    @property
    def in_request_body(self) -> bool:
        """Whether `where` is a pointer into the body of the request."""
        return (self.message, self.part) == ("request", "body")

    @property
    def parameter_key(self) -> str:
        """Key of the request parameter, such as `query.limit`; empty for another place."""
        if self.message != "request" or self.part == "body":
            return ""
        return f"{self.part}.{self.where.lower() if self.part == 'header' else self.where}"

    def __str__(self) -> str:
        """Return the text that `parse_expression` reads."""
        if self.message == "item":
            return f"$item#{self.where}"
        return f"${self.message}.{self.part}{'#' if self.part == 'body' else '.'}{self.where}"

    def evaluate(
        self,
        body: object,
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, object] | None = None,
    ) -> object:
        """Return the value in a message with `body` and `headers` (names in lower case).

        `parameters` are those of a request, by keys such as `query.limit`.
        """
        if self.part == "header":
            return (headers or {}).get(self.where.lower(), json_pointer.MISSING)
        if self.part == "body":
            return json_pointer.get_at(body, self.where)
        return (parameters or {}).get(f"{self.part}.{self.where}", json_pointer.MISSING)


@lru_cache(maxsize=1024)
def parse_expression(text: str) -> RuntimeExpression:
    """Parse `text`; raise `ValueError` if its form is not supported."""
    pointer = text.removeprefix("$item#")
    if pointer != text and json_pointer.is_pointer(pointer):
        return RuntimeExpression("item", "body", pointer)
    name, _, rest = text.removeprefix("$").partition(".")
    messages: dict[str, Literal["request", "response"]]
    messages = {"request": "request", "response": "response"}
    message = messages.get(name)
    if message is not None:
        pointer = rest.removeprefix("body#")
        if pointer != rest and json_pointer.is_pointer(pointer):
            return RuntimeExpression(message, "body", pointer)
        for part in get_args(Part)[1:]:
            known = message == "request" or part == "header"
            if known and rest.startswith(f"{part}.") and rest != f"{part}.":
                return RuntimeExpression(message, part, rest.removeprefix(f"{part}."))
    raise ValueError(
        f"{text!r} is not a supported runtime expression; write, for example, $request.body#/name"
    )
