"""URLs of callbacks (OpenAPI 3.1, section 4.8.18): templates of runtime expressions. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from openapi.json_pointer import MISSING
from openapi.runtime_expression import RuntimeExpression, parse_expression

CALLBACK_SEGMENT = "callbacks"
"""Segment of the path of every callback URL that hookproof gives to a service."""
_EMBEDDED = re.compile(r"\{(\$[^{}]*)\}")


@dataclass(frozen=True, slots=True)
class CallbackUrl:
    """Template of the URL that a service calls."""

    text: str
    """Template as the document states it, such as `{$request.query.callbackUrl}/data`."""
    parts: tuple[str | RuntimeExpression, ...]
    """Texts and expressions in order."""

    @property
    def receiver(self) -> RuntimeExpression | None:
        """Place in the request where the client gives its URL.

        None if the URL does not begin with a value of the request.
        """
        first = self.parts[0] if self.parts else ""
        is_given = isinstance(first, RuntimeExpression) and first.message == "request"
        return first if isinstance(first, RuntimeExpression) and is_given else None

    @property
    def suffix(self) -> str:
        """Text at the end of the URL, without a query; empty if it ends with a value."""
        last = self.parts[-1] if self.parts else ""
        return last.partition("?")[0] if isinstance(last, str) else ""

    def evaluate(self, find: Callable[[RuntimeExpression], object]) -> str | None:
        """Return the URL of an exchange whose values `find` returns; None if one is missing."""
        texts = []
        for index, part in enumerate(self.parts):
            value = part if isinstance(part, str) else find(part)
            if value is MISSING or value is None or isinstance(value, dict | list):
                return None
            text = str(value)
            texts.append(text if isinstance(part, str) or index == 0 else quote(text, safe=""))
        return "".join(texts)


def parse_callback_url(text: str) -> CallbackUrl:
    """Parse the key of a callback object; raise `ValueError` for an unsupported expression."""
    if text.startswith("$"):
        return CallbackUrl(text, (parse_expression(text),))
    parts: list[str | RuntimeExpression] = []
    # Texts and expressions alternate.
    for index, part in enumerate(_EMBEDDED.split(text)):
        if index % 2:
            parts.append(parse_expression(part))
        elif part:
            parts.append(part)
    return CallbackUrl(text, tuple(parts))


def callback_path(operation: str, mark: str) -> str:
    """Return the path of the URL that hookproof gives to a service for callbacks.

    It names the operation, and has the mark of the request.
    """
    return f"/{CALLBACK_SEGMENT}/{quote(operation, safe='')}/{mark}"


def is_callback_of(target: str, operation: str) -> bool:
    """Return whether a delivery to `target` is a callback of the operation."""
    return f"/{CALLBACK_SEGMENT}/{quote(operation, safe='')}/" in target.partition("?")[0]
