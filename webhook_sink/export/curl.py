"""A delivery as a `curl` command that sends the same bytes again. Pure.

The command is ASCII and for any shell that knows `$'...'`, such as bash and zsh.
"""

import base64
import re
import shlex

from webhook_sink.delivery import Delivery
from webhook_sink.end_to_end_headers import copy_limitations, end_to_end_headers, has_body

_MAX_INLINE_BYTES = 4000
"""Bytes of a body that the command line itself carries; terminals take no much longer lines."""
_MAX_HEREDOC_BYTES = 64 * 1024
"""Bytes of a body that stand below the command, as base64."""
_EXPECT_CONTINUE_BYTES = 1024 * 1024
"""Bytes of a body above which curl asks first whether it may send it."""
_CURL_DEFAULT_HEADERS = (b"User-Agent", b"Accept")
"""Headers that curl adds to every request, unless told otherwise."""
_PLAIN_TARGET = re.compile(r"/[A-Za-z0-9/._~%!$&'()*+,;=:@?|-]*")
_UNSENDABLE = re.compile(rb"[\0\r\n]")


def curl_command(delivery: Delivery, url: str, fetch_command: str) -> str:
    """Return the command; `url` is scheme, host and port, and a prefix of the path, if any.

    `fetched` is a command that writes the body, for one that is too long to stand in a text.
    """
    feed, data, end = _body(delivery, fetch_command)
    lines = [*_request(delivery, url), *_headers(delivery), *data]
    lines[0] = feed + lines[0]
    comments = "".join(
        f"# {remark}\n" for remark in (*copy_limitations(delivery), *_lost_parts(delivery))
    )
    return comments + " \\\n  ".join(lines) + "\n" + end


def shell_quote(text: bytes) -> str:
    """Return bytes without NUL as one word of a shell."""
    if text.isascii() and text.decode("ascii").isprintable():
        return shlex.quote(text.decode("ascii"))
    return "$'" + "".join(map(_escape_byte, text)) + "'"


def _escape_byte(byte: int) -> str:
    # Three octal digits mean the same to every shell, and an interactive one expands no history.
    plain = 0x20 <= byte < 0x7F and byte not in b"'\\!"
    return chr(byte) if plain else f"\\{byte:03o}"


def _request(delivery: Delivery, url: str) -> list[str]:
    method, target = delivery.method, delivery.target.replace("\0", "%00")
    # Asked for HEAD with -X, curl would wait for a body.
    plain_head = method == "HEAD" and not has_body(delivery)
    lines = ["curl -I" if plain_head else f"curl -i -X {shell_quote(method.encode('latin-1'))}"]
    if delivery.version == "1.0":
        lines[0] += " --http1.0"
    dots = "/." in target or "%2e" in target.lower()
    if _PLAIN_TARGET.fullmatch(target) and not dots:
        return [f"{lines[0]} {shell_quote((url + target).encode('latin-1'))}"]
    prefix = re.sub(r"^[a-z]+://[^/]*", "", url) if target.startswith("/") else ""
    exact = shell_quote((prefix + target).encode("latin-1"))
    return [f"{lines[0]} {shlex.quote(url)}", f"--request-target {exact}"]


def _headers(delivery: Delivery) -> list[str]:
    """Return the options for the headers; what curl would add by itself is left out."""
    pairs = [
        pair for pair in end_to_end_headers(delivery) if not _UNSENDABLE.search(b"".join(pair))
    ]
    # Of a header without a value curl is told by a semicolon; a colon leaves the header out.
    stated = [name + (b": " + value if value else b";") for name, value in pairs]
    known = {name.lower() for name, _ in pairs}
    added = [*_CURL_DEFAULT_HEADERS]
    if has_body(delivery):
        added.append(b"Content-Type")
    if len(delivery.body) > _EXPECT_CONTINUE_BYTES:
        added.append(b"Expect")
    stated += [name + b":" for name in added if name.lower() not in known]
    return [f"-H {shell_quote(header)}" for header in stated]


def _body(delivery: Delivery, fetch_command: str) -> tuple[str, list[str], str]:
    """Return what stands before the command, its options, and what stands below it."""
    body = delivery.body
    if not has_body(delivery):
        return "", [], ""
    if len(body) > _MAX_HEREDOC_BYTES:
        return f"{fetch_command} | ", ["--data-binary @-"], ""
    word = b"\0" not in body and shell_quote(body)
    if word and len(word) <= _MAX_INLINE_BYTES:
        return "", [f"--data-raw {word}"], ""
    text = base64.encodebytes(body).decode("ascii")
    return "base64 -d <<'END' | ", ["--data-binary @-"], f"{text}END\n"


def _lost_parts(delivery: Delivery) -> list[str]:
    lost_names = [
        name for name, value in end_to_end_headers(delivery) if _UNSENDABLE.search(name + value)
    ]
    found = [f"the header {name.decode('latin-1')!a} is left out" for name in lost_names]
    if "\0" in delivery.target:
        found.append("a NUL in the target is written %00")
    return found
