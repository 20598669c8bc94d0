"""Every kind of credential: mock and harness as processes, with one contract."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.processes import JWT_SECRET, TESTS, Run, hookproof, started, verify

from mock_server.fixed_credentials import DEVELOPMENT_CREDENTIALS

pytestmark = pytest.mark.integration

CONTRACT = ["--contract", str(TESTS / "data" / "turnstiles.yaml")]
KEY, PAIR = DEVELOPMENT_CREDENTIALS["api-key"], DEVELOPMENT_CREDENTIALS["basic"]
PUBLISHED = {"HeaderKey": KEY, "QueryKey": KEY, "CookieKey": KEY, "Staff": PAIR}
OWN = {
    "HeaderKey": "key-1-of-the-tests",
    "QueryKey": "key-2",
    "Staff": "me:password 3 of the tests",
}


@contextmanager
def mock(*options: str, **environment: str) -> Iterator[str]:
    command = ["-m", "hookproof", "mock", "--port", "0", *CONTRACT, *options]
    with started(command, HOOKPROOF_JWT_SECRET=JWT_SECRET, **environment) as url:
        yield url


def judge(url: str, port: int, directory: Path, *options: str, **environment: str) -> Run:
    limits = ["--no-webhooks", "--no-saved-cases", "--profile", "quick", "--allow-destructive"]
    return verify(url, port, directory, *CONTRACT, *limits, *options, **environment)


def variable(credentials: dict[str, str]) -> dict[str, str]:
    """Return the variable of the credentials, one on each line."""
    lines = "".join(f"{name}={value}\n" for name, value in credentials.items())
    return {"HOOKPROOF_CREDENTIAL": lines}


def token() -> str:
    return hookproof("token", *CONTRACT, "--jwt-secret", JWT_SECRET).stdout.strip()


def test_the_mock_conforms_with_every_kind_of_credential(port: int, tmp_path: Path) -> None:
    with mock() as url:
        given = {**variable(PUBLISHED), "HOOKPROOF_TOKEN": token()}
        run = judge(url, port, tmp_path, **given)
    assert run.code == 0, run.out
    assert all(found["seen"] > 0 for found in run.report["statuses"].values())
    kinds = {c["detail"]: c["status"] for c in run.report["constraints"] if c["kind"] == "security"}
    untested = {"expired", "not yet valid"}
    assert {kind for kind, status in kinds.items() if status != "enforced"} == untested
    assert run.report["undecided"] == [
        "no expired token was given: pass --token-expired",
        "no token that is not yet valid was given: pass --token-not-yet-valid",
    ]


def test_own_credentials_are_in_no_output(port: int, tmp_path: Path) -> None:
    only = ["--only", "credentials"]
    with mock("--fault", "auth-missing", **variable(OWN)) as url:
        run = judge(url, port, tmp_path, *only, **variable({**PUBLISHED, **OWN}))
    assert run.code == 1, run.out
    assert run.violated == {"invalid-credential"}
    assert "GET /oauth was not tested: no credential was given for Pass: pass --token" in run.out
    texts = [run.out, run.err, *(p.read_text(encoding="utf-8") for p in tmp_path.glob("*.*"))]
    assert len(texts) > 5
    for secret in ("key-1-of-the", "key-2-of-the", "password 3 of the tests", KEY):
        assert not any(secret in text for text in texts)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("HederKey=a-secret", "no security scheme 'HederKey'; did you mean 'HeaderKey'?"),
        ("Staff=a-secret", "the credential for Staff has no colon: write USER:PASSWORD"),
        ("a-secret", "write a credential as SCHEME=KEY or SCHEME=USER:PASSWORD"),
    ],
)
@pytest.mark.parametrize("command", ["verify", "mock"])
def test_a_wrong_credential_is_an_error(
    given: str, message: str, command: str, tmp_path: Path
) -> None:
    where = ["http://127.0.0.1:1", "--report-dir", str(tmp_path)] if command == "verify" else []
    done = hookproof(command, *where, *CONTRACT, HOOKPROOF_CREDENTIAL=given)
    assert done.returncode == 2
    assert message in done.stdout + done.stderr
    assert "a-secret" not in done.stdout + done.stderr
