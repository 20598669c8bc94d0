"""Credentials in the headers of a request: which headers carry one, and its secret part. Pure."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator

from openapi.redaction.search import MIN_SECRET_CHARACTERS

_NAMES = re.compile(
    r"authorization|cookie|secret|token|passw|credential|session|jwt"
    r"|(?:api|access|auth|private|subscription)[-_]?key|(?:^|[-_])(?:auth|sid)(?:[-_]|$)",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]*(?= )")


def carries_credential(name: str) -> bool:
    """Return whether a header with this name carries a credential."""
    return _NAMES.search(name) is not None


def authentication_scheme(name: str, value: str) -> str | None:
    """Return the scheme before the credential, for an `Authorization` header that has one."""
    found = _SCHEME.match(value) if "authorization" in name.lower() else None
    return found[0] if found else None


def header_credentials(headers: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the credentials in `headers`.

    A value of less than `MIN_SECRET_CHARACTERS` characters is left out: it is in other text too.
    """
    for name, value in headers:
        if carries_credential(name):
            for credential in _credentials(name, value.strip()):
                if len(credential) >= MIN_SECRET_CHARACTERS:
                    yield credential


def _credentials(name: str, value: str) -> Iterator[str]:
    if "cookie" in name.lower():
        for pair in value.split(";"):
            yield (pair.partition("=")[2] or pair).strip(' "=')
        return
    scheme = authentication_scheme(name, value)
    credential = value[len(scheme or "") :].strip()
    yield credential
    if scheme is not None and scheme.lower() == "basic":
        yield from _basic_credentials(credential)


def _basic_credentials(encoded: str) -> Iterator[str]:
    """Yield user and password (RFC 7617) as one text, and the password."""
    try:
        plain = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return
    yield from (plain, plain.partition(":")[2])
