"""Redaction of secrets in output, in every encoding. Pure."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from openapi.redaction.credential_headers import authentication_scheme, carries_credential
from openapi.redaction.search import MIN_SECRET_CHARACTERS, NeedleIndex, SecretSearch
from openapi.redaction.words import is_words, leading_words

REDACTED = "[secret]"
_PREFIX_CHARS = 16
"""Prefix length from which a longer secret is redacted: texts are truncated, tokens are forged."""
_MIN_ENCODED_CHARS = 4
"""Length from which a short secret is redacted in hex and base64; shorter ones are in any text."""
_ELLIPSES = ("...", "\u2026")
_URL_SAFE = str.maketrans("+/", "-_")
_JWT = re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*)*", re.ASCII)
"""JSON Web Tokens, also truncated ones: `eyJ` is the base64 of a brace and a quote."""


class Redaction:
    """Redaction of known secrets and, with `jwt`, of everything that looks like a JWT.

    A secret in plain text or in a usual encoding is redacted where it is. A text with a secret in
    any other form that `SecretSearch` finds is redacted as a whole. Words of a secret are redacted
    only together with a part that is no word, or where the text is cut: unrelated text may have
    them.
    """

    def __init__(self, secrets: Iterable[str], *, jwt: bool = False, search: bool = True) -> None:
        """Take the plain secrets; without `search`, only usual encodings are redacted."""
        secrets = tuple(secrets)
        self._search = SecretSearch(secrets, fragments=True) if search and secrets else None
        forms: dict[str, int] = {}
        for secret in secrets:
            if len(secret) >= MIN_SECRET_CHARACTERS:
                forms |= _encoded_forms(secret)
        self._short = sorted((form for form in forms if len(form) < _PREFIX_CHARS), key=len)
        self._separate = _separate_forms(s for s in secrets if len(s) < MIN_SECRET_CHARACTERS)
        self._long: dict[str, list[tuple[str, int]]] = {}
        for form, least in forms.items():
            if len(form) >= _PREFIX_CHARS:
                self._long.setdefault(form[:_PREFIX_CHARS], []).append((form, least))
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
        if self._separate is not None:
            text = self._separate.sub(REDACTED, text)
        if self._search is not None and self._search.find(text.encode(errors="surrogatepass")):
            return REDACTED
        return text

    def _without_long(self, text: str) -> Iterator[str]:
        end = position = 0
        while found := self._prefixes.search(text, position):
            position = found.start() + 1
            rest = text[found.start() :]
            shown = ((_common_prefix_length(rest, f), least) for f, least in self._long[found[0]])
            length = max((n for n, least in shown if n >= least or _is_cut(rest, n)), default=0)
            if length:
                yield from (text[end : found.start()], REDACTED)
                end = position = found.start() + length
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


def _encoded_forms(secret: str) -> dict[str, int]:
    """Return `secret`, its usual encodings, and the parts of a token.

    The items: form -> length from which its beginning is redacted, beyond its leading words.
    """
    words = leading_words(secret)
    raw, known = (text.encode(errors="surrogateescape") for text in (secret, words))
    forms = {
        secret: len(words),
        json.dumps(secret)[1:-1]: len(json.dumps(words)) - 2,
        quote(raw, safe=""): len(quote(known, safe="")),
        html.escape(secret): len(html.escape(words)),
        raw.hex(): 2 * len(known),
        raw.hex().upper(): 2 * len(known),
    }
    for shift, lost in ((0, 0), (1, 2), (2, 3)):
        # Inside other text, the base64 characters at both ends depend on their neighbours.
        text = base64.b64encode(bytes(shift) + raw).decode().rstrip("=")[lost:-2]
        known_characters = max(8 * (shift + len(known)) // 6 - lost, 0) if known else 0
        forms |= dict.fromkeys((text, text.translate(_URL_SAFE)), known_characters)
    for part in secret.split(".") if secret.count(".") == 2 else ():
        if len(part) > _PREFIX_CHARS and not is_words(part):
            # A forged token may differ in the first character of the signature.
            forms |= {text: len(leading_words(text)) for text in (part, part[1:])}
    return {form: min(max(_PREFIX_CHARS, least + 1), len(form)) for form, least in forms.items()}


def _separate_forms(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """Return the pattern of short secrets, plain or encoded, that are no part of a longer word."""
    forms: set[str] = set()
    for secret in filter(None, secrets):
        raw = secret.encode(errors="surrogateescape")
        forms |= {secret, json.dumps(secret)[1:-1], quote(raw, safe=""), html.escape(secret)}
        if len(secret) >= _MIN_ENCODED_CHARS:
            based = base64.b64encode(raw).decode().rstrip("=")
            forms |= {raw.hex(), raw.hex().upper(), based, based.translate(_URL_SAFE)}
    longest_first = sorted(forms, key=len, reverse=True)
    words = "|".join(map(re.escape, longest_first))
    return re.compile(rf"(?<![A-Za-z0-9])(?:{words})(?![A-Za-z0-9])=*") if forms else None


def _is_cut(text: str, length: int) -> bool:
    """Return whether `text` has been cut after `length` characters."""
    return text.startswith(_ELLIPSES, length)


def _common_prefix_length(one: str, other: str) -> int:
    """Return the length of the common prefix of `one` and `other`."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
