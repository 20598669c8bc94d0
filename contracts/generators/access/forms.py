"""Unusual forms of a valid token: other places, other schemes, malformed headers, altered text.

A service must reject each of them, because the contract documents only `Authorization: Bearer`.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from urllib.parse import urlencode

from contracts.generators.access.tokens import bearer_value, encode_jwt_part, is_jwt
from contracts.model import credential_kinds
from contracts.model.exchange import Credential
from contracts.model.settings import PROFILES, Settings
from openapi.contract import Contract, Operation
from openapi.security import SecurityScheme, required_schemes, security_schemes

Ranked = tuple[int, Credential]
"""Breadth of the first profile that sends the credential, and the credential."""

QUERY_NAMES = ("access_token", "token", "api_key", "apikey", "key", "auth", "jwt")
COOKIE_NAMES = ("access_token", "token", "jwt", "session", "auth", "Authorization")
HEADER_NAMES = (
    "X-Access-Token",
    "X-Auth-Token",
    "X-Api-Key",
    "X-Authorization",
    "Api-Key",
    "Token",
    "Proxy-Authorization",
    "X-Forwarded-Authorization",
)
MAX_PLACES_BYTES = 3500
"""Size of all copies of the token in one request: some servers limit a request line to 4 KB."""
LONG_TOKEN_LENGTH = 6000

_WELL_FORMED, _MALFORMED = False, True
_HEADERS: tuple[tuple[int, str, str, bool, str], ...] = (
    (0, "wrong scheme", "XBearer {token}", _WELL_FORMED, "XBearer"),
    (1, "wrong scheme", "JWT {token}", _WELL_FORMED, "JWT"),
    (2, "wrong scheme", "BearerX {token}", _WELL_FORMED, "BearerX"),
    (2, "wrong scheme", "Basic {token}", _WELL_FORMED, "Basic, not encoded"),
    (1, "without a scheme", "Bearer{token}", _MALFORMED, "no space after Bearer"),
    (1, "malformed", "Bearer Bearer {token}", _MALFORMED, "Bearer twice"),
    (1, "malformed", "Bearer {token} more", _MALFORMED, "a word after the token"),
    (1, "malformed", "Bearer not-a-token, Bearer {token}", _MALFORMED, "a list of two"),
    (1, "malformed", 'Bearer "{token}"', _MALFORMED, "in quotes"),
    (1, "malformed", "Bearer: {token}", _MALFORMED, "a colon after Bearer"),
    (2, "malformed", "Bearer token={token}", _MALFORMED, "a parameter"),
    (2, "malformed", "Basic Bearer {token}", _MALFORMED, "two schemes"),
)
"""Breadth, kind, header, whether RFC 9110 does not allow it, form."""
_BASIC = ((0, "{token}:"), (0, "user:{token}"), (1, ":{token}"))
"""Breadth, and user and password of HTTP Basic (RFC 7617)."""
_PAYLOADS: tuple[tuple[int, str, bytes], ...] = (
    (0, "an array as payload", b"[]"),
    (1, "a string as payload", b'"text"'),
    (1, "a number as payload", b"1"),
    (1, "null as payload", b"null"),
    (1, "a payload that is not UTF-8", b"\xff\xfe"),
    (2, "true as payload", b"true"),
    (2, "a payload that is not JSON", b"{"),
    (2, "a payload with deep nesting", b"[" * 1500),
    (2, "a payload with claims of other types", b'{"exp": "soon", "sub": [], "jti": {}}'),
)
_JOSE_HEADERS: tuple[tuple[int, str, bytes], ...] = (
    (1, "an array as JOSE header", b"[]"),
    (2, "null as JOSE header", b"null"),
    (2, "a JOSE header without alg", b"{}"),
    (2, "a number as alg", b'{"alg": 1}'),
)


def unusual_credentials(
    contract: Contract, operation: Operation, settings: Settings
) -> Iterator[Credential]:
    """Yield unusual forms of the valid token that a service must reject with 401."""
    if all(one.scheme.kind != "bearer" for one in required_schemes(operation.security)):
        return
    token, breadth = settings.token, PROFILES[settings.profile].breadth
    schemes = security_schemes(contract.document)
    uses_basic = any(scheme.kind == "basic" for scheme in schemes)
    ranked = (
        *misplaced_credentials(operation, schemes, token, "$HOOKPROOF_TOKEN"),
        *_other_headers(token, basic=not uses_basic),
        *_long_and_foreign(token),
        *_malformed_jwts(token),
        *(
            (rank, Credential(credential_kinds.ALTERED, "refused", bearer_value(text), form=form))
            for rank, form, text in altered_texts(token)
        ),
    )
    yield from (credential for rank, credential in ranked if rank <= breadth)


def altered_tokens(token: str, breadth: int) -> list[tuple[str, str]]:
    """Return form and text of each alteration of `token`; none is the encoding of the same bytes.

    `breadth` is that of the profile.
    """
    return [(form, text) for rank, form, text in altered_texts(token) if rank <= breadth]


def misplaced_credentials(
    operation: Operation,
    schemes: Iterable[SecurityScheme],
    token: str,
    shown: str,
    first_names: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Iterator[Ranked]:
    """Yield the token in undocumented places: one credential with many names, then one for each.

    `schemes` are those of the contract, `shown` is the token in a curl command. `first_names` has
    names to try before the usual ones, by location.
    """
    documented = {(p.location, p.name.lower()) for p in operation.parameters}
    documented |= {(scheme.location, scheme.parameter.lower()) for scheme in schemes}
    places = (
        ("query", credential_kinds.IN_QUERY, QUERY_NAMES),
        ("cookie", credential_kinds.IN_COOKIE, COOKIE_NAMES),
        ("header", credential_kinds.IN_HEADER, HEADER_NAMES),
    )
    for location, kind, usual in places:
        names = dict.fromkeys((*first_names.get(location, ()), *usual))
        free = [name for name in names if (location, name.lower()) not in documented]
        size = max(1, MAX_PLACES_BYTES // (len(token) + 20))
        groups = [free[start : start + size] for start in range(0, len(free), size)]
        for number, group in enumerate(groups):
            yield min(number, 1), _misplaced_credential(location, kind, group, token, shown)
        for name in free if len(groups) < len(free) else ():
            yield 2, _misplaced_credential(location, kind, [name], token, shown)


def _misplaced_credential(
    location: str, kind: str, names: Sequence[str], token: str, shown: str
) -> Credential:
    form = ", ".join(names)
    query = ""
    headers: tuple[tuple[str, str], ...] = ()
    if location == "query":
        query = urlencode([(name, token) for name in names])
        options = " ".join(f'--url-query "{name}={shown}"' for name in names)
    else:
        headers, stated = (
            _cookie_headers(names, text) if location == "cookie" else _token_headers(names, text)
            for text in (token, shown)
        )
        options = " ".join(f'-H "{name}: {value}"' for name, value in stated)
    return Credential(
        kind,
        "refused",
        query=query,
        headers=headers,
        form=form,
        curl_options=options,
        other_rejections=True,
    )


def _cookie_headers(names: Sequence[str], text: str) -> tuple[tuple[str, str], ...]:
    return (("Cookie", "; ".join(f"{name}={text}" for name in names)),)


def _token_headers(names: Sequence[str], text: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, bearer_value(text) if name.endswith("Authorization") else text) for name in names
    )


def _other_headers(token: str, *, basic: bool) -> Iterator[Ranked]:
    """Yield the token in an Authorization header of another scheme or that is malformed."""
    shown = "$HOOKPROOF_TOKEN"
    for rank, kind, template, malformed, form in _HEADERS:
        stated = template.format(token=shown).replace('"', '\\"')
        yield (
            rank,
            Credential(
                kind,
                "refused",
                template.format(token=token),
                form=form,
                curl_options=f'-H "Authorization: {stated}"',
                other_rejections=malformed,
            ),
        )
    for rank, template in _BASIC if basic else ():
        pair = template.format(token=token)
        yield (
            rank,
            Credential(
                "wrong scheme",
                "refused",
                f"Basic {base64.b64encode(pair.encode()).decode()}",
                form=f"Basic, {template.replace('{token}', 'token')}",
                curl_options=f'-u "{template.format(token=shown)}"',
            ),
        )


def _long_and_foreign(token: str) -> Iterator[Ranked]:
    """Yield very long tokens, and tokens with characters outside of ASCII (RFC 9110, 5.5)."""
    for rank, form, text in (
        (1, f"{LONG_TOKEN_LENGTH} characters", "a" * LONG_TOKEN_LENGTH),
        (2, "300 characters", "a" * 300),
        (2, "2000 characters", "a" * 2000),
        (1, "the token and 3000 characters", token + "A" * 3000),
        (0, "not ASCII, at the end", token[:-1] + "\u00e9".encode().decode("latin-1")),
        (1, "not ASCII, in Latin-1", token[:-1] + "\u00e9"),
        (1, "not ASCII, in another script", "\u30c8\u30fc\u30af\u30f3".encode().decode("latin-1")),
    ):
        yield (
            rank,
            Credential(
                "malformed", "refused", bearer_value(text), form=form, other_rejections=True
            ),
        )


def _malformed_jwts(token: str) -> Iterator[Ranked]:
    """Yield JWTs with a header or payload of another type; the signature is not valid."""
    head, claims, signature = (
        token.split(".")
        if is_jwt(token)
        else (encode_jwt_part(b'{"alg": "HS256", "typ": "JWT"}'), encode_jwt_part(b"{}"), "A" * 43)
    )
    texts = [
        *(
            (rank, form, f"{head}.{encode_jwt_part(raw)}.{signature}")
            for rank, form, raw in _PAYLOADS
        ),
        *(
            (rank, form, f"{encode_jwt_part(raw)}.{claims}.{signature}")
            for rank, form, raw in _JOSE_HEADERS
        ),
    ]
    for rank, form, text in texts:
        yield rank, Credential("malformed", "refused", bearer_value(text), form=form)


def altered_texts(token: str) -> Iterator[tuple[int, str, str]]:
    """Yield breadth, form and text of each alteration.

    One more character at the end may decode to the same bytes, four never do.
    """
    if not token:
        return
    yield 0, "4 characters more", f"{token}xxxx"
    if is_jwt(token):
        head, claims, signature = token.split(".")
        if (other := signature.swapcase()) != signature:
            yield 1, "the signature in other case", f"{head}.{claims}.{other}"
        yield 2, "1 character less", token[:-1]
        return
    if len(token) > 1:
        yield 0, "1 character less", token[:-1]
        yield 1, "without the first character", token[1:]
    if _is_case_sensitive(token):
        yield 0, "in other case", token.swapcase()
    yield 1, "1 character more at the beginning", f"x{token}"
    at = len(token) // 2
    yield (
        1,
        "1 character changed",
        f"{token[:at]}{'B' if token[at] == 'A' else 'A'}{token[at + 1 :]}",
    )
    if at > 1:
        yield 1, "the first half", token[:at]


def _is_case_sensitive(token: str) -> bool:
    """Return whether the case of `token` matters: it does not in a UUID or a hexadecimal number."""
    last = re.split(r"[_.|:]", token)[-1]
    digits = re.fullmatch(r"[0-9a-f-]+|[0-9A-F-]+", last)
    return token.swapcase() != token and digits is None
