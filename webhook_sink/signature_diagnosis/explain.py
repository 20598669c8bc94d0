"""Why a signature is not the right one, found by trying what senders get wrong.

A digest tells its algorithm by its length. So what is left to try is what was signed, under the
secret, and, for the likeliest contents, under what else the secret may have been made into.
No sentence holds a secret or a signature.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product

from openapi.signature import Secrets, SignatureScheme, content, key, listed
from webhook_sink.delivery import Delivery
from webhook_sink.signature_diagnosis.body_variants import Content
from webhook_sink.signature_diagnosis.header_values import ALGORITHMS, Written, read, remarks
from webhook_sink.signature_diagnosis.keys import Key, other_keys, right_keys
from webhook_sink.signature_diagnosis.signed_content import LARGEST, contents, likely, shown

Attempt = tuple[str, str, str, bytes]
"""Clause about the key, content and algorithm by name, and the digest that they make."""
_RIGHT = ""
"""What is said of the right key and of the right content: nothing."""
OTHER = "it is made with another secret, or over other bytes"
_SHORTEST_CUT = 10
_CANDIDATES = 5
"""Headers that are looked at closely."""
_DIGESTS = 20
"""Of what they hold so much is compared."""
_HUGE = 4 * 1024 * 1024
"""Bytes. Of a larger body nothing but the secret is tried."""
_TOKEN = re.compile(rb"eyJ[\w-]+\.[\w-]+\.[\w-]*")
SHORTEST_SECRET = 8
"""A shorter one would be taken out of words that hold it by chance."""


def explain(scheme: SignatureScheme, delivery: Delivery, secrets: Secrets) -> str | None:
    """Say in one short sentence why `delivery` has no good signature, or None where it is unclear.

    To be asked only where it has none. The first of the `secrets` is the right one; without any
    nothing is clear. The text begins in lower case and has no full stop.
    """
    given = listed(secrets)
    text = _explanation(scheme, delivery, given) if given else None
    for secret in sorted(given, key=len, reverse=True):  # one may be a part of another
        if text is not None and len(secret) >= SHORTEST_SECRET:
            # Names and prefixes are the sender's, who may write anything there.
            form = re.escape(ascii(secret)[1:-1])
            text = re.sub(form, "[secret]", text, flags=re.IGNORECASE)
    return text


def _explanation(scheme: SignatureScheme, delivery: Delivery, secrets: Sequence[str]) -> str | None:
    values = list(delivery.values(scheme.header))
    if not values:
        return _elsewhere(scheme, delivery, secrets)
    if delivery.truncated:
        return None
    if len(values) > 1:
        good = _digest(scheme, delivery, secrets[0])
        right = any(hmac.compare_digest(w.digest, good) for value in values for w in read(value))
        return "one of them is right" if right else "none of them is right"
    if not values[0].strip():
        return "it is empty"
    found = _written(scheme, values[0])
    match = _matched(scheme, delivery, secrets, found)
    if match is None:
        return _unmatched(scheme, delivery, secrets[0], found)
    return ", and ".join(match[1]) or None


def _written(scheme: SignatureScheme, value: bytes) -> list[Written]:
    """Return every digest that `value` may hold, each signature of several by itself."""
    parts = value.split(scheme.separator.encode()) if scheme.separator else [value]
    return [found for part in parts for found in read(part)]


def _elsewhere(scheme: SignatureScheme, delivery: Delivery, secrets: Sequence[str]) -> str | None:
    """Look for the signature in headers of other names."""
    suspects = _suspects(delivery)
    if not delivery.truncated:
        named = [(w, n) for n, v in suspects for w in _written(scheme, v)]
        match = _matched(scheme, delivery, secrets, [written for written, _ in named])
        if match is not None:
            name = next(name for written, name in named if written is match[0])
            return ", and ".join([f"{shown(name)} has it: the header has another name", *match[1]])
        good = _digest(scheme, delivery, secrets[0])
        for name, value in delivery.headers:
            if any(hmac.compare_digest(written.digest, good) for written in read(value)):
                return f"{shown(name)} has it: the header has another name"
    for name, _ in suspects:
        return f"{shown(name)} looks like one, under another name"
    return None


def _suspects(delivery: Delivery) -> list[tuple[bytes, bytes]]:
    """Return the headers whose names say that they are signatures, or about one."""
    named = (pair for pair in delivery.headers if re.search(b"sign|hmac", pair[0].lower()))
    return list(islice(named, _CANDIDATES))


def _digest(scheme: SignatureScheme, delivery: Delivery, secret: str) -> bytes:
    signed = content(scheme, delivery.headers, delivery.body)
    made = key(scheme.key, scheme.key_prefix, secret)
    return hmac.digest(made, signed, scheme.algorithm.removeprefix("hmac-"))


def _matched(
    scheme: SignatureScheme, delivery: Delivery, secrets: Sequence[str], found: Iterable[Written]
) -> tuple[Written, list[str]] | None:
    """Return the first of `found` that could be made again, and each thing different about it."""
    digests = [written for written in found if len(written.digest) in ALGORITHMS][:_DIGESTS]
    algorithms = sorted({ALGORITHMS[len(written.digest)] for written in digests})
    for clause, over, algorithm, digest in _attempts(scheme, delivery, secrets, algorithms):
        for written in digests:
            if hmac.compare_digest(written.digest, digest):
                said = list(remarks(scheme, written))
                if algorithm != scheme.algorithm:
                    said.append(f"it is made with {algorithm}, not {scheme.algorithm}")
                said += [clause] * bool(clause)
                said += [f"it is made over {over}"] * bool(over)
                return written, said
    return None


def _attempts(
    scheme: SignatureScheme,
    delivery: Delivery,
    secrets: Sequence[str],
    algorithms: Sequence[str],
) -> Iterator[Attempt]:
    """Yield what a sender may have done, likely mistakes first."""
    values = [value for _, value in _suspects(delivery)]
    right = list(right_keys(scheme, secrets))
    signed: Content = (_RIGHT, content(scheme, delivery.headers, delivery.body))

    def made(keys: Iterable[Key], over: Iterable[Content]) -> Iterator[Attempt]:
        tried = tuple(keys)
        for what, text in over:
            for algorithm, (which, one) in product(algorithms, tried):
                yield which, what, f"hmac-{algorithm}", hmac.digest(one, text, algorithm)

    if not algorithms:
        return
    yield from made(right, [signed])
    if len(delivery.body) > _HUGE:
        return
    yield from made(other_keys(scheme, secrets), [signed])
    yield from made(right, contents(scheme, delivery, values))
    yield from _without_key(right[0][1], signed, algorithms)
    if len(delivery.body) <= LARGEST:
        yield from made(other_keys(scheme, secrets[:1]), likely(scheme, delivery, values))


def _without_key(secret: bytes, signed: Content, algorithms: Sequence[str]) -> Iterator[Attempt]:
    what, text = signed
    joined = ("the secret and the body", secret + text)
    turned = ("the body and the secret", text + secret)
    for algorithm, (name, over) in product(algorithms, ((what, text), joined, turned)):
        plain = hashlib.new(algorithm, over, usedforsecurity=False).digest()
        yield _RIGHT, name, f"{algorithm} without a key", plain


def _unmatched(
    scheme: SignatureScheme, delivery: Delivery, secret: str, found: Sequence[Written]
) -> str | None:
    """Say what can be said of a value that nothing explains."""
    good = _digest(scheme, delivery, secret)
    for short in (written.digest for written in found):
        if _SHORTEST_CUT <= len(short) < len(good) and good.startswith(short):
            return f"it is the right one, cut at {len(short)} of {len(good)} bytes"
    if any(_TOKEN.search(value) for value in delivery.values(scheme.header)):
        return "it is a JSON Web Token, not a digest"
    digests = [written for written in found if len(written.digest) in ALGORITHMS]
    if not digests:
        known = " or ".join(dict.fromkeys((scheme.encoding, "hex")))
        return f"it is no digest in {known}"
    written = next((w for w in digests if w.writing == scheme.encoding), digests[0])
    said = list(remarks(scheme, written))
    algorithm = f"hmac-{ALGORITHMS[len(written.digest)]}"
    if algorithm != scheme.algorithm:
        said.append(f"it is as long as {algorithm} makes it, not {scheme.algorithm}")
    if all(len(delivery.values(name)) == 1 for name in scheme.named_headers()):
        said.append(OTHER)  # otherwise nobody knows what it should have been made over
    return ", and ".join(said) or None
