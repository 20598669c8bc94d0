"""Redaction of secrets in plain, cut and encoded form."""

import base64
import re
from urllib.parse import quote

import pytest

from openapi.redaction import REDACTED, Redaction
from openapi.redaction.credential_headers import header_credentials

HEADER = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
KNOWN = f"{HEADER}.eyJzdWIiOiJrbm93biJ9.c2lnbmF0dXJlLW9mLXRoZS1rbm93bg"
OTHER = f"{HEADER}.eyJzdWIiOiJvdGhlciJ9.c2lnbmF0dXJlLW9mLXRoZS1vdGhlcg"


@pytest.mark.parametrize("secrets", [[], [KNOWN], [KNOWN, "short", "a-secret-of-some-length"]])
def test_redacts_a_whole_token_that_begins_like_a_known_one(secrets: list[str]) -> None:
    text = f'"{OTHER}", {KNOWN}; {OTHER}'
    assert Redaction(secrets, jwt=True)(text) == '"[secret]", [secret]; [secret]'


def test_redacts_only_known_secrets_without_the_jwt_rule() -> None:
    assert Redaction([])(OTHER) == OTHER
    assert Redaction([KNOWN])(f"{KNOWN} and more") == "[secret] and more"


@pytest.mark.parametrize("cut", [16, 20, 40])
def test_redacts_the_beginning_of_a_secret(cut: int) -> None:
    assert Redaction([KNOWN])(f"<{KNOWN[:cut]}") == "<[secret]"


UNRELATED = (
    "the personal access token of an admin; PersonalAccessTokenRequest",
    "POST /v3/personal-access-tokens got 201 for personalAccessToken.created",
    "an administrator reads tokens, X and Y; 6162 and 78 are numbers",
    base64.b64encode(b"the personal access token of an administrator").decode(),
    quote("the personal access token of an administrator"),
)
WORDS = (
    "personal access token secret",
    "personal-access-token with words only",
    "personalAccessToken.wordsOfThePayload.andOfTheSignature",
    "personal access token 4f9a8b7c6d5e",
    "token-with-word admin2",
    "adm",
    "ab",
    "x",
)
"""Secrets with words, and secrets so short that other words contain them."""


@pytest.mark.parametrize("secret", WORDS)
def test_words_of_a_secret_stay_readable_in_other_text(secret: str) -> None:
    redact = Redaction([secret])
    for text in UNRELATED:
        assert redact(text) == text


@pytest.mark.parametrize("secret", ["admin", "password", *WORDS[:5]])
def test_a_secret_of_words_is_redacted_in_each_encoding(secret: str) -> None:
    redact, raw = Redaction([secret]), secret.encode()
    forms = (
        secret,
        quote(secret, safe=""),
        raw.hex(),
        raw.hex().upper(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    )
    for form in forms:
        told = redact(f'the value "{form}" is wrong')
        assert re.fullmatch(r'the value "\[secret\][\w=]{0,4}" is wrong|\[secret\]', told), told


def test_the_beginning_of_a_secret_counts_from_its_first_part_that_is_no_word() -> None:
    redact = Redaction(["personal-access-token-4f9a8b7c6d5e"])
    assert redact("personal-access-token-s") == "personal-access-token-s"
    assert redact("(personal-access-token-4f9a)") == f"({REDACTED})"


@pytest.mark.parametrize("ellipsis", ["...", "\u2026"])
def test_a_cut_secret_of_words_is_redacted(ellipsis: str) -> None:
    told = Redaction(["correct horse battery staple"])(f'"correct horse battery{ellipsis}')
    assert told == f'"{REDACTED}{ellipsis}'


def test_redacts_encoded_secrets() -> None:
    secret = "a secret/of some length"
    forms = [secret, secret.encode().hex(), "a%20secret%2Fof%20some%20length"]
    for form in forms:
        assert Redaction([secret])(f"({form})") == "([secret])"
    based = base64.b64encode(secret.encode()).decode()
    assert based[:20] not in Redaction([secret])(based)


@pytest.mark.parametrize(
    ("name", "value", "credentials"),
    [
        ("Authorization", "Bearer opaque-token", ["opaque-token"]),
        ("authorization", "opaque-token", ["opaque-token"]),
        ("Proxy-Authorization", "Basic YWRhOm9wZW4tc2VzYW1l",
         ["YWRhOm9wZW4tc2VzYW1l", "ada:open-sesame", "open-sesame"]),
        ("Authorization", "Basic not-in-base64", ["not-in-base64"]),
        ("X-Api-Key", "key of the gateway", ["key of the gateway"]),
        ("x-auth", "opaque-token", ["opaque-token"]),
        ("Cookie", 'lang=de; sid="of-the-session"; bare-value', ["of-the-session", "bare-value"]),
        ("X-Api-Key", "short", []),
        ("Accept", "application/json", []),
        ("Accept-Language", "german-de", []),
        ("X-Author", "Ada Lovelace", []),
        ("Idempotency-Key", "key-of-the-request", []),
    ],
)  # fmt: skip
def test_takes_credentials_only_from_headers_that_carry_one(
    name: str, value: str, credentials: list[str]
) -> None:
    assert [*header_credentials([(name, value)])] == credentials
