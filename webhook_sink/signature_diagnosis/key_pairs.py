"""Explanation of a wrong signature by a key pair: other key, other content, other format. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from openapi.signatures.ed25519 import KeyPair
from openapi.signatures.standard_webhooks import (
    KEY_PAIR_ALGORITHM,
    KEY_PAIR_PREFIX,
    StandardWebhooksScheme,
)
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.body_variants import NamedContent
from webhook_sink.signature_diagnosis.header_values import (
    FoundDigest,
    find_digests,
    format_remarks,
)
from webhook_sink.signature_diagnosis.keys import ORDINALS
from webhook_sink.signature_diagnosis.signed_content import content_variants, unexplained

NamedPair = tuple[str, KeyPair]
"""Clause about the key, empty for the right one; and the key."""
SIGNATURE_BYTES = 64
_MAX_SIGNATURES = 5
_MAX_CONTENTS = 400
"""A try takes some 0.1 ms."""
_MAX_BODY_BYTES = 256 * 1024


def explain_key_pair(
    scheme: StandardWebhooksScheme, delivery: Delivery, secrets: Sequence[str], value: bytes
) -> str | None:
    """Return why `value` is not a valid signature under the first of `secrets`, a key pair."""
    found = signatures_in(scheme, value)
    matched = match_key_pair(scheme, delivery, secrets, found)
    if matched is not None:
        return ", and ".join(matched) or None
    if not found and value.strip().startswith(scheme.prefix.encode()):
        version = scheme.prefix.rstrip(",")
        return (
            f"it has only signatures of {version} ({scheme.algorithm}), and the secret is a key of "
            f"{KEY_PAIR_PREFIX.rstrip(',')} ({KEY_PAIR_ALGORITHM})"
        )
    if not found:
        return f"it has no signature of {SIGNATURE_BYTES} bytes in {scheme.encoding}"
    remarks = format_remarks(scheme.for_key_pair(), found[0])
    return ", and ".join((*remarks, unexplained(scheme)))


def signatures_in(scheme: StandardWebhooksScheme, value: bytes) -> list[FoundDigest]:
    """Return everything in `value` that has the length of a signature."""
    separator = scheme.separator.encode() if scheme.separator else None
    parts = value.split(separator) if separator else [value]
    every = (found for part in parts for found in find_digests(part))
    return [f for f in every if len(f.digest) == SIGNATURE_BYTES][:_MAX_SIGNATURES]


def match_key_pair(
    scheme: StandardWebhooksScheme,
    delivery: Delivery,
    secrets: Sequence[str],
    found: Sequence[FoundDigest],
) -> list[str] | None:
    """Return the differences of the first candidate that one of `found` proves, or None."""
    pairs = list(_named_pairs(scheme, secrets))
    right: NamedContent = ("", scheme.signed_content(delivery.message))
    others: Iterable[NamedContent] = ()
    if len(delivery.body) <= _MAX_BODY_BYTES:
        others = islice(content_variants(scheme, delivery, []), _MAX_CONTENTS)
    for over, content in chain([right], others):
        for clause, pair in pairs:
            for one in found:
                if pair.proves(one.digest, content):
                    differences = list(format_remarks(scheme.for_key_pair(), one))
                    differences += [clause] * bool(clause)
                    differences += [f"it is computed over {over}"] * bool(over)
                    return differences
    return None


def _named_pairs(scheme: StandardWebhooksScheme, secrets: Sequence[str]) -> Iterator[NamedPair]:
    for index, (ordinal, secret) in enumerate(zip(ORDINALS, secrets, strict=False)):
        pair = scheme.key_pair(secret)
        if pair is not None:
            which = f"the {ordinal} of the {len(secrets)} configured secrets"
            yield f"it is computed with {which}" if index else "", pair
