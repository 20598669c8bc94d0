"""Explanation of a wrong signature: the search tries the usual mistakes of senders. Pure.

The length of a digest gives its algorithm. The search tries all contents with the secret, and the
likeliest contents with other keys derived from it. No explanation contains a secret or a signature.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, product

from openapi.signatures.generic_hmac import HmacScheme
from openapi.signatures.http_message import INPUT_HEADER, HttpMessageScheme
from openapi.signatures.missing_extra import MissingExtra
from openapi.signatures.registry import SCHEMES
from openapi.signatures.scheme import Secrets, SignatureScheme, secrets_as_tuple
from openapi.signatures.standard_webhooks import (
    KEY_PAIR_ALGORITHM,
    KEY_PAIR_PREFIX,
    StandardWebhooksScheme,
)
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.body_variants import NamedContent
from webhook_sink.signature_diagnosis.header_parts import repair_header
from webhook_sink.signature_diagnosis.header_values import (
    ALGORITHMS,
    FoundDigest,
    find_digests,
    format_remarks,
)
from webhook_sink.signature_diagnosis.http_messages import (
    explain_http_message,
    http_message_elsewhere,
)
from webhook_sink.signature_diagnosis.key_pairs import (
    explain_key_pair,
    match_key_pair,
    signatures_in,
)
from webhook_sink.signature_diagnosis.keys import NamedKey, alternative_keys, contract_keys
from webhook_sink.signature_diagnosis.signed_content import (
    MAX_VARIED_BODY_BYTES,
    content_variants,
    likely_variants,
    quoted_header_name,
    unexplained,
)

SignatureCandidate = tuple[str, str, str, bytes]
"""Clause about the key, names of content and algorithm, and their digest."""
NamedHeader = tuple[bytes, bytes]
"""Name and value of a header."""
_NO_DIFFERENCE = ""
"""Clause of the right key and of the right content."""
_MIN_TRUNCATED_DIGEST_BYTES = 10
_MAX_CANDIDATE_HEADERS = 5
_MAX_DIGESTS = 20
_MAX_TRIED_BODY_BYTES = 4 * 1024 * 1024
_JWT = re.compile(rb"eyJ[\w-]+\.[\w-]+\.[\w-]*")
MIN_REDACTED_SECRET_CHARS = 8
"""Words may contain a shorter secret by chance."""


def explain_signature(scheme: SignatureScheme, delivery: Delivery, secrets: Secrets) -> str | None:
    """Return why the signature of `delivery` is wrong, in one clause, or None if unknown.

    Call it only for a wrong signature. The first of `secrets` is the right one. The clause begins
    in lower case and has no full stop.
    """
    given = secrets_as_tuple(secrets)
    text = _explanation(scheme, delivery, given) if given else None
    for secret in sorted(given, key=len, reverse=True):  # a secret may contain another
        if text is not None and len(secret) >= MIN_REDACTED_SECRET_CHARS:
            # The clause may quote header names and prefixes, which the sender chooses.
            form = re.escape(ascii(secret)[1:-1])
            text = re.sub(form, "[secret]", text, flags=re.IGNORECASE)
    return text


def _explanation(scheme: SignatureScheme, delivery: Delivery, secrets: Sequence[str]) -> str | None:
    values = list(delivery.header_values(scheme.header))
    if not values:
        return _explain_missing_header(scheme, delivery, secrets)
    if delivery.truncated:
        return None
    if isinstance(scheme, StandardWebhooksScheme) and scheme.key_pair(secrets[0]):
        return _explain_key_pair_values(scheme, delivery, secrets, values)
    if isinstance(scheme, HttpMessageScheme):
        return explain_http_message(scheme, delivery, secrets)
    if isinstance(scheme, HmacScheme):
        return _explain_hmac(scheme, delivery, secrets, values)
    return None


def _explain_hmac(
    scheme: HmacScheme, delivery: Delivery, secrets: Sequence[str], values: Sequence[bytes]
) -> str | None:
    if len(values) > 1:
        good = _expected_digest(scheme, delivery, secrets[0])
        right = any(
            hmac.compare_digest(w.digest, good) for value in values for w in find_digests(value)
        )
        return "one of them is valid" if right else "none of them is valid"
    if not values[0].strip():
        return "it is empty"
    repaired = repair_header(scheme, values[0])
    differences = repaired.differences if repaired is not None else ()
    if repaired is not None:
        delivery = _with_header(delivery, scheme.header, repaired.value)
    found = _digests_in_value(scheme, repaired.value if repaired is not None else values[0])
    match = _match_digest(scheme, delivery, secrets, found)
    if match is not None:
        return ", and ".join((*differences, *match[1])) or None
    if repaired is not None and not found:
        return ", and ".join(differences)
    unmatched = _explain_unmatched(scheme, delivery, secrets[0], found)
    return ", and ".join((*differences, *([unmatched] if unmatched else []))) or None


def _with_header(delivery: Delivery, name: str, value: bytes) -> Delivery:
    """Return the delivery with another value of a header."""
    message = delivery.message.with_headers([(name, value.decode("latin-1"))])
    return replace(delivery, headers=message.headers)


def _explain_key_pair_values(
    scheme: StandardWebhooksScheme,
    delivery: Delivery,
    secrets: Sequence[str],
    values: Sequence[bytes],
) -> str | None:
    if len(values) == 1:
        return explain_key_pair(scheme, delivery, secrets, values[0])
    every = (
        match_key_pair(scheme, delivery, secrets[:1], signatures_in(scheme, v)) for v in values
    )
    return "one of them is valid" if [] in every else "none of them is valid"


def find_other_scheme(
    scheme: SignatureScheme, delivery: Delivery
) -> tuple[SignatureScheme, str] | None:
    """Return the known scheme whose signature header the delivery has, and a sentence; or None."""
    for known in SCHEMES.values():
        header = known.header
        if isinstance(known, HttpMessageScheme):
            header = INPUT_HEADER  # other schemes have a header `Signature` too
        if known.header.lower() != scheme.header.lower() and delivery.header_values(header):
            said = f"{known.header} is there, which is the header of the scheme {known.name}"
            return known, said
    return None


def _digests_in_value(scheme: HmacScheme, value: bytes) -> list[FoundDigest]:
    """Return every digest in `value`, which may have several signatures."""
    if scheme.header_format is not None:
        return [f for part in scheme.signatures_in(value) for f in find_digests(part)]
    parts = value.split(scheme.separator.encode()) if scheme.separator else [value]
    return [found for part in parts for found in find_digests(part)]


def _explain_missing_header(
    scheme: SignatureScheme, delivery: Delivery, secrets: Sequence[str]
) -> str | None:
    """Search for the signature in other headers."""
    suspects = _signature_like_headers(delivery)
    found = None
    if delivery.truncated:
        pass
    elif isinstance(scheme, StandardWebhooksScheme) and scheme.key_pair(secrets[0]):
        found = _key_pair_elsewhere(scheme, delivery, secrets, suspects)
    elif isinstance(scheme, HttpMessageScheme):
        found = http_message_elsewhere(scheme, delivery, secrets, suspects)
    elif isinstance(scheme, HmacScheme):
        found = _hmac_elsewhere(scheme, delivery, secrets, suspects)
    other = find_other_scheme(scheme, delivery)
    if other is not None:
        return _with_other_scheme(*other, delivery, secrets[0], found)
    if found is not None:
        return found
    named = (f"{quoted_header_name(name)} looks like a signature header" for name, _ in suspects)
    return next(named, None)


def _is_valid(known: SignatureScheme, delivery: Delivery, secret: str) -> bool:
    """Return whether the signature is valid by another scheme, which may need a missing package."""
    try:
        return known.verify(delivery.message, secret) is None
    except MissingExtra:
        return False


def _with_other_scheme(
    known: SignatureScheme, sentence: str, delivery: Delivery, secret: str, found: str | None
) -> str:
    """Return that the header of `known` is there, and how its value differs; or `found`."""
    if _is_valid(known, delivery, secret):
        return f"{sentence}, and it is valid by that scheme"
    if found is None:
        return sentence
    place = f"the signature is in {quoted_header_name(known.header.encode())}, and "
    if found.lower().startswith(place.lower()):
        return f"{sentence}, and {found[len(place) :]}"
    return found


def _key_pair_elsewhere(
    scheme: StandardWebhooksScheme,
    delivery: Delivery,
    secrets: Sequence[str],
    suspects: Iterable[NamedHeader],
) -> str | None:
    for name, value in suspects:
        found = signatures_in(scheme, value)
        differences = match_key_pair(scheme, delivery, secrets, found)
        if differences is not None:
            where = f"the signature is in {quoted_header_name(name)}"
            return ", and ".join([where, *differences])
    return None


def _hmac_elsewhere(
    scheme: HmacScheme,
    delivery: Delivery,
    secrets: Sequence[str],
    suspects: Iterable[NamedHeader],
) -> str | None:
    found = list(suspects)
    for name, value in found if scheme.header_format is not None else ():
        renamed = _with_header(delivery, scheme.header, value)
        if scheme.verify(renamed.message, secrets[0]) is None:
            return f"the signature is in {quoted_header_name(name)}"
    named = [(w, n) for n, v in found for w in _digests_in_value(scheme, v)]
    match = _match_digest(scheme, delivery, secrets, [written for written, _ in named])
    if match is not None:
        name = next(name for written, name in named if written is match[0])
        return ", and ".join([f"the signature is in {quoted_header_name(name)}", *match[1]])
    good = _expected_digest(scheme, delivery, secrets[0])
    for name, value in delivery.headers:
        if any(hmac.compare_digest(written.digest, good) for written in find_digests(value)):
            return f"the signature is in {quoted_header_name(name)}"
    return None


def _signature_like_headers(delivery: Delivery) -> list[NamedHeader]:
    """Return the headers whose names suggest a signature."""
    named = (pair for pair in delivery.headers if re.search(b"sign|hmac", pair[0].lower()))
    return list(islice(named, _MAX_CANDIDATE_HEADERS))


def _expected_digest(scheme: HmacScheme, delivery: Delivery, secret: str) -> bytes:
    return scheme.digest(delivery.message, secret)


def _match_digest(
    scheme: HmacScheme,
    delivery: Delivery,
    secrets: Sequence[str],
    found: Iterable[FoundDigest],
) -> tuple[FoundDigest, list[str]] | None:
    """Return the first of `found` that a candidate explains, and its differences."""
    digests = [written for written in found if len(written.digest) in ALGORITHMS][:_MAX_DIGESTS]
    algorithms = sorted({ALGORITHMS[len(written.digest)] for written in digests})
    for clause, over, algorithm, digest in _signature_candidates(
        scheme, delivery, secrets, algorithms
    ):
        for written in digests:
            if hmac.compare_digest(written.digest, digest):
                differences = list(format_remarks(scheme, written))
                if algorithm != scheme.algorithm:
                    differences.append(f"it is computed with {algorithm}, not {scheme.algorithm}")
                differences += [clause] * bool(clause)
                differences += [f"it is computed over {over}"] * bool(over)
                return written, differences
    return None


def _signature_candidates(
    scheme: HmacScheme,
    delivery: Delivery,
    secrets: Sequence[str],
    algorithms: Sequence[str],
) -> Iterator[SignatureCandidate]:
    """Yield candidates, the likeliest mistakes first."""
    values = [value for _, value in _signature_like_headers(delivery)]
    right = list(contract_keys(scheme, secrets))
    signed: NamedContent = (_NO_DIFFERENCE, scheme.signed_content(delivery.message))

    def candidates_for(
        keys: Iterable[NamedKey], over: Iterable[NamedContent]
    ) -> Iterator[SignatureCandidate]:
        tried = tuple(keys)
        for what, text in over:
            for algorithm, (which, one) in product(algorithms, tried):
                yield which, what, f"hmac-{algorithm}", hmac.digest(one, text, algorithm)

    if not algorithms:
        return
    yield from candidates_for(right, [signed])
    if len(delivery.body) > _MAX_TRIED_BODY_BYTES:
        return
    yield from candidates_for(alternative_keys(scheme, secrets), [signed])
    yield from candidates_for(right, content_variants(scheme, delivery, values))
    yield from _keyless_candidates(right[0][1], signed, algorithms)
    if len(delivery.body) <= MAX_VARIED_BODY_BYTES:
        yield from candidates_for(
            alternative_keys(scheme, secrets[:1]), likely_variants(scheme, delivery, values)
        )


def _keyless_candidates(
    secret: bytes, signed: NamedContent, algorithms: Sequence[str]
) -> Iterator[SignatureCandidate]:
    what, text = signed
    joined = ("the secret and the body", secret + text)
    turned = ("the body and the secret", text + secret)
    for algorithm, (name, over) in product(algorithms, ((what, text), joined, turned)):
        plain = hashlib.new(algorithm, over, usedforsecurity=False).digest()
        yield _NO_DIFFERENCE, name, f"{algorithm} without a key", plain


def _explain_unmatched(
    scheme: HmacScheme, delivery: Delivery, secret: str, found: Sequence[FoundDigest]
) -> str | None:
    """Describe a value that no candidate explains."""
    good = _expected_digest(scheme, delivery, secret)
    for short in (written.digest for written in found):
        if _MIN_TRUNCATED_DIGEST_BYTES <= len(short) < len(good) and good.startswith(short):
            return f"it is the right one, truncated to {len(short)} of {len(good)} bytes"
    if isinstance(scheme, StandardWebhooksScheme) and all(
        written.prefix == KEY_PAIR_PREFIX for written in found
    ):
        return (
            f"it has only signatures of v1a ({KEY_PAIR_ALGORITHM}), and the secret is the shared "
            "key of v1"
        )
    if any(_JWT.search(value) for value in delivery.header_values(scheme.header)):
        return "it is a JSON Web Token, not a digest"
    digests = [written for written in found if len(written.digest) in ALGORITHMS]
    if not digests:
        known = " or ".join(dict.fromkeys((scheme.encoding, "hex")))
        return f"it is not a digest in {known}"
    written = next((w for w in digests if w.encoding == scheme.encoding), digests[0])
    differences = list(format_remarks(scheme, written))
    algorithm = f"hmac-{ALGORITHMS[len(written.digest)]}"
    if algorithm != scheme.algorithm:
        differences.append(f"it has the length of {algorithm}, not {scheme.algorithm}")
    if all(len(delivery.header_values(name)) == 1 for name in scheme.header_names()):
        # Without one of these headers the right content is unknown.
        differences.append(unexplained(scheme))
    return ", and ".join(differences) or None
