"""HTTP client of a user: Locust sends, so that it counts; the body is read as `verify` reads it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import gevent
import httpx
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError
from locust.contrib.fasthttp import FAILURE_EXCEPTIONS, FastHttpSession

from contracts.execution.response_body import MAX_JUDGED_BYTES, BodyTooLarge, read_body
from contracts.execution.target import (
    describe_failure,
    request_headers,
    retry_delay,
    target_with_query,
)
from contracts.load.worker import LoadWorker
from contracts.model.exchange import Exchange, Failure, ReceivedResponse, Request

_STEP_BYTES: Final = 64 * 1024
_BODY_ERRORS: Final = (httpx.DecodingError, BodyTooLarge)


class LocustTarget:
    """Target of one user of Locust."""

    def __init__(self, client: FastHttpSession, worker: LoadWorker) -> None:
        """Send by `client`; `worker` judges."""
        self.url = worker.settings.url
        self._client = client
        self._worker = worker

    def send(self, request: Request) -> Exchange:
        """Send `request` once, and record the exchange; a failure of the service never raises."""
        settings = self._worker.settings
        headers: dict[str, str] = {}
        for name, value in request_headers(request, settings.headers):
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        started = time.time()
        try:
            # One timeout covers the whole response: that of the client is for each read.
            with gevent.Timeout(settings.request_timeout, TimeoutError()):
                response = self._client.request(
                    request.method,
                    target_with_query(request.target, request.credential.query),
                    name=request.operation.path,
                    data=request.body or None,  # type: ignore[arg-type]  # bytes do as well
                    headers=headers,
                    allow_redirects=False,
                    catch_response=True,
                    stream=True,
                )
                received, failure = self._received(response)
        except BaseException:  # the end of the load kills a user in the middle of a request
            self._worker.excuse(request.mark)
            raise
        ended = time.time()
        response.request_meta["response_time"] = (ended - started) * 1000
        exchange = Exchange(request, received, failure, started, ended)
        with response:
            complaint = self._worker.record(exchange)
            if complaint:
                response.failure(complaint)
            else:
                response.success()
        if complaint and exchange.response and exchange.has_status_of("rate-limit-exceeded"):
            time.sleep(retry_delay(exchange.response, 0, time.time()))
        return exchange

    def send_together(self, requests: Sequence[Request]) -> list[Exchange]:
        """Send `requests` one after the other."""
        return [self.send(request) for request in requests]

    def _received(self, response: Any) -> tuple[ReceivedResponse | None, Failure | None]:
        """Return the response with its whole body, or why there is none."""
        status = response.status_code
        if not status:
            return None, self._failure(response.error)
        try:
            encodings = response.headers.getlist("content-encoding")
            body = read_body(_chunks(response), encodings, _no_deadline, MAX_JUDGED_BYTES)
        except (*FAILURE_EXCEPTIONS, *_BODY_ERRORS) as error:
            return None, replace(self._failure(error), status=status)
        finally:
            response.release()
        response.request_meta["response_length"] = len(body.content)
        headers = tuple((str(name), str(value)) for name, value in response.headers.items())
        return ReceivedResponse(status, headers, body.content, body.not_judged), None

    def _failure(self, error: Exception) -> Failure:
        timeout = self._worker.settings.request_timeout
        if isinstance(error, TimeoutError):
            return describe_failure(httpx.ReadTimeout(""), timeout)
        if isinstance(error, _BODY_ERRORS):
            return describe_failure(error, timeout)
        if isinstance(error, ConnectionRefusedError):
            return Failure("unreachable", "the connection was refused")
        if isinstance(error, HTTPParseError) and not isinstance(error, HTTPConnectionClosed):
            is_short = "incomplete" in str(error).lower() or "closed" in str(error)
            kind = "the connection closed during the response" if is_short else "not HTTP"
            return Failure("malformed", f"{kind}: {error}")
        kind = type(error).__name__
        return Failure("lost", f"the connection closed without a complete response ({kind})")


def _chunks(response: Any) -> Iterator[bytes]:
    while chunk := response.read(_STEP_BYTES):
        yield chunk


def _no_deadline() -> None:
    """Do nothing: the timeout of the whole request interrupts the reading."""
