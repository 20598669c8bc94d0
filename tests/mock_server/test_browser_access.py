"""Browser access: pages of other origins may call operations, but not the admin API or docs.

tests/browser/test_mock_pages.py tests the same in a real browser.
"""

import json
from pathlib import Path

import httpx
import pytest
from support.mock import RunningMock, StartMock

from mock_server.settings import Settings
from openapi.contract import Contract
from openapi.http.origin_guard import CROSS_ORIGIN_MESSAGE
from openapi.loading.loader import default_contract_path, load_contract, parse_contract
from openapi.rate import Rate

pytestmark = pytest.mark.integration

PAGE = "http://frontend.example:3000"
MIB = 1024 * 1024
PAGES = ("docs", "docs/docs.js", "docs/docs.css", "docs/swagger-ui.js", "docs/swagger-ui.css")
ADMIN_PATH = tuple(
    f"/_hookproof/{path}"
    for path in (*PAGES, "openapi.json", "contract.yaml", "contract.json", "api/token", "no")
) + ("/docs", "/openapi.yaml", "/openapi.json")
TAKEN = """
openapi: 3.1.0
info: {title: A contract with paths that the mock would like to have, version: "1"}
x-hookproof-sources: {handbook: {level: documented, title: A handbook}}
paths:
  /docs:
    get:
      operationId: readDocs
      x-hookproof-provenance: handbook
      responses: &answered
        "200": {description: There., x-hookproof-cause: {kind: valid-request, source: handbook}}
    options: {operationId: askDocs, x-hookproof-provenance: handbook, responses: *answered}
  /{name}.json:
    get:
      operationId: readFile
      x-hookproof-provenance: handbook
      parameters:
        - name: name
          in: path
          required: true
          schema: {type: string}
          x-hookproof-provenance: handbook
      responses: *answered
"""


