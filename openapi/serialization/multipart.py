"""Multipart forms (RFC 7578): their parts as bytes and back."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

_BOUNDARY = "hookproof-form"
_VALID_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")


class MalformedMultipart(Exception):
    """Error: the bytes are no multipart form. The message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """Part of a multipart form."""

    name: str
    content: bytes
    file_name: str | None = None
    content_type: str | None = None


def boundary_for(parts: Sequence[Part]) -> str:
    """Return a boundary that no part contains; the same parts get the same one."""
    boundary = _BOUNDARY
    while any(boundary.encode() in part.content for part in parts):
        boundary += "-x"
    return boundary


def write_parts(parts: Sequence[Part], boundary: str) -> bytes:
    """Return the form of `parts`."""
    lines: list[bytes] = []
    for part in parts:
        named = f'name="{_quoted(part.name)}"'
        if part.file_name is not None:
            named += f'; filename="{_quoted(part.file_name)}"'
        lines += [f"--{boundary}".encode(), f"Content-Disposition: form-data; {named}".encode()]
        if part.content_type is not None:
            lines.append(f"Content-Type: {part.content_type}".encode())
        lines += [b"", part.content]
    return b"\r\n".join([*lines, f"--{boundary}--".encode(), b""])


def _quoted(text: str) -> str:
    """Return a name as browsers escape it (HTML, section 4.10.21.8)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def parse_parts(raw: bytes, boundary: str) -> tuple[list[Part], bool]:
    """Return the parts of a form, and whether it has its closing boundary.

    The text before the first boundary and after the closing one means nothing (RFC 2046, section
    5.1.1). Raise `MalformedMultipart`.
    """
    if not _VALID_BOUNDARY.fullmatch(boundary):
        raise MalformedMultipart(
            f"the boundary {boundary!r} is not 1 to 70 of the characters that RFC 2046 allows, "
            "with no space at the end"
        )
    raw = _without_padding(raw, boundary.encode())
    from python_multipart.exceptions import FormParserError  # noqa: PLC0415 - few contracts need it
    from python_multipart.multipart import MultipartParser, parse_options_header  # noqa: PLC0415

    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of malformed forms
    parts: list[Part] = []
    fields: dict[bytes, bytes] = {}
    content, name, value = bytearray(), bytearray(), bytearray()
    ended: list[bool] = []

    def begin() -> None:
        fields.clear()
        content.clear()

    def end_field() -> None:
        fields[bytes(name).lower()] = bytes(value)
        name.clear()
        value.clear()

    def end_part() -> None:
        _, options = parse_options_header(fields.get(b"content-disposition", b""))
        stated = fields.get(b"content-type")
        file_name = options.get(b"filename")
        parts.append(
            Part(
                options.get(b"name", b"").decode(errors="replace"),
                bytes(content),
                None if file_name is None else file_name.decode(errors="replace"),
                None if stated is None else stated.decode("latin-1"),
            )
        )

    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": begin,
            "on_part_data": lambda data, start, end: content.extend(data[start:end]),
            "on_part_end": end_part,
            "on_header_field": lambda data, start, end: name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: value.extend(data[start:end]),
            "on_header_end": end_field,
            "on_end": lambda: ended.append(True),
        },
    )
    try:
        parser.write(raw)
        parser.finalize()
    except FormParserError as error:
        raise MalformedMultipart(str(error)) from None
    if not parts and not ended:
        raise MalformedMultipart("it has no part")
    return parts, bool(ended)


def _without_padding(raw: bytes, boundary: bytes) -> bytes:
    """Return a form without its preamble, and without white space after its boundaries.

    RFC 2046 allows both, and `python_multipart` reads neither.
    """
    line = re.compile(rb"(\A|\r\n)(--%b(?:--)?)[ \t]*(?=\r\n|\Z)" % re.escape(boundary))
    first = line.search(raw)
    if first is None:
        raise MalformedMultipart(f"no line of it is the boundary --{boundary.decode()}")
    return line.sub(rb"\1\2", raw[first.start() :])
