"""Security of operations: kinds of schemes, alternatives, defaults, references."""

from typing import Any

import pytest
from support.processes import TESTS

from openapi.curl import key_option
from openapi.loading.loader import load_contract, parse_contract
from openapi.security import (
    check_credentials,
    credential_cause,
    is_credential,
    secret_texts,
    security_alternatives,
    security_schemes,
)

FLOWS: dict[str, Any] = {"implicit": {"authorizationUrl": "https://example.com", "scopes": {}}}
SCHEMES: dict[str, tuple[dict[str, Any], tuple[str, str, str]]] = {
    "bearer": ({"type": "http", "scheme": "Bearer"}, ("bearer", "header", "Authorization")),
    "oauth2": ({"type": "oauth2", "flows": FLOWS}, ("bearer", "header", "Authorization")),
    "oidc": (
        {"type": "openIdConnect", "openIdConnectUrl": "https://example.com"},
        ("bearer", "header", "Authorization"),
    ),
    "basic": ({"type": "http", "scheme": "basic"}, ("basic", "header", "Authorization")),
    "header": ({"type": "apiKey", "in": "header", "name": "X-Key"}, ("api-key", "header", "X-Key")),
    "query": ({"type": "apiKey", "in": "query", "name": "key"}, ("api-key", "query", "key")),
    "cookie": ({"type": "apiKey", "in": "cookie", "name": "key"}, ("api-key", "cookie", "key")),
    "mutual": ({"type": "mutualTLS"}, ("unsupported", "header", "Authorization")),
    "digest": ({"type": "http", "scheme": "digest"}, ("unsupported", "header", "Authorization")),
    "seal": (
        {"type": "apiKey", "in": "header", "name": "X-Seal", "x-hookproof-signature": {}},
        ("unsupported", "header", "X-Seal"),
    ),
    "reference": (
        {"$ref": "#/components/securitySchemes/query"},
        ("api-key", "query", "key"),
    ),
    "circle": (
        {"$ref": "#/components/securitySchemes/circle"},
        ("unsupported", "header", "Authorization"),
    ),
    "nameless": (
        {"type": "apiKey", "in": "query"},
        ("unsupported", "header", "Authorization"),
    ),
}
DOCUMENT: dict[str, Any] = {
    "security": [{"header": []}],
    "components": {"securitySchemes": {name: stated for name, (stated, _) in SCHEMES.items()}},
}


@pytest.mark.parametrize("name", SCHEMES)
def test_reads_each_kind_of_scheme(name: str) -> None:
    (scheme,) = (one for one in security_schemes(DOCUMENT) if one.name == name)
    assert (scheme.kind, scheme.location, scheme.parameter) == SCHEMES[name][1]


def test_reads_alternatives_and_their_schemes() -> None:
    operation = {"security": [{"oauth2": ["a", "b"], "query": []}, {}, {"lost": []}]}
    together, anonymous, lost = security_alternatives(DOCUMENT, operation)
    assert [(one.scheme.name, one.scopes) for one in together] == [
        ("oauth2", ("a", "b")),
        ("query", ()),
    ]
    assert anonymous == ()
    assert [(one.scheme.kind, one.scheme.stated) for one in lost] == [
        ("unsupported", "not declared")
    ]


def test_the_security_of_the_document_is_the_default_and_an_empty_list_is_public() -> None:
    (default,) = security_alternatives(DOCUMENT, {})
    assert [one.scheme.name for one in default] == ["header"]
    assert security_alternatives(DOCUMENT, {"security": []}) == ()
    assert security_alternatives({}, {}) == ()


def test_operations_say_whether_they_need_a_credential() -> None:
    contract = load_contract(TESTS / "data" / "turnstiles.yaml")
    free = {operation.id for operation in contract.operations if operation.allows_anonymous}
    assert free == {"byChoice", "byAnyone"}
    assert contract.operation("byToken").permissions == ("visits:read",)
    assert contract.operation("byHeader").permissions == ()
    assert contract.operation("byHeader").scheme == "HeaderKey"
    assert contract.operation("byAnyone").scheme is None
    (shipped,) = load_contract().operations
    assert (shipped.scheme, shipped.permissions) == ("JWT", ("personalAccessToken:write",))


def test_a_parameter_that_is_the_credential_is_none_of_the_operation() -> None:
    text = (TESTS / "data" / "turnstiles.yaml").read_text(encoding="utf-8")
    named = """
      parameters:
        - {name: x-gate-key, in: header, schema: {type: string}}
        - {name: X-Other, in: header, schema: {type: string}}"""
    contract = parse_contract(
        "x.yaml", text.replace("operationId: byHeader", "operationId: byHeader" + named)
    )
    assert [p.name for p in contract.operation("byHeader").parameters] == ["X-Other"]
    query = security_alternatives(DOCUMENT, {"security": [{"query": []}]})
    assert is_credential(query, "query", "key")
    assert not is_credential(query, "query", "Key")


@pytest.mark.parametrize(
    "stated",
    [
        {"type": "http"},
        {"type": "apiKey", "in": "query"},
        {"type": "apiKey", "in": "body", "name": "x"},
        {"type": "password"},
    ],
)
def test_an_incomplete_scheme_is_not_supported(stated: dict[str, str]) -> None:
    document = {"components": {"securitySchemes": {"it": stated}}}
    (scheme,) = security_schemes(document)
    assert scheme.kind == "unsupported"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("heder", "x"), "the contract has no security scheme 'heder'; did you mean 'header'?"),
        (("unlike", "x"), "no security scheme 'unlike'; known are bearer, oauth2, "),
        (("basic", "secret"), "the credential for basic has no colon: write USER:PASSWORD"),
        (("header", "secr\u00e9t"), "the credential for header has characters that a header"),
        (("cookie", "secret;"), "the credential for cookie has a space, quote, comma, semicolon"),
        (("mutual", "secret"), "does not support the scheme (mutualTLS)"),
    ],
)
def test_rejects_a_credential_that_no_request_can_carry(
    given: tuple[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=r"credential|security scheme") as caught:
        check_credentials(DOCUMENT, [("basic", "user:p\u00e4ss"), ("query", "k\u00e9y"), given])
    assert message in str(caught.value)
    assert "secr" not in str(caught.value)


def test_a_password_is_a_secret_with_and_without_its_user() -> None:
    assert secret_texts("key") == ("key",)
    assert secret_texts("me:long-password") == (
        "me:long-password",
        "bWU6bG9uZy1wYXNzd29yZA==",
        "long-password",
    )
    assert secret_texts("me:short") == ("me:short", "bWU6c2hvcnQ=")


def test_a_rejected_credential_is_401_or_403_where_only_that_is_documented() -> None:
    both: dict[str, Any] = {"401": {}, "403": {}, "200": {}}
    causes = {status: credential_cause(status, both) for status in both}
    assert causes == {"401": "invalid-credential", "403": "insufficient-permission", "200": None}
    assert credential_cause("403", {"200": {}, "403": {}}) == "invalid-credential"


def test_the_option_of_a_key_escapes_its_name() -> None:
    assert key_option("header", "a$`b", "$KEY") == '-H "a\\$\\`b: $KEY"'
    assert key_option("query", "a[b]", "$KEY") == '--url-query "a%5Bb%5D=$KEY"'
    assert key_option("cookie", "gate", "$KEY") == '-H "Cookie: gate=$KEY"'