def ask(mock: RunningMock, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    """Send a request; underscores in header names become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"http://{mock.host}:{mock.port}{path}"
    return mock.client.request(method, url, headers=named)


def call(mock: RunningMock, content: bytes = b"", **headers: str) -> httpx.Response:
    """Call the operation like a page of another origin."""
    known = {"Origin": PAGE, "Content-Type": "application/json", **headers}
    known.setdefault("Authorization", f"Bearer {mock.token}")
    content = content or json.dumps(mock.body()).encode()
    return mock.client.post(mock.url, content=content, headers=known)


def is_readable(answer: httpx.Response) -> bool:
    return bool(answer.headers.get("access-control-allow-origin") == "*")


def test_a_page_may_read_every_response(
    mock: RunningMock, start: StartMock, contract: Contract
) -> None:
    taken = json.dumps(mock.body()).encode()
    answers = {
        201: call(mock, taken),
        409: call(mock, taken),
        400: call(mock, b"{}"),
        401: call(mock, Authorization="Bearer none"),
        413: call(mock, b" " * (MIB + 1)),
        415: call(mock, b"", **{"Content-Type": "text/plain"}),
        404: ask(mock, "/nothing", Origin=PAGE),
        405: ask(mock, mock.path, "DELETE", Origin=PAGE),
    }
    with start(rate_limit=Rate(1, 60), faults=frozenset({"crash-after-create"})) as other:
        answers |= {500: call(other), 429: call(other)}
    documented = {
        header.name for r in contract.operations[0].responses.values() for header in r.headers
    }
    of_http = {"Retry-After", "Preference-Applied", "WWW-Authenticate", "Allow", "Location"}
    for status, answer in answers.items():
        assert answer.status_code == status
        assert is_readable(answer), status
        assert "access-control-allow-credentials" not in answer.headers
        exposed = answer.headers["access-control-expose-headers"].split(", ")
        assert len(exposed) == len(set(exposed))
        assert set(exposed) == documented | of_http
    assert answers[429].headers["retry-after"]


def test_a_request_without_origin_gets_no_cors_headers(mock: RunningMock) -> None:
    answer = mock.post()
    assert answer.status_code == 201
    assert not [name for name in answer.headers if name.startswith(("access-control-", "vary"))]


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS"])
def test_a_preflight_is_allowed_and_not_counted(start: StartMock, method: str) -> None:
    with start(rate_limit=Rate(1, 60)) as mock:
        for path in (mock.path, "/nothing"):
            answer = ask(
                mock, path, "OPTIONS", Origin=PAGE,
                Access_Control_Request_Method=method,
                Access_Control_Request_Headers="authorization,prefer,x-anything",
                Access_Control_Request_Private_Network="true",
            )  # fmt: skip
            assert answer.status_code == 200
            assert is_readable(answer)
            assert method in answer.headers["access-control-allow-methods"].split(", ")
            allowed = answer.headers["access-control-allow-headers"]
            assert allowed == "authorization,prefer,x-anything"
            assert answer.headers["access-control-allow-private-network"] == "true"
        assert call(mock).status_code == 201  # the preflights were not counted


def test_options_without_preflight_headers_reach_the_operation(
    mock: RunningMock, start: StartMock
) -> None:
    with start(contract=parse_contract("taken.yaml", TAKEN)) as other:
        assert ask(other, "/docs", "OPTIONS", Origin=PAGE).status_code == 200
        assert ask(other, "/docs", "OPTIONS").status_code == 200
        assert ask(other, "/docs", "POST", Origin=PAGE).headers["allow"] == "GET, OPTIONS"
    refused = ask(mock, mock.path, "OPTIONS", Origin=PAGE)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


def test_paths_of_the_contract_have_priority_over_pages(start: StartMock) -> None:
    with start(contract=parse_contract("taken.yaml", TAKEN)) as mock:
        for path, own in (("/docs", "docs"), ("/openapi.json", "contract.json")):
            assert ask(mock, path).content == b""
            assert is_readable(ask(mock, path, Origin=PAGE))
            assert ask(mock, f"/_hookproof/{own}").content
        assert ask(mock, "/openapi.yaml").text == TAKEN


@pytest.mark.parametrize("path", ADMIN_PATH)
def test_other_origins_cannot_read_the_admin_paths(mock: RunningMock, path: str) -> None:
    own = ask(mock, path, Origin=f"http://{mock.host}:{mock.port}", Sec_Fetch_Site="same-origin")
    assert own.status_code == (404 if path.endswith("/no") else 200)
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert ask(mock, path, Sec_Fetch_Dest="document", **link).status_code == own.status_code
    foreign = [
        ask(mock, path, Host=f"evil.example:{mock.port}"),
        ask(
            mock, path, Host=f"evil.example:{mock.port}", Origin=f"http://evil.example:{mock.port}"
        ),
        ask(mock, path, Origin=PAGE),
        ask(mock, path, Origin="null"),
        ask(mock, path, Origin=f"https://{mock.host}:{mock.port}"),
        ask(mock, path, "OPTIONS", Origin=PAGE, Access_Control_Request_Method="GET"),
        ask(mock, path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors"),
        ask(mock, path, Sec_Fetch_Site="same-site", Sec_Fetch_Mode="cors"),
        ask(mock, path, Sec_Fetch_Dest="iframe", **link),
    ]
    assert [answer.status_code for answer in foreign] == [403] * len(foreign)
    for answer in (own, *foreign):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert "unsafe-inline" not in answer.headers["content-security-policy"].replace(
            "style-src-attr 'unsafe-inline'", ""
        )
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_of_another_page_changes_nothing_without_an_origin(
    start: StartMock, site: str
) -> None:
    form = {"Sec_Fetch_Site": site, "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    with start() as mock:
        mock.event()
        mock.api("switches", "POST", json={"delay": 0.01, "requests": 9})
        (delivery,) = mock.api("deliveries").json()["deliveries"]
        known = [mock.api(path).json() for path in ("requests", "switches")]
        for method, path in (
            ("POST", "reset"),
            ("POST", f"deliveries/{delivery['id']}/redeliver"),
            ("DELETE", "switches"),
            ("PUT", "switches"),
            ("PATCH", "switches"),
        ):
            answer = ask(mock, f"/_hookproof/api/{path}", method, **form)
            assert (answer.status_code, answer.json()["message"]) == (403, CROSS_ORIGIN_MESSAGE)
        assert [mock.api(path).json() for path in ("requests", "switches")] == known
        assert ask(mock, "/_hookproof/api/requests", **form).status_code == 200
        # A script sends none of these headers.
        assert mock.api("reset", "POST").status_code == 200


def test_the_health_check_needs_no_origin_and_no_known_host(mock: RunningMock) -> None:
    for host in ("mock:4010", "evil.example"):
        answer = ask(mock, "/_hookproof/healthz", Host=host)
        assert answer.json() == {"status": "ok"}
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_the_development_token_has_all_permissions(start: StartMock) -> None:
    with start(jwt_secret="a secret of this test, long enough to sign with") as mock:
        token = ask(mock, "/_hookproof/api/token").json()["token"]
        assert mock.post().status_code == 401  # signed with another secret
        assert mock.post(token=token).status_code == 201


def test_a_control_token_is_required_and_allows_any_host(start: StartMock) -> None:
    path, right = "/_hookproof/api/token", "Bearer the control token"
    with start(control_token="the control token") as mock:
        assert ask(mock, path, Authorization=right).status_code == 200
        assert ask(mock, path, Authorization=right, Host="mock:4010").status_code == 200
        assert ask(mock, path, Authorization=right, Origin=PAGE).status_code == 403
        for wrong in ("Bearer the control", "Basic the control token", "Bearer", ""):
            refused = ask(mock, path, Authorization=wrong)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert ask(mock, path, Authorization=wrong, Host="mock:4010").status_code == 403
        assert ask(mock, "/docs").status_code == 200
        assert ask(mock, "/docs", Host="mock:4010").status_code == 403
    with pytest.raises(ValueError, match="control token is empty"):
        Settings(control_token="")


def test_the_served_contract_equals_the_file(start: StartMock, tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    text = default_contract_path().read_bytes().replace(b"\n", b"\r\n")
    file.write_bytes(text)
    with start(contract=load_contract(file)) as mock:
        file.unlink()
        as_yaml, as_json = ask(mock, "/openapi.yaml"), ask(mock, "/openapi.json")
    assert as_yaml.content == text
    assert as_yaml.headers["content-type"] == "application/yaml"
    assert as_json.headers["content-type"] == "application/json"
    assert as_json.json() == load_contract().document
