"""curl commands: quoting for the shell, and options that send exactly the given bytes. Pure.

The commands are ASCII. A word with other characters uses `$'...'`, which needs bash or zsh.
"""

import re
import shlex
from collections.abc import Sequence
from urllib.parse import quote

_SPECIAL_IN_QUOTES = re.compile(r'[$`"\\]')
_PLAIN_TARGET = re.compile(rb"/[A-Za-z0-9/._~%!$&'()*+,;=:@?|-]*")


def shell_quote(text: str | bytes) -> str:
    """Return `text` (a `str` as UTF-8, without NUL) quoted as one shell word."""
    raw = text.encode(errors="surrogateescape") if isinstance(text, str) else text
    if raw.isascii() and raw.decode("ascii").isprintable():
        return shlex.quote(raw.decode("ascii"))
    # All shells read three octal digits alike; escaping `!` prevents history expansion.
    plain = frozenset(range(0x20, 0x7F)) - frozenset(b"'\\!")
    return "$'" + "".join(chr(b) if b in plain else f"\\{b:03o}" for b in raw) + "'"


def curl_request(
    method: str, url: str, target: bytes, options: Sequence[str] = (), *, has_body: bool = False
) -> list[str]:
    """Return the command up to `target`, sent unchanged; `options` are shell words."""
    # With `-X HEAD`, curl would wait for a body.
    plain_head = method == "HEAD" and not has_body
    start = ["curl", "-I"] if plain_head else ["curl", "-i", "-X", shell_quote(method)]
    if _PLAIN_TARGET.fullmatch(target) and b"/." not in target and b"%2e" not in target.lower():
        return [" ".join([*start, *options, shell_quote(url.encode() + target)])]
    prefix = re.sub(r"^[a-z]+://[^/]*", "", url) if target.startswith(b"/") else ""
    exact = shell_quote(prefix.encode() + target)
    return [" ".join([*start, *options, shell_quote(url)]), f"--request-target {exact}"]


def header_option(name: str | bytes, value: str | bytes | None) -> str:
    """Return the option for a header; the value None removes curl's default header."""
    stated, text = (
        part.encode() if isinstance(part, str) else part or b"" for part in (name, value)
    )
    # `Name;` sends a header without a value, `Name:` removes one.
    return f"-H {shell_quote(stated + (b': ' + text if text else b':' if value is None else b';'))}"


def bearer_option(variable: str, scheme: str = "Bearer ") -> str:
    """Return the option for a credential in the shell variable `variable`."""
    return f'-H "Authorization: {scheme}${variable}"'


def escape_in_quotes(text: str) -> str:
    """Return `text` for double quotes of a shell, which then reads it unchanged."""
    return _SPECIAL_IN_QUOTES.sub(r"\\\g<0>", text)


def key_option(location: str, name: str, text: str) -> str:
    """Return the option for an API key in a header, the query or a cookie.

    `text` is shell text for double quotes, such as a variable.
    """
    if location == "query":
        return f'--url-query "{quote(name, safe="")}={text}"'
    quoted = escape_in_quotes(name)
    return f'-H "Cookie: {quoted}={text}"' if location == "cookie" else f'-H "{quoted}: {text}"'


def body_option(body: bytes) -> str | None:
    """Return the option for a body; None if it has a NUL, which no command line can carry."""
    return None if b"\0" in body else f"--data-raw {shell_quote(body)}"
