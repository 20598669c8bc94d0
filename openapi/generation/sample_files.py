"""Small valid files by media type: services often parse an image or document on receipt."""

import struct
import zlib
from collections.abc import Mapping


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png() -> bytes:
    """Return one white pixel (RFC 2083)."""
    header = _png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = _png_chunk(b"IDAT", zlib.compress(b"\0\xff"))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + _png_chunk(b"IEND", b"")


def _jpeg() -> bytes:
    """Return one gray pixel: a baseline image (ITU-T T.81) with one code in each table."""
    quantization = b"\xff\xdb\0\x43\0" + b"\x01" * 64
    frame = b"\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0"
    tables = b"".join(
        b"\xff\xc4\0\x14" + kind + b"\x01" + bytes(15) + b"\0" for kind in (b"\0", b"\x10")
    )
    scan = b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" + b"\x3f"  # two codes of one bit, then ones
    application = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    return b"\xff\xd8" + application + quantization + frame + tables + scan + b"\xff\xd9"


def _gif() -> bytes:
    """Return one white pixel (GIF87a)."""
    screen = b"GIF87a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0"
    return screen + b",\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"


def _pdf() -> bytes:
    """Return one empty page (ISO 32000-1)."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Resources<<>>>>",
    )
    text = b"%PDF-1.4\n"
    entries = [b"0000000000 65535 f \n"]
    for number, content in enumerate(objects, 1):
        entries.append(b"%010d 00000 n \n" % len(text))
        text += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"xref\n0 %d\n%b" % (len(entries), b"".join(entries))
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\n" % len(entries)
    return text + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(text)


SAMPLE_FILES: Mapping[str, bytes] = {
    "image/png": _png(),
    "image/jpeg": _jpeg(),
    "image/gif": _gif(),
    "application/pdf": _pdf(),
}
"""Media type -> smallest useful file of it."""
