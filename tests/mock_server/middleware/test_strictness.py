"""Options `--auth` and `--reject`: checks of credentials, and allowed rejections."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.mock import RunningMock, StartMock
from support.parcels import changed
from support.processes import hookproof

from mock_server.app import create_app
from mock_server.settings import Settings
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.contract import Contract

pytestmark = pytest.mark.integration

PERMISSION = "personalAccessToken:write"
ODD = ("", "Bearer", "Basic dXNlcjpwYXNz", "x", "Bearer x y", "Bearer \u00fc")


def asked(world: RunningMock, credential: str | None) -> httpx.Response:
    headers = {} if credential is None else {b"Authorization": credential.encode("latin-1")}
    return world.client.post(world.url, json=world.body(), headers=headers)


def test_auth_presence_accepts_any_bearer_credential(start: StartMock) -> None:
    expired, lacking = mint(DEVELOPMENT_SECRET, [PERMISSION], 1), mint("x" * 32, [], None)
    with start(auth="presence") as world:
        for credential in ("Bearer x", "bearer a.b.c", f"Bearer {expired}", f"Bearer {lacking}"):
            assert asked(world, credential).status_code == 201
        for body in (None, *ODD):
            answer = asked(world, body)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_auth_off_accepts_requests_without_a_credential(start: StartMock) -> None:
    with start(auth="off") as world:
        assert [asked(world, one).status_code for one in (None, *ODD)] == [201] * (1 + len(ODD))
        assert world.post(b"{").status_code == 400


def dated(changes: dict[str, Any]) -> dict[str, Any]:
    """Return `changes` with each time span replaced by now plus the span."""
    now = datetime.now(UTC)
    return {
        key: f"{now + value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, timedelta) else value
        for key, value in changes.items()
    }


REFUSED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("unknown-scopes", {"scopes": ["license:read", "no:such"]}, {"scopes": ["license:read"]}),
    ("past-expiry", {"expiresAt": "2019-08-24T14:15:22Z"}, {"expiresAt": timedelta(minutes=5)}),
    ("past-expiry", {"expiresAt": timedelta(minutes=-5)}, {"expiresAt": None}),
    ("expiry-soon", {"expiresAt": timedelta(minutes=50)}, {"expiresAt": timedelta(minutes=70)}),
    ("expiry-far", {"expiresAt": timedelta(days=366)}, {"expiresAt": timedelta(days=364)}),
    ("empty-scopes", {"scopes": []}, {"scopes": ["x"]}),
    ("additional-properties", {"nothing": 1}, {}),
    ("lone-surrogate", {"name": "\ud800 and more"}, {"name": "\ufffd and more"}),
]


@pytest.mark.parametrize(("rule", "broken", "kept"), REFUSED)
def test_an_enabled_rule_rejects_its_values_and_is_named(
    start: StartMock, mock: RunningMock, rule: str, broken: dict[str, Any], kept: dict[str, Any]
) -> None:
    with start(rejections=frozenset({rule}), receivers=0) as world:
        answer = world.post(**dated(broken))
        accepted = world.post(**dated(kept))
    assert answer.status_code == 400
    assert answer.json()["message"].endswith(f"is rejected by the rule {rule}")
    assert answer.json()["code"] == "INVALID_REQUEST"
    assert accepted.status_code == 201
    assert mock.post(**dated(broken)).status_code == 201


def test_a_request_rejected_by_a_rule_reserves_no_name_and_sends_no_event(start: StartMock) -> None:
    with start(rejections=frozenset({"unknown-scopes", "past-expiry"})) as world:
        name = world.body()["name"]
        for broken in ({"scopes": ["no:such"]}, {"expiresAt": "2019-08-24T14:15:22Z"}):
            assert world.post(name=name, **broken).status_code == 400
        event = world.event(name=name)
        assert event.value["data"]["scopes"] == world.last["scopes"]
        assert world.post(name=name, scopes=["no:such"]).status_code == 400
        assert world.post(name=name).status_code == 409
        last = world.event()
    assert (event.value["data"]["name"], last.value["data"]["name"]) == (name, world.last["name"])


def test_rejects_scopes_that_the_caller_does_not_have(start: StartMock) -> None:
    held = mint(DEVELOPMENT_SECRET, [PERMISSION, "license:read", "odd one"], None)
    rule = frozenset({"scopes-not-held"})
    with start(rejections=rule) as world:
        answer = world.post(token=held, scopes=["license:read", "license:write"])
        assert answer.status_code == 400
        assert '/scopes: ["license:read", "license:write"]' in answer.json()["message"]
        assert world.post(token=held, scopes=["odd"]).status_code == 400
        for scopes in ([], ["license:read", PERMISSION], ["odd one"]):
            assert world.post(token=held, scopes=scopes).status_code == 201
    with start(rejections=rule, auth="presence") as world:
        assert world.post(token="x", scopes=["license:write"]).status_code == 201


def test_a_rule_of_another_contract_has_its_status_and_error_format(
    start: StartMock, tmp_path: Path
) -> None:
    rule = """        - name: heavy
          location: $request.body#/grams
          schema: {type: integer, minimum: 20000}
          statuses: ["409", "422"]
          severity: none
          source: hearsay
"""
    contract = changed(tmp_path, ("x-hookproof-allowed-rejections: &bytes\n", rule))
    body: dict[str, Any] = {
        "addressee": {"label": "A", "postcode": "EX1200"},
        "handling": [],
        "collectAt": None,
    }
    with start(contract=contract, receivers=0, rejections=frozenset({"heavy"})) as world:
        token = mint(DEVELOPMENT_SECRET, ["parcels:book"], None)
        bodies = [json.dumps({**body, "grams": grams}).encode() for grams in (99, 20000)]
        light, heavy = (world.post(body, token=token) for body in bodies)
    assert (light.status_code, heavy.status_code) == (201, 409)
    assert heavy.json()["trouble"]["inWords"] == "/grams: 20000 is rejected by the rule heavy"


def test_an_unusable_allowed_rejection_is_an_error_that_lists_the_choices(
    contract: Contract,
) -> None:
    for name, why in (
        (
            "nothing",
            "the allowed rejection 'nothing' is not in the contract; use one of null-revoked,",
        ),
        (
            "large-body",
            "the allowed rejection 'large-body' does not refer to a value of the body; use",
        ),
    ):
        with pytest.raises(ValueError, match=why):
            create_app(contract, Settings(rejections=frozenset({"past-expiry", name})))
    done = hookproof("mock", "--port", "0", "--reject", "nothing")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "unknown-scopes" in done.stderr
    assert "body-before-credential" not in done.stderr
