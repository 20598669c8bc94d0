"""Credentials in the place that their scheme documents, also several in one request. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from contracts.generators.access.tokens import VALID_TOKEN_OPTION, bearer_value
from contracts.model.exchange import Credential
from contracts.model.given_credentials import Access, GivenCredential
from openapi.curl import header_option, key_option, shell_quote
from openapi.security import SecurityScheme, basic_value

VALID_KEY_MEANING = "a valid API key"
_UNSAFE = re.compile(r"[^A-Za-z0-9 ,.-]")
"""Characters that a shell could read in the explanation of a variable."""
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def shell_variable(scheme: SecurityScheme, meaning: str, suffix: str = "") -> str:
    """Return the variable of a credential for a curl command; the shell explains an unset one."""
    name = re.sub(r"\W", "_", scheme.name, flags=re.ASCII).upper()
    explained = _UNSAFE.sub("", f"{meaning} for {scheme.name}")
    return f"${{HOOKPROOF_CREDENTIAL_{name}{suffix}:?set it to {explained}}}"


def is_header_name(text: str) -> bool:
    """Return whether a header or a cookie can have this name (RFC 9110, section 5.6.2)."""
    return _HEADER_NAME.fullmatch(text) is not None


def placed(credential: Credential, location: str, name: str, text: str) -> Credential:
    """Return `credential` with `text` in a header, the query or a cookie.

    Each character of `text` is one byte.
    """
    if location == "query":
        pair = f"{quote(name, safe='')}={quote(text.encode('latin-1'), safe='')}"
        return replace(credential, query=pair)
    if location == "cookie":
        return replace(credential, headers=(("Cookie", f"{name}={text}"),))
    if name.lower() == "authorization":
        return replace(credential, value=text)
    return replace(credential, headers=((name, text),))


def literal_option(location: str, name: str, text: str) -> str:
    """Return the option of curl for a text that is no secret."""
    if location == "query":
        pair = f"{quote(name, safe='')}={text}"
        return f"--url-query {shell_quote(pair)}"
    if location == "cookie":
        return header_option("Cookie", f"{name}={text}")
    return header_option(name, text)


def valid_credential(access: Access, scheme: str = "") -> Credential:
    """Return the valid credential of an alternative; `scheme` names it in descriptions."""
    valid = [_valid(one) for one in access.credentials]
    if not valid:
        return Credential("valid", "accepted", scheme=scheme)
    return accompanied(valid[0], valid[1:], scheme)


def companions_of(access: Access, given: GivenCredential) -> list[Credential]:
    """Return the valid credentials of the other schemes of an alternative."""
    return [_valid(other) for other in access.credentials if other is not given]


def _valid(given: GivenCredential) -> Credential:
    scheme, value = given.scheme, given.value
    match scheme.kind:
        case "bearer":
            option = VALID_TOKEN_OPTION
            return Credential("valid", "accepted", bearer_value(value), curl_options=option)
        case "basic":
            shown = shell_variable(scheme, "user and password, with a colon between them,")
            return Credential("valid", "accepted", basic_value(value), curl_options=f'-u "{shown}"')
    option = key_option(
        scheme.location, scheme.parameter, shell_variable(scheme, VALID_KEY_MEANING)
    )
    made = Credential("valid", "accepted", curl_options=option)
    return placed(made, scheme.location, scheme.parameter, value.encode().decode("latin-1"))


def accompanied(
    credential: Credential, companions: Sequence[Credential], scheme: str = ""
) -> Credential:
    """Return `credential` together with those of the other schemes of its alternative."""
    headers = [pair for one in (credential, *companions) for pair in one.headers]
    cookies = [value for name, value in headers if name == "Cookie"]
    plain = [(name, value) for name, value in headers if name != "Cookie"]
    values = [one.value for one in (credential, *companions) if one.value is not None]
    return replace(
        credential,
        scheme=scheme,
        value=values[0] if values else None,
        query="&".join(one.query for one in (credential, *companions) if one.query),
        headers=(*plain, *([("Cookie", "; ".join(cookies))] if cookies else [])),
        companion_options=" ".join(one.curl_options for one in companions),
    )
