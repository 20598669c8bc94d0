"""Mistakes in HTTP, in error responses and under load."""

import sys
import threading
import time
import traceback
from typing import Final

from receivers.python.http_server import Handler
from receivers.python.receiver import Event, Receiver, RefusedError, Request, Response
from receivers.python.schemes import Scheme

FORGOTTEN_S = 3600.0
"""Duration of a response that never comes."""
WORK_S = 0.15


class Redirects(Receiver):
    """Has its route with a slash at the end, to which the framework redirects."""

    def respond(self, request: Request) -> Response | None:
        if request.path == "/webhooks":
            return Response(308, None, {"Location": "/webhooks/"})
        if request.path == "/webhooks/":
            path = request.path.rstrip("/")
            return super().respond(Request(request.method, path, request.headers, request.body))
        return super().respond(request)


class HandlesGet(Receiver):
    """Accepts each method on its route, and counts a request without a body as an event."""

    def other_method(self, request: Request) -> Response | None:
        with self.book.lock:
            self.book.effects += 1
        return self.success()


class ShowsExpectedSignature(Receiver):
    """Names the expected signature in the error, to ease the search for a mistake."""

    def refused(self, request: Request, error: RefusedError) -> Response | None:
        try:
            content = self.signed_content(request.headers, request.body)
        except RefusedError:
            return super().refused(request, error)
        expected = self.scheme.prefix + self.signature(content)
        return Response(401, {"error": str(error), "expected": expected})


class ShowsSecret(Receiver):
    """Shows its settings in the header of an error response."""

    def refused(self, request: Request, error: RefusedError) -> Response | None:
        return Response(401, {"error": str(error)}, {"X-Debug": f"secret={self.secret}"})


class ClosesOnForgery(Receiver):
    """Closes the connection without a response where the signature is wrong."""

    def refused(self, request: Request, error: RefusedError) -> Response | None:
        return None


class NeverAnswers(Receiver):
    """Does not return from the handling of an event with an invalid payload."""

    def receive(self, request: Request) -> Response | None:
        response = super().receive(request)
        if response is not None and response.status == 400:
            time.sleep(FORGOTTEN_S)
        return response


class FailsInParallel(Receiver):
    """Uses one connection to the database, which only one thread may use at a time."""

    def __init__(self, secret: str, scheme: Scheme) -> None:
        super().__init__(secret, scheme)
        self.connection = threading.Lock()

    def accepted(self, event: Event) -> Response | None:
        if not self.connection.acquire(blocking=False):
            raise RuntimeError("recursive use of a cursor")
        try:
            time.sleep(WORK_S)
            return super().accepted(event)
        finally:
            self.connection.release()


class StaysDown(Receiver):
    """Loses a connection of its pool whenever two requests arrive at once."""

    def __init__(self, secret: str, scheme: Scheme) -> None:
        super().__init__(secret, scheme)
        self.free = 8
        self.busy = 0

    def accepted(self, event: Event) -> Response | None:
        with self.book.lock:
            if self.free == 0:
                return Response(503, {"error": "no connection"}, {"Retry-After": "1"})
            self.busy += 1
            if self.busy > 1:
                self.free -= 1
        time.sleep(WORK_S)
        with self.book.lock:
            self.busy -= 1
        return super().accepted(event)


class RateLimitWithoutRetryAfter(Receiver):
    """Answers 429 without a header `Retry-After`."""

    limit = 8

    def __init__(self, secret: str, scheme: Scheme) -> None:
        super().__init__(secret, scheme)
        self.busy = threading.Semaphore(self.limit)

    def receive(self, request: Request) -> Response | None:
        if not self.busy.acquire(blocking=False):
            return Response(429, {"error": "too many requests"})
        try:
            time.sleep(WORK_S)
            return super().receive(request)
        finally:
            self.busy.release()


class Traces(Handler):
    """Shows the stack trace of the error, as in development."""

    def response(self, request: Request) -> Response | None:
        response = super().response(request)
        if response is None or response.status not in {400, 401}:
            return response
        try:
            raise PermissionError(f"refused with {response.status}")
        except PermissionError:
            return Response(response.status, "".join(traceback.format_exception(*sys.exc_info())))


class IgnoresExpect(Handler):
    """Waits for the body without the interim response 100."""

    def handle_expect_100(self) -> bool:
        return True


class IgnoresChunks(Handler):
    """Reads as many bytes as `Content-Length` says, so none of a chunked request."""

    def read_body(self) -> bytes:
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))


class ReadsOnce(Handler):
    """Reads the body with one call, which returns at most 64 KiB."""

    def read_body(self) -> bytes:
        if "Transfer-Encoding" in self.headers:
            return super().read_body()
        length = int(self.headers.get("Content-Length", 0))
        if length > 65536:
            self.close_connection = True
            body = self.rfile.read(65536)
            self.rfile.read(length - 65536)
            return body
        return self.rfile.read(length)


class SmallLimit(Handler):
    """Refuses bodies of more than 256 bytes."""

    max_body_bytes = 256


HTTP: Final[dict[str, tuple[type[Receiver], type[Handler]]]] = {
    "redirects": (Redirects, Handler),
    "handles-get": (HandlesGet, Handler),
    "shows-expected-signature": (ShowsExpectedSignature, Handler),
    "shows-secret": (ShowsSecret, Handler),
    "closes-on-forgery": (ClosesOnForgery, Handler),
    "never-answers-invalid": (NeverAnswers, Handler),
    "fails-in-parallel": (FailsInParallel, Handler),
    "stays-down": (StaysDown, Handler),
    "rate-limit-without-retry-after": (RateLimitWithoutRetryAfter, Handler),
    "shows-stack-trace": (Receiver, Traces),
    "ignores-expect": (Receiver, IgnoresExpect),
    "ignores-chunks": (Receiver, IgnoresChunks),
    "reads-body-once": (Receiver, ReadsOnce),
    "small-limit": (Receiver, SmallLimit),
}
