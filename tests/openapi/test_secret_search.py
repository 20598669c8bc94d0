"""Search for secrets: found in every encoding, and not in innocent text."""

import json
from collections.abc import Callable

import pytest
from support.encodings import ENCODINGS, base64_text

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
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_searched_grows_no_faster_than_the_text(name: str) -> None:
    once, more = (sum(map(len, decode_all(HOSTILE[name] * times))) for times in (1, 3))
    assert more <= 3 * once + 1000
    assert not SecretSearch([OPAQUE, *OTHERS]).find(HOSTILE[name])
