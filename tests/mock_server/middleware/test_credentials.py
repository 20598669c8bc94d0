"""API keys, HTTP Basic, alternatives and combinations: what the mock accepts, over HTTP."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

import httpx
import pytest
from support.mock import RunningMock, running
from support.processes import TESTS

from mock_server.app import create_app
from mock_server.fixed_credentials import DEVELOPMENT_CREDENTIALS
from mock_server.settings import Settings
from openapi.contract import Contract
from openapi.loading.loader import load_contract
from openapi.security import RequiredScheme, SecurityScheme

pytestmark = pytest.mark.integration

KEY, PAIR = DEVELOPMENT_CREDENTIALS["api-key"], DEVELOPMENT_CREDENTIALS["basic"]
USER, _, PASSWORD = PAIR.partition(":")
HEADER = {"X-Gate-Key": KEY}


def basic(pair: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


@cache
def turnstiles() -> Contract:
    return load_contract(TESTS / "data" / "turnstiles.yaml")


@pytest.fixture(scope="module")
def mock() -> Iterator[RunningMock]:
    with running(turnstiles()) as world:
        yield world


def get(mock: RunningMock, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return mock.client.get(f"http://{mock.host}:{mock.port}{path}", headers=headers)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/header", HEADER, 200),
        ("/header", {"x-gate-key": KEY}, 200),
        ("/header", {}, 401),
        ("/header", {"X-Gate-Key": ""}, 401),
        ("/header", {"X-Gate-Key": KEY[:-1]}, 401),
        ("/header", {"X-Gate-Key": f"{KEY}x"}, 401),
        ("/header", {"X-Gate-Key": KEY.upper()}, 401),
        (f"/header?X-Gate-Key={KEY}", {}, 401),
        (f"/query?gate_key={KEY}", {}, 200),
        (f"/query?a=b&gate%5Fkey={KEY.replace('-', '%2D')}", {}, 200),
        (f"/query?gate_key={KEY}&gate_key={KEY}", {}, 401),
        ("/query?gate_key=", {}, 401),
        ("/query", {"gate_key": KEY}, 401),
        ("/cookie", {"Cookie": f"a=b; gate={KEY}"}, 200),
        ("/cookie", {"Cookie": "gate=other"}, 401),
        ("/cookie", {"Cookie": f"gates={KEY}"}, 401),
        ("/either", basic(PAIR), 200),
        (f"/either?gate_key={KEY}", {}, 200),
        (f"/either?gate_key={KEY}", basic("other:pair"), 200),
        ("/either", {}, 401),
        ("/both", {**HEADER, **basic(PAIR)}, 200),
        ("/both", HEADER, 401),
        ("/both", basic(PAIR), 401),
        ("/both", {**HEADER, **basic(f"{USER}:")}, 401),
        ("/optional", {}, 200),
        ("/optional", HEADER, 200),
        ("/optional", {"X-Gate-Key": "other"}, 200),
        ("/public", {}, 200),
    ],
)
def test_checks_the_credentials_that_the_contract_states(
    mock: RunningMock, path: str, headers: dict[str, str], status: int
) -> None:
    assert get(mock, path, headers).status_code == status


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (basic(PAIR)["Authorization"], 400),  # accepted; the body is missing
        (basic(PAIR)["Authorization"].replace("Basic", "bASIC"), 400),
        (basic(f"{USER}:")["Authorization"], 401),
        (basic(f"other:{PASSWORD}")["Authorization"], 401),
        (basic(USER)["Authorization"], 401),
        (basic(f"{PAIR}x")["Authorization"], 401),
        (f"Basic {PAIR}", 401),
        ("Basic", 401),
        ("Basic !", 401),
        (basic(PAIR)["Authorization"].replace("Basic", "Digest"), 401),
        (basic(PAIR)["Authorization"].removeprefix("Basic "), 401),
    ],
)
def test_accepts_one_pair_of_user_and_password(mock: RunningMock, value: str, status: int) -> None:
    url = f"http://{mock.host}:{mock.port}/basic"
    assert mock.client.post(url, headers={"Authorization": value}).status_code == status


@pytest.mark.parametrize(
    ("path", "challenges"),
    [
        ("/either", ['Basic realm="hookproof", charset="UTF-8"', 'ApiKey realm="hookproof", in=']),
        ("/header", ['ApiKey realm="hookproof", in="header", name="X-Gate-Key"']),
        ("/oauth", ["Bearer"]),
    ],
)
def test_a_401_has_a_challenge_for_each_alternative(
    mock: RunningMock, path: str, challenges: list[str]
) -> None:
    found = get(mock, path).headers.get_list("WWW-Authenticate")
    assert len(found) == len(challenges)
    assert all(one.startswith(begin) for one, begin in zip(found, challenges, strict=True))


def test_a_rejection_is_about_the_credential_that_was_sent(mock: RunningMock) -> None:
    message = get(mock, "/either?gate_key=other").json()["message"]
    assert message == "The API key in the query parameter gate_key is wrong"
    assert get(mock, "/cookie").json()["message"] == "There is no cookie gate"


def test_accepts_the_configured_credential_only() -> None:
    given = (("HeaderKey", "another key"), ("Staff", "me:and my password"))
    with running(turnstiles(), credentials=given) as mock:
        assert get(mock, "/header", HEADER).status_code == 401
        assert get(mock, "/header", {"X-Gate-Key": "another key"}).status_code == 200
        both = {"X-Gate-Key": "another key", **basic("me:and my password")}
        assert get(mock, "/both", both).status_code == 200
        assert get(mock, f"/query?gate_key={KEY}").status_code == 200
        issued = mock.api("token").json()["credentials"]
        assert issued == {**dict(given), "QueryKey": KEY, "CookieKey": KEY}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("HederKey", "x"), "no security scheme 'HederKey'; did you mean 'HeaderKey'"),
        (("Staff", "x"), "has no colon: write USER:PASSWORD"),
        (("Pass", "x"), "Pass takes the mock's own tokens"),
    ],
)
def test_rejects_a_credential_that_it_cannot_use(given: tuple[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        create_app(turnstiles(), Settings(credentials=(given,)))


@pytest.mark.parametrize(("mode", "wrong", "missing"), [("presence", 200, 401), ("off", 200, 200)])
def test_the_authentication_modes_apply_to_every_scheme(
    mode: str, wrong: int, missing: int
) -> None:
    with running(turnstiles(), auth=mode) as mock:
        for path, headers in (
            ("/header", {"X-Gate-Key": "other"}),
            ("/query?gate_key=other", {}),
            ("/cookie", {"Cookie": "gate=other"}),
            ("/both", {"X-Gate-Key": "other", **basic("other:pair")}),
        ):
            assert get(mock, path, headers).status_code == wrong
            assert get(mock, path.partition("?")[0]).status_code == missing


def test_does_not_check_an_unsupported_scheme() -> None:
    whole = turnstiles()
    mutual = RequiredScheme(SecurityScheme("Mutual", "unsupported", "", stated="mutualTLS"))
    (key,) = whole.operation("byHeader").security[0]
    for alternatives, status in (
        (((mutual,),), 200),
        (((mutual, key),), 401),
        (((mutual,), (key,)), 401),
    ):
        operation = replace(whole.operation("byHeader"), security=alternatives)
        with running(replace(whole, operations=(operation,))) as mock:
            assert get(mock, "/header").status_code == status
            assert get(mock, "/header", HEADER).status_code == 200


def test_the_journal_contains_no_credential_not_even_a_wrong_one(mock: RunningMock) -> None:
    get(mock, "/header", {"X-Gate-Key": "a wrong key"})
    get(mock, "/query?gate_key=a+wrong+key&other=shown")
    get(mock, f"/query?gate_key={KEY}")
    get(mock, "/both", {**HEADER, **basic(PAIR)})
    records = mock.api("requests").text
    assert "other=shown" in records
    for secret in ("a wrong key", "a+wrong+key", KEY, PASSWORD, basic(PAIR)["Authorization"][6:]):
        assert secret not in records


def test_the_calls_name_a_variable_for_each_credential(mock: RunningMock) -> None:
    calls = {call["operation"]: call["curl"] for call in mock.api("calls").json()["calls"]}
    assert '-H "X-Gate-Key: $CREDENTIAL_HEADERKEY"' in calls["byHeader"]
    assert '--url-query "gate_key=$CREDENTIAL_QUERYKEY"' in calls["byQuery"]
    assert '-H "Cookie: gate=$CREDENTIAL_COOKIEKEY"' in calls["byCookie"]
    assert '-u "$CREDENTIAL_STAFF"' in calls["byBoth"]
    assert '-H "Authorization: Bearer $TOKEN"' in calls["byToken"]
    assert "$" not in calls["byAnyone"]
