"""HTTPS receivers: the mock and the sink trust the authorities of the operating system."""

import ssl
from pathlib import Path

import httpx
import pytest
import trustme
from support.mock import DEADLINE, Receiver
from support.processes import hookproof, started

from openapi.contract import Contract

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def https_receiver(authority: trustme.CA) -> Receiver:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return Receiver(context)


def create(url: str, contract: Contract) -> None:
    token = hookproof("token").stdout.strip()
    answer = httpx.post(
        f"{url}{contract.operations[0].path}",
        json={"name": "over TLS", "scopes": ["license:read"]},
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        verify=False,
    )
    assert answer.status_code == 201


def test_the_mock_trusts_the_authorities_of_the_system(
    authority: trustme.CA, contract: Contract, tmp_path: Path
) -> None:
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    with https_receiver(authority) as receiver:
        command = [
            "-m",
            "hookproof",
            "mock",
            "--port",
            "0",
            "--webhook-url",
            receiver.url.partition("?")[0],
        ]
        with started(command, SSL_CERT_FILE=str(trusted)) as url:
            create(url, contract)
            assert receiver.next(DEADLINE).value["event"] == contract.events[0].name


def test_the_sink_trusts_the_authorities_of_the_system(
    authority: trustme.CA, tmp_path: Path
) -> None:
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    with https_receiver(authority) as receiver:
        command = ["-m", "hookproof", "sink", "--port", "0", "--forward-to", receiver.url]
        with started(command, SSL_CERT_FILE=str(trusted)) as url:
            httpx.post(f"{url}/hooks", content=b"forwarded", trust_env=False, verify=False)
            assert receiver.next(DEADLINE).body == b"forwarded"


def test_verify_trusts_the_authorities_of_the_system(authority: trustme.CA, tmp_path: Path) -> None:
    trusted, served = tmp_path / "ca.pem", tmp_path / "server.pem"
    authority.cert_pem.write_to_path(str(trusted))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(served))
    mock = ["-m", "hookproof", "mock", "--port", "0"]
    mock += ["--tls-cert", str(served), "--tls-key", str(served)]
    options = ["--no-webhooks", "--profile", "quick", "--max-requests", "40", "--no-saved-cases"]
    options += ["--report-dir", str(tmp_path)]
    known = {"HOOKPROOF_TOKEN": hookproof("token").stdout.strip()}
    with started(mock) as url:
        refused = hookproof("verify", url, *options, **known)
        assert refused.returncode == 2
        assert "trust it with --tls-verify FILE" in refused.stdout
        done = hookproof("verify", url, *options, **known, SSL_CERT_FILE=str(trusted))
    assert done.returncode == 0, done.stdout + done.stderr
