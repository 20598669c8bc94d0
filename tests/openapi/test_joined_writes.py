"""Writes of a response: the head waits for the body, but not for long."""

import asyncio
from collections.abc import Awaitable, Callable

from openapi.http.joined_writes import JoinedWrites

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class _RecordingTransport(asyncio.Transport):
    """Transport that keeps its calls in place of a connection."""

    def __init__(self) -> None:
        self.calls: list[bytes | str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.calls.append(bytes(data))

    def write_eof(self) -> None:
        self.calls.append("end of file")

    def close(self) -> None:
        self.calls.append("close")

    def is_closing(self) -> bool:
        return "close" in self.calls


def _calls(use: Callable[[JoinedWrites], Awaitable[None]]) -> list[bytes | str]:
    """Return the calls of the connection's transport after `use` and one more turn of the loop."""

    async def run() -> list[bytes | str]:
        transport = _RecordingTransport()
        await use(JoinedWrites(transport, asyncio.get_running_loop()))
        await asyncio.sleep(0)
        return transport.calls

    return asyncio.run(run())


def test_head_and_body_are_one_write() -> None:
    async def respond(joined: JoinedWrites) -> None:
        joined.write(HEAD)
        joined.write(b"{}")

    assert _calls(respond) == [HEAD + b"{}"]


def test_a_head_without_a_body_is_sent_in_the_same_turn_of_the_loop() -> None:
    async def respond(joined: JoinedWrites) -> None:
        joined.write(HEAD)

    assert _calls(respond) == [HEAD]


def test_later_parts_of_a_body_are_not_held() -> None:
    async def respond(joined: JoinedWrites) -> None:
        joined.write(HEAD)
        joined.write(b"1")
        joined.write(b"2")
        assert not joined.is_closing()

    assert _calls(respond) == [HEAD + b"1", b"2"]


def test_a_head_is_sent_before_the_connection_closes() -> None:
    async def close(joined: JoinedWrites) -> None:
        joined.write(HEAD)
        joined.close()

    async def close_half(joined: JoinedWrites) -> None:
        joined.write(HEAD)
        joined.write_eof()

    assert _calls(close) == [HEAD, "close"]
    assert _calls(close_half) == [HEAD, "end of file"]


def test_pipelined_responses_stay_in_order() -> None:
    async def respond(joined: JoinedWrites) -> None:
        joined.write(HEAD)
        joined.write(HEAD + b"2")
        joined.write(b"3")

    assert _calls(respond) == [HEAD + HEAD + b"2", b"3"]
