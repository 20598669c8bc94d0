"""Multipart forms: any boundary, preamble, epilogue and padding of RFC 2046 is read."""

import pytest

from openapi.media_type import parse_media_type
from openapi.serialization.bodies import BodyReadings, FormField, MediaTypeSpec, read_body
from openapi.serialization.styles import ParameterStyle
from openapi.serialization.text_values import TextTypes

FIELDS = {"a": TextTypes(("string",)), "file": TextTypes(("string",), is_binary=True)}
SPEC = MediaTypeSpec(
    "multipart/form-data",
    "/it",
    None,
    "multipart/form-data",
    "multipart",
    fields={
        name: FormField(ParameterStyle(name, "query", "form"), t) for name, t in FIELDS.items()
    },
)
FILE = bytes(range(256)) + b"\r\n--\r\n--x--\r\n\r\n"
BOUNDARIES = [
    "y",
    "a b c",
    "----=_Part_0_1.2",
    "'()+_,-./:=?",
    "(0)",
    "gc0pJq0M:08jU534c0p",
    "0" * 70,
    f"{'.' * 34} {'?' * 35}",
]


def form(
    boundary: str, *, padding: str = "", preamble: bytes = b"", epilogue: bytes = b""
) -> bytes:
    """Return a form with the text `a` and the file `FILE`."""
    named = b'Content-Disposition: form-data; name="%b"'
    line, end = f"--{boundary}{padding}".encode(), f"--{boundary}--{padding}".encode()
    parts = [line, named % b"a", b"", b"1", line, named % b'file"; filename="f', b"", FILE, end]
    return preamble + b"\r\n".join(parts) + epilogue


def read(boundary: str, raw: bytes) -> BodyReadings:
    return read_body(SPEC, f'multipart/form-data; boundary="{boundary}"', raw)


def is_whole(found: BodyReadings) -> bool:
    wanted = {"a": "1", "file": FILE.decode(errors="surrogateescape")}
    return (found.problem, found.values, found.is_defined) == (None, (wanted,), True)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_any_boundary_of_rfc_2046_is_read(boundary: str) -> None:
    assert is_whole(read(boundary, form(boundary)))


@pytest.mark.parametrize("padding", ["", " ", "\t", " \t  "])
@pytest.mark.parametrize("preamble", [b"", b"\r\n", b"This is a form.\r\n", b"--a\r\n--a b\r\n"])
@pytest.mark.parametrize("epilogue", [b"", b"\r\n", b"\r\nThe end.\r\n--a b c\r\nlast"])
def test_padding_preamble_and_epilogue_mean_nothing(
    padding: str, preamble: bytes, epilogue: bytes
) -> None:
    raw = form("a b c", padding=padding, preamble=preamble, epilogue=epilogue)
    assert is_whole(read("a b c", raw))


@pytest.mark.parametrize(
    ("boundary", "raw", "problem"),
    [
        ("0" * 71, form("0" * 71), "is not 1 to 70 of the characters"),
        ("a ", form("a "), "with no space at the end"),
        ("a@b", form("a@b"), "the characters that RFC 2046 allows"),
        ("\u00e9", form("a"), "the characters that RFC 2046 allows"),
        ("a", form("b"), "no line of it is the boundary --a"),
        ("a", b"", "no line of it is the boundary --a"),
        ("a", form("a").replace(b"\r\n", b"\n"), "no line of it is the boundary --a"),
        ("a", b"--a\r\nno header\r\n\r\n1\r\n--a--", "invalid character"),
    ],
)
def test_a_malformed_form_has_a_clear_problem(boundary: str, raw: bytes, problem: str) -> None:
    found = read_body(SPEC, f'multipart/form-data; boundary="{boundary}"', raw or b"--")
    assert problem in str(found.problem)


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary", "multipart/form-data; boundary=a:b"],
)
def test_a_content_type_without_a_boundary_has_a_clear_problem(content_type: str) -> None:
    found = read_body(SPEC, content_type, form("a:b"))
    assert "boundary" in str(found.problem)


def test_a_form_without_its_end_is_not_defined() -> None:
    found = read("a b c", form("a b c").partition(b"\r\n--a b c--")[0])
    assert found.problem is None
    assert not found.is_defined


def test_the_boundary_of_a_content_type_may_be_quoted() -> None:
    stated = parse_media_type(b'multipart/form-data; charset=utf-8; boundary="a \\"b"')
    assert stated is not None
    assert stated.boundary == 'a "b'
