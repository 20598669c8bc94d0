"""Taking secrets out of what is shown. Pure."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

MASK = "[secret]"
_JWT = r"eyJ[\w-]{8,}(?:\.[\w-]*)*"
"""JSON Web Tokens, those that were cut included: base64 of what begins with a brace and a quote."""
_CREDENTIALS = re.compile(r"authorization|cookie|secret|token|password|api-?key", re.IGNORECASE)
"""Names of headers whose values are credentials."""


class Mask:
    """Masks tokens, and secrets that are known."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the secrets as they are; the usual encodings of them are masked as well."""
        forms = {form for secret in secrets for form in _forms(secret)}
        known = [re.escape(form) for form in sorted(forms, key=len, reverse=True)]
        self._pattern = re.compile("|".join([*known, _JWT]), re.ASCII)

    def __call__(self, text: str) -> str:
        """Return `text` without them."""
        return self._pattern.sub(MASK, text)

    def value(self, value: object) -> object:
        """Return the JSON data `value` without them, in keys as well."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self(key): self.value(item) for key, item in value.items()}
        return value

    def headers(self, headers: Iterable[tuple[str, str]]) -> list[list[str]]:
        """Return names and values of `headers`, of credentials no more than their scheme."""
        return [[name, self._header(name, value)] for name, value in headers]

    def _header(self, name: str, value: str) -> str:
        if _CREDENTIALS.search(name) is None:
            return self(value)
        scheme, space, _ = value.partition(" ")
        named = space and "authorization" in name.lower() and re.fullmatch(r"[A-Za-z-]+", scheme)
        return f"{self(scheme)} {MASK}" if named else MASK


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode(errors="surrogateescape")
    based = base64.b64encode(raw).decode().rstrip("=")
    yield from {secret, json.dumps(secret)[1:-1], quote(raw, safe=""), based} - {""}
