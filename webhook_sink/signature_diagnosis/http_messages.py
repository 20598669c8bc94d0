"""Explanation of a wrong HTTP message signature: other key, URL, method or content. Pure."""

import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from openapi.signatures.http_message import ED25519, HttpMessageScheme, StatedSignature
from openapi.signatures.message import Message
from openapi.signatures.message_components import signature_base
from openapi.signatures.public_url import urls_of_sender
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.header_values import ALGORITHMS, find_digests
from webhook_sink.signature_diagnosis.keys import ORDINALS, alternative_keys
from webhook_sink.signature_diagnosis.signed_content import quoted_header_name, unexplained
from webhook_sink.signature_diagnosis.urls import url_variants

_METHODS = ("POST", "PUT", "PATCH", "GET", "post")
_MEDIA_TYPES = ("application/json", "application/json; charset=utf-8", "text/plain")
_SIGNATURE_BYTES = (32, 64)
"""Length of an HMAC, and of a signature by ed25519."""
_MAX_SIGNATURES = 5
_MAX_BODY_BYTES = 1024 * 1024


def explain_http_message(
    scheme: HttpMessageScheme, delivery: Delivery, secrets: Sequence[str]
) -> str | None:
    """Return why no signature is the right one; None if its form or its age is the reason."""
    message = delivery.message
    stated = scheme.stated_signatures(message)
    if isinstance(stated, str):
        return _encoding_remark(scheme, delivery)
    usable = [
        one
        for one in stated[:_MAX_SIGNATURES]
        if scheme.form_problem(one) is None and scheme.cover_problem(message, one) is None
    ]
    if not usable or scheme.digest_problem(message) is not None:
        return None
    if any(_proves(scheme, message, one, secrets[0]) for one in usable):
        return None
    found = (_explanation(scheme, delivery, secrets, one) for one in usable)
    return next((text for text in found if text is not None), unexplained(scheme))


def _encoding_remark(scheme: HttpMessageScheme, delivery: Delivery) -> str | None:
    """Return the encoding of a signature that is no byte sequence, or None."""
    for value in delivery.header_values(scheme.header):
        for found in find_digests(value):
            if len(found.digest) in _SIGNATURE_BYTES and not found.suffix.startswith(":"):
                return f"its encoding is {found.encoding}, and it is not between colons"
    return None


def http_message_elsewhere(
    scheme: HttpMessageScheme,
    delivery: Delivery,
    secrets: Sequence[str],
    suspects: Iterable[tuple[bytes, bytes]],
) -> str | None:
    """Return the name of another header that has the signature, or None."""
    for name, value in suspects:
        message = delivery.message.with_headers([(scheme.header, value.decode("latin-1"))])
        if scheme.verify(message, secrets[0]) is None:
            return f"the signature is in {quoted_header_name(name)}"
    return None


def _proves(
    scheme: HttpMessageScheme, message: Message, stated: StatedSignature, secret: str
) -> bool:
    bases = scheme.possible_bases(message, stated)
    return any(scheme.proves(stated.value or b"", base, secret) for base in bases)


def _explanation(
    scheme: HttpMessageScheme, delivery: Delivery, secrets: Sequence[str], stated: StatedSignature
) -> str | None:
    assert stated.value is not None
    bases = list(scheme.possible_bases(delivery.message, stated))
    for base in bases:
        for clause in _other_keys(scheme, secrets, stated.value, base):
            return clause
    if len(delivery.body) > _MAX_BODY_BYTES:
        return None
    for over, content in chain(
        _other_messages(scheme, delivery, stated), _other_texts(bases, delivery)
    ):
        if scheme.proves(stated.value, content, secrets[0]):
            return f"it is computed over {over}"
    return None


def _other_keys(
    scheme: HttpMessageScheme, secrets: Sequence[str], value: bytes, base: bytes
) -> Iterator[str]:
    """Yield that another key, or another algorithm, proves the signature."""
    for ordinal, secret in list(zip(ORDINALS, secrets, strict=False))[1:]:
        if scheme.proves(value, base, secret):
            yield f"it is computed with the {ordinal} of the {len(secrets)} configured secrets"
    if scheme.hash_name == ED25519 or len(value) not in ALGORITHMS:
        return
    algorithm = ALGORITHMS[len(value)]
    key = scheme.shared_key.decode_secret(secrets[0])
    if hmac.compare_digest(value, hmac.digest(key, base, algorithm)):
        yield f"it is computed with hmac-{algorithm}, not {scheme.algorithm}"
    for clause, other in alternative_keys(scheme.shared_key, secrets):
        if hmac.compare_digest(value, hmac.digest(other, base, algorithm)):
            yield clause


def _other_messages(
    scheme: HttpMessageScheme, delivery: Delivery, stated: StatedSignature
) -> Iterator[tuple[str, bytes]]:
    """Yield the signature base of messages with another URL, method or media type."""
    message = delivery.message
    urls = urls_of_sender(message.url, scheme.public_url) or ("",)
    seen = message.with_url(urls[0])
    variants = chain(
        ((name, seen.with_url(url)) for name, url in url_variants(urls[0], delivery)),
        ((f"the method {method}", replace(seen, method=method)) for method in _METHODS),
        (
            (f"the content-type {value}", seen.with_headers([("Content-Type", value)]))
            for value in _MEDIA_TYPES
        ),
    )
    for name, other in variants:
        base = signature_base(other, stated.components, stated.parameters)
        if base is not None:
            yield name, base


def _other_texts(bases: Sequence[bytes], delivery: Delivery) -> Iterator[tuple[str, bytes]]:
    """Yield texts that are signed in place of the signature base."""
    for base in bases:
        yield "the signature base with a newline at its end", base + b"\n"
        lines = base.split(b"\n")
        yield "the signature base without @signature-params", b"\n".join(lines[:-1])
        yield "the signature base with CR LF line breaks", b"\r\n".join(lines)
        unquoted = [line.replace(b'"', b"", 2) for line in lines[:-1]]
        yield "the signature base without quotes", b"\n".join((*unquoted, lines[-1]))
    yield "the body alone", delivery.body
