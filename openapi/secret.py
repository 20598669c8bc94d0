"""From the secret of webhooks, as people hand it on, to the bytes of a key."""

import base64
import binascii
from collections.abc import Callable, Mapping

_DECODERS: Mapping[str, Callable[[str], bytes]] = {
    "base64": lambda text: base64.b64decode(text, validate=True),
    "hex": bytes.fromhex,
}


def key(form: str, prefix: str, secret: str) -> bytes:
    """Return the key: the whole secret as UTF-8, or what is decoded of the text after `prefix`.

    Total: a secret that cannot be decoded counts as UTF-8. `problem` says so beforehand.
    """
    decoded = _decoded(form, prefix, secret)
    return secret.encode(errors="surrogateescape") if decoded is None else decoded


def problem(form: str, prefix: str, secret: str) -> str | None:
    """Say what is wrong with `secret` as a key, without repeating it; None if nothing is."""
    if form == "utf-8" or _decoded(form, prefix, secret):
        return None
    after = f"{prefix!r} and after it " if prefix else ""
    return f"the webhook secret is not what this contract signs with: {after}a key in {form}"


def _decoded(form: str, prefix: str, secret: str) -> bytes | None:
    decode = _DECODERS.get(form)
    if decode is None or not secret.startswith(prefix):
        return None
    try:
        return decode(secret.removeprefix(prefix))
    except (binascii.Error, ValueError):
        return None
