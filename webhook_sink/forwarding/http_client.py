"""HTTP client that sends one request over one connection.

It adds nothing to the request, follows no redirects and ignores proxy variables.
"""

import asyncio
import contextlib
import socket
import ssl
from typing import cast

from openapi.http.tls import client_context
from webhook_sink.destination import Destination
from webhook_sink.forwarding.response_reader import ForwardResponse, ResponseReader

EXCHANGE_TIMEOUT_S = 15.0
_CLOSE_TIMEOUT_S = 0.5


class HttpClientProtocol(asyncio.Protocol):
    """Client of one request: call `send`, then `response`. It returns network errors."""

    def __init__(
        self,
        destination: Destination,
        method: str,
        request: bytes,
        timeout_s: float | None = None,
    ) -> None:
        """Take the raw request and its method; needs a running event loop.

        The whole exchange may take `timeout_s`, by default `EXCHANGE_TIMEOUT_S`.
        """
        loop = asyncio.get_running_loop()
        self._destination = destination
        self._request = request
        self._reader = ResponseReader(method)
        self._timeout_s = EXCHANGE_TIMEOUT_S if timeout_s is None else timeout_s
        self._deadline = loop.time() + self._timeout_s
        self._done: asyncio.Future[str] = loop.create_future()
        self._closed = asyncio.Event()
        self._transport: asyncio.Transport | None = None

    async def send(self) -> None:
        """Connect and write the request."""
        try:
            async with asyncio.timeout_at(self._deadline):
                transport = await self._connect()
        except Exception as error:  # any error is the reason for a missing response
            self._finish(self._describe(error))
        else:
            transport.write(self._request)

    async def response(self) -> ForwardResponse:
        """Return the response, or the reason why there is none."""
        try:
            async with asyncio.timeout_at(self._deadline):
                error = await self._done
        except TimeoutError as late:
            error = self._describe(late)
        finally:
            await self._close()
        return self._reader.response(error or None)

    @property
    def is_connected(self) -> bool:
        """Whether a connection was made."""
        return self._transport is not None

    def _describe(self, error: Exception) -> str:
        return _describe_error(error, self._destination, self._timeout_s)

    async def _connect(self) -> asyncio.Transport:
        """Connect to the first address of the receiver that accepts the connection."""
        loop = asyncio.get_running_loop()
        host, port = self._destination.host, self._destination.port
        secure = self._destination.scheme == "https"
        tls_context = await asyncio.to_thread(client_context) if secure else None
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        failure: OSError = OSError("the name has no address")
        for *_, address in found:
            try:
                transport, _ = await loop.create_connection(
                    lambda: self,
                    str(address[0]),
                    port,
                    ssl=tls_context,
                    server_hostname=host if tls_context else None,
                )
            except OSError as error:
                failure = error
            else:
                return transport
        raise failure

    async def _close(self) -> None:
        if self._transport is None:
            return
        self._transport.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), _CLOSE_TIMEOUT_S)
        self._transport.abort()

    def _finish(self, error: str) -> None:
        if not self._done.done():
            self._done.set_result(error)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport; `response` always closes it."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Parse a part of the response; ignore bytes after its end."""
        if not self._done.done() and (error := self._reader.feed(data)) is not None:
            self._finish(error)

    def connection_lost(self, error: Exception | None) -> None:
        """Finish the response: the end of the connection may be its end."""
        self._closed.set()
        if not self._done.done():
            broken = "" if error is None else self._describe(error)
            self._finish(self._reader.feed(b"") or broken)


def _describe_error(error: Exception, destination: Destination, timeout_s: float) -> str:
    """Return the reason of a missing response; of the URL it contains only the authority."""
    where = destination.authority
    match error:
        case TimeoutError():
            text = f"no complete response from {where} within {timeout_s:g} s"
        case ConnectionRefusedError():
            text = f"nothing listens on {where}"
        case socket.gaierror() | UnicodeError():
            text = f"the host name {destination.host} cannot be resolved"
        case ssl.SSLCertVerificationError():
            text = f"the certificate of {where} is not trusted: {error.verify_message}"
        case ssl.SSLError():
            text = f"TLS with {where} failed: {error.reason}"
        case ConnectionError():
            text = f"{where} closed the connection before it responded"
        case OSError():
            text = f"{where} cannot be reached: {error.strerror or error}"
        case _:
            text = f"{where} cannot be reached: {error!r}"
    return text
