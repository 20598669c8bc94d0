"""Options `--forward-to` and `--resend-to` of `hookproof sink`."""

import socket

import httpx
import pytest
from support.command_line import parse_command_line
from support.processes import launched
from support.receivers import receiving

from hookproof.commands.sink import forward_policy_of
from hookproof.errors import CommandError
from webhook_sink.destination import ForwardPolicy

pytestmark = pytest.mark.integration


def given(listener: socket.socket, *arguments: str) -> ForwardPolicy:
    return forward_policy_of(parse_command_line(["sink", *arguments]), listener)


@pytest.mark.parametrize("listens", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.0.0.2", "[::1]", "0.0.0.0", "[::]"]
)
def test_a_sink_does_not_forward_to_itself(host: str, listens: str) -> None:
    with socket.create_server((listens, 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CommandError, match=r"is this sink itself.*another --port"):
            given(listener, "--host", listens, "--forward-to", f"http://{host}:{port}/hooks")
        other = port - 1 if port > 40000 else port + 1
        assert given(listener, "--forward-to", f"http://{host}:{other}").forward_to is not None
        elsewhere = f"http://hookproof.invalid:{port}"
        assert given(listener, "--forward-to", elsewhere).forward_to is not None


@pytest.mark.parametrize(
    ("host", "loopback"), [("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False)]
)
def test_loopback_is_allowed_if_the_sink_listens_on_loopback(host: str, loopback: bool) -> None:
    with socket.create_server((host, 0)) as listener:
        assert given(listener, "--host", host).allow_loopback == loopback


@pytest.mark.parametrize("option", ["--forward-to", "--resend-to"])
def test_rejects_a_url_with_a_password_without_quoting_it(option: str) -> None:
    with pytest.raises(CommandError, match="without a user") as refused:
        parse_command_line(["sink", option, "http://ada:s3cret@127.0.0.1"])
    assert "s3cret" not in str(refused.value)


def test_the_command_forwards_and_resends() -> None:
    with receiving() as first, receiving() as second:
        other = f"http://0.0.0.0:{second.port}"  # reaches loopback, but is no loopback address
        options = ["--forward-to", f"{first.url}/in?t=s3cret", "--resend-to", other]
        command = ["-m", "hookproof", "sink", "--port", "0", *options]
        with launched(command) as (url, process):
            assert process.stdout.readline() == (
                f"every delivery is forwarded to {first.url}/in?t=***\n"
            )
            httpx.post(f"{url}/hook", content=b"body")
            assert first.next().startswith(b"POST /in?t=s3cret HTTP/1.1\r\n")
            resend = f"{url}/_hookproof/api/deliveries/1/resend"
            assert httpx.post(resend, json={"url": f"{other}/again"}).status_code == 200
            assert second.next().startswith(b"POST /again HTTP/1.1\r\n")
            elsewhere = {"url": "http://0.0.0.0:1"}
            assert httpx.post(resend, json=elsewhere).status_code == 403
        assert process.returncode == 0
