"""Runtime expressions (OpenAPI 3.1, section 4.8.20.3): `$request.body#/name` and its kin.

Four forms are known: `$request.body#POINTER`, `$response.body#POINTER`,
`$request.header.NAME` and `$response.header.NAME`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from openapi import pointer as json_pointer


@dataclass(frozen=True, slots=True)
class Expression:
    """Where in an exchange a value stands."""

    message: Literal["request", "response"]
    part: Literal["body", "header"]
    where: str
    """A JSON pointer into the body, or the name of the header."""

    def of(self, body: object, headers: Mapping[str, str] | None = None) -> object:
        """Return the value in the message with `body` and `headers` (names in lower case)."""
        if self.part == "header":
            return (headers or {}).get(self.where.lower(), json_pointer.MISSING)
        return json_pointer.get(body, self.where)


def parse(text: str) -> Expression:
    """Return the expression written as `text`; a `ValueError` says what is wrong with it."""
    name, _, rest = text.removeprefix("$").partition(".")
    messages: dict[str, Literal["request", "response"]]
    messages = {"request": "request", "response": "response"}
    message = messages.get(name)
    if message is not None:
        if rest.startswith("body#"):
            return Expression(message, "body", rest.removeprefix("body#"))
        if rest.startswith("header."):
            return Expression(message, "header", rest.removeprefix("header."))
    raise ValueError(f"{text!r} is no runtime expression of the forms that are known")
