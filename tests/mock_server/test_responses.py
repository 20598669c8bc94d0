"""Responses of the mock: every status with its cause."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.mock import RunningMock

from mock_server.middleware.connexion_adapter import routing_document
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.contract import Contract

pytestmark = pytest.mark.integration


def test_a_valid_request_gets_the_documented_201(mock: RunningMock, contract: Contract) -> None:
    first, second = mock.post(), mock.post()
    response = contract.operations[0].responses["201"]
    for answer in (first, second):
        assert answer.status_code == 201
        assert answer.headers["content-type"] == "application/json"
        assert not contract.schema(response.content["application/json"]).violations(answer.json())
    assert first.json()["accessToken"] != second.json()["accessToken"]


@pytest.mark.parametrize(
    ("content", "tells"),
    [
        (b"", "the body is empty"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"name": NaN}', "NaN"),
        (b"[]", "the body"),
        (b"{}", "'name' is missing"),
        (b'{"name": "", "scopes": []}', "breaks minLength"),
        (json.dumps({"name": "x" * 257, "scopes": []}).encode(), "breaks maxLength: 256"),
        (b'{"name": "x", "scopes": ["a", 1]}', "/scopes/1: 1 is integer, not string"),
        (b'{"name": "x", "scopes": [], "expiresAt": "tomorrow"}', "breaks format"),
        (b'{"name": "x", "scopes": [], "revoked": 1}', "/revoked: 1 is integer"),
    ],
)
def test_an_invalid_body_gets_a_400_with_the_place(
    mock: RunningMock, content: bytes, tells: str
) -> None:
    answer = mock.post(content)
    assert answer.status_code == 400
    assert tells in answer.json()["message"]
    assert answer.json()["code"] == "INVALID_REQUEST"


def test_a_400_lists_every_violation_with_its_place(mock: RunningMock) -> None:
    message = mock.post(name="", expiresAt="tomorrow").json()["message"]
    assert "/name: " in message
    assert "/expiresAt: " in message


def test_the_length_of_a_name_is_counted_in_code_points(mock: RunningMock) -> None:
    assert mock.post(name="\U0001f511" * 255 + str(mock.number)[-1]).status_code == 201
    assert mock.post(name="\U0001f511" * 257).status_code == 400


def test_accepts_null_or_absent_optional_properties(mock: RunningMock) -> None:
    value = {**mock.body(), "expiresAt": None, "revoked": None}
    assert mock.post(json.dumps(value).encode()).status_code == 201
    assert mock.post(expiresAt=None).status_code == 201


def test_a_token_without_the_permission_gets_a_403(mock: RunningMock) -> None:
    for scopes in (
        [],
        ["license:read"],
        ["personalAccessToken:writes"],
        ["x personalAccessToken:write"],
    ):
        answer = mock.post(token=mint(DEVELOPMENT_SECRET, scopes, None))
        assert answer.status_code == 403
        assert "personalAccessToken:write" in answer.json()["message"]
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


def test_only_a_created_name_gets_a_409(mock: RunningMock) -> None:
    name = mock.body()["name"]
    assert mock.post(name=name, scopes="none").status_code == 400
    assert mock.post(name=name, token="not-a-token").status_code == 401
    assert mock.post(name=name).status_code == 201
    assert mock.post(name=name, scopes=["tag:read"], expiresAt=None).status_code == 409


def test_concurrent_requests_for_one_name_give_one_201(mock: RunningMock) -> None:
    content = json.dumps(mock.body()).encode()
    with ThreadPoolExecutor(20) as pool:
        statuses = [a.status_code for a in pool.map(mock.post, [content] * 20)]
    assert sorted(statuses) == [201] + [409] * 19


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_another_method_gets_a_405(mock: RunningMock, method: str) -> None:
    answer = mock.client.request(method, mock.url)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json() == {"message": "Method Not Allowed", "code": "METHOD_NOT_ALLOWED"}


def test_head_gets_a_405_without_a_body(mock: RunningMock) -> None:
    answer = mock.client.head(mock.url)
    assert (answer.status_code, answer.headers["allow"], answer.content) == (405, "POST", b"")


@pytest.mark.parametrize(
    "path", ["/", "/v3/personal-access-tokens/", "/v3", "/%ff", "/_hookproofs"]
)
def test_another_path_gets_a_404(mock: RunningMock, path: str) -> None:
    answer = mock.client.post(f"http://{mock.host}:{mock.port}{path}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    "stated", ["text/plain", "application/problem+json", "application/xml", ""]
)
def test_another_media_type_gets_a_415(mock: RunningMock, stated: str) -> None:
    headers = {"Authorization": f"Bearer {mock.token}", "Content-Type": stated}
    content = json.dumps(mock.body()).encode()
    answer = mock.client.post(mock.url, content=content, headers=headers)
    assert answer.status_code == 415
    assert answer.json()["code"] == "UNSUPPORTED_MEDIA_TYPE"


def test_a_body_without_a_media_type_gets_a_415(mock: RunningMock) -> None:
    content = json.dumps(mock.body()).encode()
    headers = {"Authorization": f"Bearer {mock.token}"}
    assert mock.client.post(mock.url, content=content, headers=headers).status_code == 415
    assert mock.client.post(mock.url, headers=headers).status_code == 400


@pytest.mark.parametrize("stated", ["application/json; charset=utf-8", "Application/JSON ;x=y"])
def test_accepts_parameters_and_any_case_of_the_media_type(mock: RunningMock, stated: str) -> None:
    headers = {"Authorization": f"Bearer {mock.token}", "Content-Type": stated}
    answer = mock.client.post(mock.url, json=mock.body(), headers=headers)
    assert answer.status_code == 201


def test_the_admin_paths_send_json(mock: RunningMock) -> None:
    own = f"http://{mock.host}:{mock.port}/_hookproof"
    assert mock.client.get(f"{own}/healthz").json() == {"status": "ok"}
    assert mock.client.get(f"{own}/nothing").json()["code"] == "NOT_FOUND"
    assert mock.client.post(f"{own}/healthz").status_code == 405


def test_connexion_does_not_validate_bodies(mock: RunningMock, contract: Contract) -> None:
    for item in routing_document(contract)["paths"].values():
        assert all("requestBody" not in operation for operation in item.values())
    # JSON Schema draft 4, as in OpenAPI 3.0, has no type lists with "null" and no date formats.
    assert mock.post(json.dumps({**mock.body(), "revoked": None}).encode()).status_code == 201
    assert mock.post(expiresAt="2026-02-30T00:00:00Z").status_code == 400
