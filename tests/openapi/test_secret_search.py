"""Search for secrets: found in every encoding, and not in innocent text."""

import json
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from support.encodings import ENCODINGS, base64_text, grouped

from openapi.redaction import REDACTED, Redaction
from openapi.redaction.decoding import decode_all
from openapi.redaction.search import SecretSearch

HEADER = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
JWT = f"{HEADER}.eyJzdWIiOiJrbm93biJ9.c2lnbmF0dXJlLW9mLXRoZS1rbm93bg"
OTHER_JWT = f"{HEADER}.eyJzdWIiOiJrbm93biJ9.YW5vdGhlci1zaWduYXR1cmUtZW50aXJlbHk"
OPAQUE = "prv_4fKq81zLxT0bNw7sVdYh2mCj"
OTHERS = [f"prv_{number:024}" for number in range(300)]

SURROUNDINGS: dict[str, Callable[[str], str]] = {
    "alone": str,
    "in a sentence": lambda text: f"the token is {text} in this line",
    "in JSON": lambda text: json.dumps({"message": f"the token {text}", "n": [1, 2]}),
    "as it is in JSON": lambda text: f'{{"message": "{text}"}}',
}


@pytest.mark.parametrize("secret", [JWT, OPAQUE])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("surrounding", SURROUNDINGS)
def test_finds_and_redacts_a_secret_in_any_encoding(
    encoding: str, surrounding: str, secret: str
) -> None:
    text = SURROUNDINGS[surrounding](ENCODINGS[encoding](secret))
    search = SecretSearch([secret, *OTHERS])
    assert search.find(text.encode()) == {secret}
    assert not search.find(Redaction([secret, *OTHERS])(text).encode())


@pytest.mark.parametrize("secret", ["password", "test-token", "valid token with permission"])
@pytest.mark.parametrize(
    "text",
    [
        "Password must have 12 characters; pass a word",
        "the test token is expired",
        '{"error": "Valid-Token-With-Permission required", "valid": true}',
        "nekot-tset drowssap",
    ],
)
def test_words_are_no_secrets(secret: str, text: str) -> None:
    assert not SecretSearch([secret]).find(text.encode())


@pytest.mark.parametrize("secret", ["1234567", "00000000000000000000", JWT, OPAQUE])
def test_finds_nothing_in_innocent_text(secret: str) -> None:
    other = json.dumps({"id": 12345670, "token": OTHER_JWT, "zeros": "0 0 0 0 0 0 0 0 0 0 0 0 0"})
    for text in (other, base64_text(other), "prv_", "prv 4fKq 81zL", other * 50):
        assert not SecretSearch([secret]).find(text.encode())
        assert Redaction([secret])("a body of no interest") == "a body of no interest"


@pytest.mark.parametrize("secret", ["hunter22", "s3cret-8"])
def test_finds_a_short_secret_as_it_is_or_encoded(secret: str) -> None:
    for text in (secret, base64_text(f"user: {secret}"), secret.encode().hex()):
        assert SecretSearch([secret]).find(f'{{"x": "{text}"}}'.encode()) == {secret}
    assert not SecretSearch([secret]).find(secret.upper().encode())


SEPARATORS = [" ", "-", ".", ":", "_", "\n", "\r\n", "\u200b", "\ufeff", "\u0301", " - ", "\u00a0"]


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize(
    ("secret", "sizes"),
    [
        ("hunter22", (1, 2, 3, 4)),
        ("s3cret-8", (1, 2, 3, 4)),
        ("1234567890123456", (1, 4)),
        ("password", (1,)),
        ("test-token", (1,)),
        ("valid token with permission", (1,)),
    ],
)
def test_finds_a_short_secret_or_one_of_words_with_separators(
    separator: str, secret: str, sizes: tuple[int, ...]
) -> None:
    for size in sizes:
        written = grouped(secret, size, separator)
        for text in (f"the key is {written}.", json.dumps({"key": written})):
            assert SecretSearch([secret]).find(text.encode()) == {secret}
            assert not SecretSearch([secret]).find(Redaction([secret])(text).encode())


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("secret", ["p\u00e4ssw\u00f6rt", "cl\u00e9-\ufb01n-4fKq81zLxT0bNw7sVdYh"])
def test_finds_a_secret_with_other_letters_in_each_normal_form(secret: str, form: Any) -> None:
    text = unicodedata.normalize(form, f"it is {secret}.")
    assert SecretSearch([secret]).find(text.encode()) == {secret}
    assert not SecretSearch([secret]).find(Redaction([secret])(text).encode())


@pytest.mark.parametrize(
    "text",
    [
        "1 2 3 4 5 6 7 8 9",
        "2026-01-02T03:04:05.678Z",
        "[1, 2, 3, 4]",
        "a b c d e f g h",
        "\u00e9" * 99,
    ],
)
def test_separators_find_nothing_in_innocent_text(text: str) -> None:
    for secret in ("hunter22", "password", "00000000", "aaaaaaaa", "12121212"):
        assert not SecretSearch([secret]).find(text.encode())


def test_redacts_the_whole_text_if_a_forged_token_shows_most_of_a_secret() -> None:
    forged = f"{JWT[:-1]}h"
    assert Redaction([JWT])(base64_text(base64_text(forged))) == REDACTED
    assert not SecretSearch([JWT]).find(forged.encode())


HOSTILE = {
    "digits": b"&#" + b"9" * 60000,
    "references": b"&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" * 2000,
    "backslashes": b"\\" * 60000,
    "numbers": (b"1" + b" " * 1000) * 60,
    "ends of a token": JWT[-30:].encode() * 2000,
    "letters": b"a" * 60000,
    "encodings": b"%25" * 20000,
    "spelled": b"a " * 30000,
    "separators": b"a- _" * 15000,
    "marks": "a\u0301".encode() * 20000,
    "ligatures": "\ufdfa\ufb03".encode() * 10000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_searched_grows_no_faster_than_the_text(name: str) -> None:
    once, more = (sum(map(len, decode_all(HOSTILE[name] * times))) for times in (1, 3))
    assert more <= 3 * once + 1000
    assert not SecretSearch([OPAQUE, *OTHERS]).find(HOSTILE[name])
