"""Command `hookproof signature`: sign a body, and verify or explain a signature."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from support.processes import TESTS, WEBHOOK_SECRET

from hookproof.cli import main
from openapi.loading.loader import load_contract
from webhook_sink.server import Sink

BODY = b'{"event": "personalAccessToken.created",  "note": "caf\xc3\xa9 \xff\x00\r\n"}'
PARCELS = str(TESTS / "data" / "parcels.yaml")
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOKPROOF_WEBHOOK_SECRET", WEBHOOK_SECRET)


@pytest.fixture
def body(tmp_path: Path) -> str:
    path = tmp_path / "body"
    path.write_bytes(BODY)
    return str(path)


def signed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["signature", "sign", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.integration
def test_the_sink_accepts_a_created_signature(body: str) -> None:
    command = [sys.executable, "-m", "hookproof", "signature"]
    done = subprocess.run([*command, "sign"], input=BODY, capture_output=True, check=True)
    header = done.stdout.decode().removesuffix("\n")
    name, _, value = header.partition(": ")
    contract = load_contract()
    with Sink(contract, WEBHOOK_SECRET) as sink:
        httpx.post(sink.url, content=BODY, headers={name: value})
        assert [sink.judge(one).signature for one in sink.deliveries()] == ["valid"]
    verified = subprocess.run([*command, "verify", body, "--header", header], check=False)
    assert verified.returncode == 0


@pytest.mark.integration
def test_an_invalid_signature_is_explained_with_exit_code_1(
    body: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (header,) = signed(capsys, body)
    name, _, value = header.partition(": ")
    for arguments, sentence in (
        (["--header", f"X-Other: {value}"], "the signature is in 'X-Other'"),
        (["--header", header, "--signature", value], f"there are 2 {name} headers: one of them"),
        (["--signature", f"sha256={value}"], "it has the prefix 'sha256='"),
        (["--signature", "\udcff"], "it is not a digest in base64 or hex"),
        (["-H", header, "--webhook-secret", "unlike it"], "it is computed with another secret, or"),
        (
            ["-H", header, "--webhook-secret", "unlike it", "--webhook-secret", WEBHOOK_SECRET],
            "the second of the 2 configured secrets",
        ),
    ):
        assert main(["signature", "verify", body, *arguments]) == 1
        told = capsys.readouterr().out
        assert told.startswith("invalid: ")
        assert sentence in told
        assert told.count("\n") == 1
        assert WEBHOOK_SECRET not in told
    assert main(["signature", "verify", body, "--signature", f" {value}"]) == 0
    assert capsys.readouterr().out.startswith("valid: ")


def test_signs_id_and_timestamp_if_the_contract_requires_it(
    body: str, capsys: pytest.CaptureFixture[str]
) -> None:
    event = ["--contract", PARCELS, "--event", "parcel.recalled"]
    given = [*event, "--webhook-secret", STANDARD_SECRET]
    lines = signed(capsys, body, *given, "--id", "msg_7", "--timestamp", "1790000000")
    assert lines[:2] == ["webhook-id: msg_7", "webhook-timestamp: 1790000000"]
    headers = [argument for line in lines for argument in ("--header", line)]
    verify = ["signature", "verify", body, *given, *headers]
    assert main([*verify, "--received-at", "1790000299"]) == 0
    assert main([*verify, "--received-at", "1790000301"]) == 1
    assert "differs from the arrival by 301 s; the tolerance is 300 s" in capsys.readouterr().out
    assert main(verify) == 1
    identities = {signed(capsys, body, *given)[0] for _ in range(2)}
    assert len(identities) == 2


def test_the_event_name_in_the_body_selects_the_event(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = next(
        event for event in load_contract(Path(PARCELS)).events if event.name == "parcel.booked"
    )
    (tmp_path / "body").write_text(f'{{"{event.trigger["event-name"][1:]}": "{event.name}"}}')
    given = ["--contract", PARCELS, "--webhook-secret", STANDARD_SECRET]
    (line,) = signed(capsys, str(tmp_path / "body"), *given)
    assert line.startswith("X-Carrier-Seal: sha256=")


CANNOT = {
    "no secret": (["sign", "BODY", "--webhook-secret", ""], "no webhook secret: pass"),
    "a file that is not there": (["sign", "nowhere"], "nowhere: cannot be read: No such file"),
    "an unknown event": (["sign", "BODY", "--event", "x"], "has no event 'x'"),
    "an identity that nothing signs": (["sign", "BODY", "--id", "x"], "signs no webhook id"),
    "a time that nothing signs": (["sign", "BODY", "--timestamp", "1"], "signs no timestamp"),
    "a time that is none": (["sign", "BODY", "--timestamp", "noon"], "'noon' is not a time"),
    "nothing to verify": (["verify", "BODY"], "pass --header 'Webhook-Signature: VALUE'"),
    "a header that is none": (["verify", "BODY", "--header", "x"], "'Name: value'"),
    "events that are signed in different ways": (
        ["sign", "BODY", "--contract", PARCELS, "--webhook-secret", STANDARD_SECRET],
        "pass --event, one of parcel.booked, ",
    ),
    "an identity that no header can carry": (
        ["sign", "BODY", "--id", "a\nb", "--event", "parcel.recalled", "--contract", PARCELS]
        + ["--webhook-secret", STANDARD_SECRET],
        "a webhook id must be printable ASCII",
    ),
    "a secret that is no key": (
        ["sign", "BODY", "--event", "parcel.recalled", "--contract", PARCELS],
        "the webhook secret does not fit this contract",
    ),
}


@pytest.mark.parametrize("name", CANNOT)
def test_a_usage_error_of_signature_is_one_line_and_exit_code_2(
    name: str,
    body: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arguments, sentence = CANNOT[name]
    if name == "no secret":
        monkeypatch.delenv("HOOKPROOF_WEBHOOK_SECRET")
    assert main(["signature", *(body if word == "BODY" else word for word in arguments)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert sentence in err
    assert WEBHOOK_SECRET not in err
