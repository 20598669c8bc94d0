"""Files of known types: small, valid, and sent where the contract leaves the content open."""

import json
import re
import struct
import zlib
from typing import Any

import pytest

from openapi.contract import Contract
from openapi.generation.sample_files import SAMPLE_FILES
from openapi.loading.loader import parse_contract
from openapi.requests.examples import example_body
from openapi.serialization.bodies import write_body

FORM = "multipart/form-data"


def upload(schema: dict[str, Any], encoding: str = "", **media: Any) -> Contract:
    form = {"type": "object", "required": ["file"], "properties": {"file": schema}}
    stated = {
        "schema": form,
        **({"encoding": {"file": {"contentType": encoding}}} if encoding else {}),
    }
    operation = {
        "requestBody": {"content": {FORM: {**stated, **media}}},
        "responses": {"200": {"description": "fine"}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}}
    return parse_contract("a.json", json.dumps({**document, "paths": {"/a": {"post": operation}}}))


def sent(contract: Contract) -> bytes:
    spec = contract.operations[0].content[FORM]
    return write_body(spec, example_body(contract, spec))[1]


@pytest.mark.parametrize("media_type", SAMPLE_FILES)
def test_a_file_of_a_known_type_is_sent_with_its_type(media_type: str) -> None:
    file = b"Content-Type: %b\r\n\r\n%b\r\n--" % (media_type.encode(), SAMPLE_FILES[media_type])
    binary = {"type": "string", "format": "binary"}
    assert file in sent(upload({"type": "string", "contentMediaType": media_type}))
    assert file in sent(upload(binary, media_type))
    assert file in sent(upload({"type": "array", "minItems": 1, "items": binary}, media_type))


@pytest.mark.parametrize(
    "contract",
    [
        upload({"type": "string", "contentMediaType": "image/png", "examples": ["mine"]}),
        upload({"type": "string", "format": "binary", "const": "mine"}, "image/png"),
        upload({"type": "string", "format": "binary"}, "image/png", example={"file": "mine"}),
    ],
)
def test_a_stated_content_is_sent_as_it_is(contract: Contract) -> None:
    assert b"Content-Type: image/png\r\n\r\nmine\r\n--" in sent(contract)


def test_the_png_has_whole_chunks() -> None:
    raw = SAMPLE_FILES["image/png"]
    assert raw.startswith(b"\x89PNG\r\n\x1a\n")
    place, kinds = 8, []
    while place < len(raw):
        (length,) = struct.unpack_from(">I", raw, place)
        chunk = raw[place + 4 : place + 8 + length]
        assert struct.unpack_from(">I", raw, place + 8 + length) == (zlib.crc32(chunk),)
        kinds.append(chunk[:4])
        place += 12 + length
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def test_the_jpeg_has_whole_segments() -> None:
    raw = SAMPLE_FILES["image/jpeg"]
    assert raw.startswith(b"\xff\xd8")
    assert raw.endswith(b"\xff\xd9")
    place = 2
    while raw[place : place + 2] != b"\xff\xda":
        assert raw[place] == 0xFF
        place += 2 + struct.unpack_from(">H", raw, place + 2)[0]


def test_the_table_of_the_pdf_leads_to_its_objects() -> None:
    raw = SAMPLE_FILES["application/pdf"]
    table = int(raw.split(b"startxref\n")[1].split()[0])
    assert raw[table:].startswith(b"xref\n0 4\n")
    places = [int(found) for found in re.findall(rb"(\d{10}) 00000 n ", raw)]
    assert [raw[place:][:7] for place in places] == [b"1 0 obj", b"2 0 obj", b"3 0 obj"]
