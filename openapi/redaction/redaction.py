"""Redaction of secrets in output, in every encoding. Pure."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from openapi.redaction.credential_headers import authentication_scheme, carries_credential
from openapi.redaction.search import NeedleIndex, SecretSearch

REDACTED = "[secret]"
_PREFIX_CHARS = 16
"""Prefix length from which a longer secret is redacted: texts are truncated, tokens are forged."""
_JWT = re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*)*", re.ASCII)
"""JSON Web Tokens, also truncated ones: `eyJ` is the base64 of a brace and a quote."""


class Redaction:
    """Redaction of known secrets and, with `jwt`, of everything that looks like a JWT.

    A secret in plain text or in a usual encoding is redacted where it is. A text with a secret in
    any other form that `SecretSearch` finds is redacted as a whole.
    """

    def __init__(self, secrets: Iterable[str], *, jwt: bool = False, search: bool = True) -> None:
        """Take the plain secrets; without `search`, only usual encodings are redacted."""
        secrets = tuple(secrets)
        self._search = SecretSearch(secrets, fragments=True) if search and secrets else None
        forms = {form for secret in secrets for form in _encoded_forms(secret) if form}
        self._short = sorted((form for form in forms if len(form) < _PREFIX_CHARS), key=len)
        self._long: dict[str, list[str]] = {}
        for form in forms:
            if len(form) >= _PREFIX_CHARS:
                self._long.setdefault(form[:_PREFIX_CHARS], []).append(form)
        self._prefixes = re.compile("|".join(map(re.escape, self._long)))
        # It finds the same prefixes in a tenth of the time, but not where they are.
        self._prefix_index = NeedleIndex(_PREFIX_CHARS // 2)
        for prefix in self._long:
            self._prefix_index.add(prefix.encode(errors="surrogatepass"), prefix)
        self._jwt = jwt

    def __call__(self, text: str) -> str:
        """Return `text` without secrets and without long prefixes of secrets."""
        if self._jwt:  # first: the claims of a token may encode the beginning of a secret
            text = _JWT.sub(REDACTED, text)
        if self._prefix_index.find(text.encode(errors="surrogatepass")):
            text = "".join(self._without_long(text))
        for form in reversed(self._short):
            text = text.replace(form, REDACTED)
        if self._search is not None and self._search.find(text.encode(errors="surrogatepass")):
            return REDACTED
        return text

    def _without_long(self, text: str) -> Iterator[str]:
        end = 0
        while found := self._prefixes.search(text, end):
            yield from (text[end : found.start()], REDACTED)
            rest = text[found.start() :]
            end = found.start() + max(
                _common_prefix_length(rest, form) for form in self._long[found[0]]
            )
        yield text[end:]

    def value(self, value: object) -> object:
        """Return the JSON data `value` without secrets, keys included."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self(key): self.value(item) for key, item in value.items()}
        return value

    def headers(self, headers: Iterable[tuple[str, str]]) -> list[list[str]]:
        """Return names and values of `headers`; a credential keeps only its scheme."""
        return [[name, self._header(name, value)] for name, value in headers]

    def _header(self, name: str, value: str) -> str:
        if not carries_credential(name):
            return self(value)
        scheme = authentication_scheme(name, value)
        return REDACTED if scheme is None else f"{self(scheme)} {REDACTED}"


def _encoded_forms(secret: str) -> Iterator[str]:
    """Yield `secret`, its usual encodings, and the parts of a token."""
    raw = secret.encode(errors="surrogateescape")
    yield from (secret, json.dumps(secret)[1:-1], quote(raw, safe=""), html.escape(secret))
    yield from (raw.hex(), raw.hex().upper())
    for shift, lost in ((0, 0), (1, 2), (2, 3)):
        # Inside other text, the base64 characters at both ends depend on their neighbours.
        text = base64.b64encode(bytes(shift) + raw).decode().rstrip("=")[lost:-2]
        yield from (text, text.translate(str.maketrans("+/", "-_")))
    for part in secret.split(".") if secret.count(".") == 2 else ():
        if len(part) > _PREFIX_CHARS:
            # A forged token may differ in the first character of the signature.
            yield from (part, part[1:])


def _common_prefix_length(one: str, other: str) -> int:
    """Return the length of the common prefix of `one` and `other`."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
