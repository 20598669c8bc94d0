"""`--public-url`: the URL of the sender, for signatures that cover it."""

from pathlib import Path

import httpx
import pytest
from support.processes import started
from support.scheme_contracts import FORM, write_contract

from hookproof.cli import main
from openapi.signatures.message import Message
from openapi.signatures.twilio import SCHEME

SECRET = "a token of the tests"
URL = "https://hooks.example.com/in?team=7"
JSON_BODY = b'{"event":"orderMade","name":"first"}'


@pytest.fixture
def body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HOOKPROOF_WEBHOOK_SECRET", SECRET)
    (tmp_path / "body").write_bytes(JSON_BODY)
    return str(tmp_path / "body")


def test_signature_signs_the_url_that_it_prints(
    body: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [body, "--contract", write_contract(tmp_path, "twilio")]
    assert main(["signature", "sign", *options, "--public-url", URL]) == 0
    shown = capsys.readouterr()
    sent = shown.err.partition("the signature is valid for this URL only: ")[2].strip()
    assert sent.startswith(f"{URL}&bodySHA256=")
    options += ["-H", shown.out.strip()]
    assert main(["signature", "verify", *options, "--public-url", sent]) == 0
    assert capsys.readouterr().out == (
        "valid: X-Twilio-Signature is the hmac-sha1 of the URL and the sorted form fields\n"
    )
    plain = sent.replace("https://", "http://")
    assert main(["signature", "verify", *options, "--public-url", plain]) == 1
    assert "it is computed over the URL with https://" in capsys.readouterr().out
    assert main(["signature", "verify", *options, "--public-url", URL]) == 1
    assert "the URL has no bodySHA256" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("scheme", "options", "sentence"),
    [
        ("twilio", [], "the signature covers the URL of the delivery: pass --public-url URL"),
        ("github", ["--public-url", URL], "--public-url: the contract signs no URL: remove the"),
        ("twilio", ["--public-url", "hooks"], "'hooks' is not a URL of a service; write http://"),
        ("twilio", ["--public-url", f"{URL}#a b"], "is not the URL of a delivery: encode its"),
    ],
)
def test_signature_says_what_is_wrong_with_the_url(
    scheme: str,
    options: list[str],
    sentence: str,
    body: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    contract = write_contract(tmp_path, scheme)
    assert main(["signature", "sign", body, "--contract", contract, *options]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("command", [["sink", "--port", "0"], ["verify", "http://127.0.0.1:9"]])
def test_a_contract_that_signs_no_url_needs_no_option(
    command: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    options = [
        "--contract",
        write_contract(tmp_path, "github"),
        "--public-url",
        URL.partition("?")[0],
    ]
    assert main([*command, *options]) == 2
    shown = capsys.readouterr()
    assert "no signature scheme of the contract covers the URL: remove the" in shown.err + shown.out


@pytest.mark.integration
def test_the_sink_verifies_by_the_url_of_the_sender(tmp_path: Path) -> None:
    contract = write_contract(tmp_path, "twilio", FORM)
    message = Message(b"event=orderMade&name=first", ((b"Content-Type", FORM.encode()),), url=URL)
    headers = dict(SCHEME.signed_headers(message, SECRET, "", 0))
    command = ["-m", "hookproof", "sink", "--contract", contract, "--port", "0"]
    command += ["--webhook-secret", SECRET]
    for options, status in (
        (["--public-url", "https://hooks.example.com"], "valid"),
        ([], "invalid"),
    ):
        with started([*command, *options]) as url:
            sent = {**headers, "Content-Type": FORM}
            httpx.post(f"{url}/in?team=7", content=message.body, headers=sent, trust_env=False)
            judged = httpx.get(f"{url}/_hookproof/api/deliveries/1", trust_env=False).json()
        assert judged["signature"] == status
        told = " ".join(found["message"] for found in judged["findings"])
        assert ("or over another URL or body" in told) == (status == "invalid")
