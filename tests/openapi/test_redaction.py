"""Redaction of secrets in plain, cut and encoded form."""

import base64

import pytest

from openapi.redaction import Redaction
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
