"""Registry of the signature schemes with a name, and the scheme that a contract states."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from openapi.signatures import (
    github,
    http_message,
    paddle,
    shopify,
    slack,
    standard_webhooks,
    stripe,
    svix,
    twilio,
)
from openapi.signatures.generic_hmac import BODY_TEMPLATE, HmacScheme
from openapi.signatures.http_message import HttpMessageScheme
from openapi.signatures.scheme import SignatureScheme

GENERIC = "hmac"
"""Name of the scheme whose parameters the contract states."""
SCHEMES: Mapping[str, SignatureScheme] = {
    scheme.name: scheme
    for scheme in (
        standard_webhooks.SCHEME,
        svix.SCHEME,
        stripe.SCHEME,
        github.SCHEME,
        slack.SCHEME,
        shopify.SCHEME,
        paddle.SCHEME,
        twilio.SCHEME,
        http_message.SCHEME,
    )
}
"""Schemes by name."""


def build_scheme(stated: Mapping[str, Any], header: str, pointer: str) -> SignatureScheme:
    """Return the scheme of `x-hookproof-signature`, which the contract's schema has checked.

    `header` is the name of the signature header, `pointer` the place of the extension.
    """
    name = stated.get("scheme", GENERIC)
    if name != GENERIC:
        known = replace(SCHEMES[name], header=header, pointer=pointer)
        if "tolerance" in stated:
            known = replace(known, tolerance=stated["tolerance"])
        return _with_statements(known, stated)
    content = stated["signed-content"]
    return HmacScheme(
        header=header,
        pointer=pointer,
        hash_name=stated["algorithm"],
        encoding=stated["encoding"],
        prefix=stated.get("prefix", ""),
        content_template=BODY_TEMPLATE if content == "body" else content,
        secret_encoding=stated["secret-encoding"],
        secret_prefix=stated.get("secret-prefix", ""),
        separator=stated.get("separator"),
        header_format=stated.get("header-format"),
        id_header=stated.get("id-header"),
        timestamp_header=stated.get("timestamp-header"),
        tolerance=stated.get("tolerance"),
    )


def _with_statements(scheme: SignatureScheme, stated: Mapping[str, Any]) -> SignatureScheme:
    """Return the scheme with what else the contract states about it."""
    if not isinstance(scheme, HttpMessageScheme):
        return scheme
    return replace(
        scheme,
        components=tuple(stated.get("components", scheme.components)),
        label=stated.get("label", scheme.label),
        key_id=stated.get("key-id"),
        hash_name=stated.get("algorithm", scheme.hash_name),
        secret_encoding=stated.get("secret-encoding", scheme.secret_encoding),
    )
