"""Why a signature is not the right one, found by trying what senders get wrong.

A digest tells its algorithm by its length. So what is left to try is what was signed, under the
secret, and, for the likeliest contents, under what else the secret may have been made into.
No sentence holds the secret or a signature.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from itertools import product

from openapi.signature import SignatureScheme
from webhook_sink.delivery import Delivery
from webhook_sink.signature_values import ALGORITHMS, Written, read, remarks
from webhook_sink.signed_contents import LARGEST, Content, contents, dated, edges

Attempt = tuple[str, str, str, bytes]
"""Key, content and algorithm by name, and the digest that they make."""
_RIGHT = ""
"""The name of the right key and of the right content: there is nothing to say of them."""
OTHER = "it is made with another secret, or over other bytes"
_SHORTEST_CUT = 10
SHORTEST_SECRET = 8
"""A shorter one would be taken out of words that hold it by chance."""


def explain(scheme: SignatureScheme, delivery: Delivery, secret: str) -> str | None:
    """Say in one short sentence why `delivery` has no good signature, or None where it is unclear.

    To be asked only where it has none. The text begins in lower case and has no full stop.
    """
    text = _explanation(scheme, delivery, secret)
    if text is None or len(secret) < SHORTEST_SECRET:
        return text
    # Names and prefixes are the sender's, who may write anything there.
    return re.sub(re.escape(ascii(secret)[1:-1]), "[secret]", text, flags=re.IGNORECASE)


def _explanation(scheme: SignatureScheme, delivery: Delivery, secret: str) -> str | None:
    values = list(delivery.values(scheme.header))
    if not values:
        return _elsewhere(scheme, delivery, secret)
    if delivery.truncated:
        return None
    if len(values) > 1:
        good = _digest(scheme, delivery, secret)
        right = any(hmac.compare_digest(w.digest, good) for value in values for w in read(value))
        return "one of them is right" if right else "none of them is right"
    if not values[0].strip():
        return "it is empty"
    found = [written for written in read(values[0]) if len(written.digest) in ALGORITHMS]
    return _matched(scheme, delivery, secret, found) or _unmatched(scheme, delivery, secret, found)


def _elsewhere(scheme: SignatureScheme, delivery: Delivery, secret: str) -> str | None:
    """Look for the signature in headers of other names."""
    good = _digest(scheme, delivery, secret)
    for name, value in delivery.headers:
        found = [] if delivery.truncated else read(value)
        if any(hmac.compare_digest(written.digest, good) for written in found):
            return f"{_shown(name)} has it: the header has another name"
    for name, _ in delivery.headers:
        if b"signature" in name.lower():
            return f"{_shown(name)} looks like one, under another name"
    return None


def _shown(name: bytes) -> str:
    return ascii(name[:60].decode("latin-1"))


def _digest(scheme: SignatureScheme, delivery: Delivery, secret: str) -> bytes:
    key = secret.encode(errors="surrogateescape")
    return hmac.digest(key, delivery.body, scheme.algorithm.removeprefix("hmac-"))


def _matched(
    scheme: SignatureScheme, delivery: Delivery, secret: str, found: list[Written]
) -> str | None:
    """Return what is different about the first digest of `found` that could be made again."""
    algorithms = {ALGORITHMS[len(written.digest)] for written in found}
    for key, content, algorithm, digest in _attempts(scheme, delivery, secret, algorithms):
        for written in found:
            if hmac.compare_digest(written.digest, digest):
                said = list(remarks(scheme, written))
                if algorithm != scheme.algorithm:
                    said.append(f"it is made with {algorithm}, not {scheme.algorithm}")
                said += [f"its key is {key}"] * bool(key)
                said += [f"it is made over {content}"] * bool(content)
                return ", and ".join(said)
    return None


def _attempts(
    scheme: SignatureScheme, delivery: Delivery, secret: str, algorithms: Iterable[str]
) -> Iterator[Attempt]:
    """Yield what a sender may have done, likely mistakes first."""
    values = list(delivery.values(scheme.header))
    right = secret.encode(errors="surrogateescape")
    raw, key = (_RIGHT, delivery.body), (_RIGHT, right)

    def made(keys: Iterable[Content], over: Iterable[Content]) -> Iterator[Attempt]:
        tried = tuple(keys)
        for what, content in over:
            for algorithm, (which, one) in product(algorithms, tried):
                yield which, what, f"hmac-{algorithm}", hmac.digest(one, content, algorithm)

    yield from made([key], [raw])
    yield from made(_keys(secret), [raw])
    yield from made([key], contents(delivery, values))
    joined = ("the secret and the body", right + delivery.body)
    turned = ("the body and the secret", delivery.body + right)
    for algorithm, (what, content) in product(algorithms, (raw, joined, turned)):
        plain = hashlib.new(algorithm, content, usedforsecurity=False).digest()
        yield _RIGHT, what, f"{algorithm} without a key", plain
    if len(delivery.body) <= LARGEST:
        yield from made(_keys(secret), [*dated(delivery, values), *edges(delivery.body)])


def _keys(secret: str) -> Iterator[Content]:
    """Yield what a sender may have made of the secret."""
    raw = secret.encode(errors="surrogateescape")
    yield "the secret with a newline at its end", raw + b"\n"
    yield "the secret with a line break (CR LF) at its end", raw + b"\r\n"
    yield "the secret without the white space around it", raw.strip()
    bare = raw.strip()
    for start in {bare, re.sub(rb"^[a-z]{1,8}_", b"", bare)}:
        if start != bare:
            yield "the secret without the letters before its first _", start
        text = start.translate(bytes.maketrans(b"-_", b"+/"))
        try:
            decoded = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
            yield "the secret decoded from base64", decoded
        except (binascii.Error, ValueError):
            pass
        if re.fullmatch(rb"(?:[0-9a-fA-F]{2})+", start):
            yield "the secret decoded from hex", bytes.fromhex(start.decode())
    yield "the secret in base64", base64.b64encode(raw)
    yield "the secret in hex", raw.hex().encode()
    yield "the SHA-256 of the secret", hashlib.sha256(raw).digest()
    yield "the SHA-256 of the secret in hex", hashlib.sha256(raw).hexdigest().encode()
    yield "the secret in UTF-16", secret.encode("utf-16-le", "surrogatepass")
    yield "the secret in quotes", b'"' + raw + b'"'
    yield "the secret in lower case", raw.lower()
    yield "the secret in capitals", raw.upper()
    yield "empty", b""


def _unmatched(
    scheme: SignatureScheme, delivery: Delivery, secret: str, found: list[Written]
) -> str:
    """Say what can be said of a value that nothing explains."""
    (value,) = delivery.values(scheme.header)
    good = _digest(scheme, delivery, secret)
    for written in read(value):
        short = written.digest
        if _SHORTEST_CUT <= len(short) < len(good) and good.startswith(short):
            return f"it is the right one, cut at {len(short)} of {len(good)} bytes"
    if not found:
        known = " or ".join(dict.fromkeys((scheme.encoding, "hex")))
        return f"it is no digest in {known}"
    written = next((w for w in found if w.writing == scheme.encoding), found[0])
    said = list(remarks(scheme, written))
    algorithm = f"hmac-{ALGORITHMS[len(written.digest)]}"
    if algorithm != scheme.algorithm:
        said.append(f"it is as long as {algorithm} makes it, not {scheme.algorithm}")
    return ", and ".join([*said, OTHER])
