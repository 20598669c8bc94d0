"""Differences that the documentation of vendors allows."""

import threading
from typing import Final

from receivers.python.http_server import Handler
from receivers.python.receiver import Event, Receiver, RefusedError, Request, Response

DELAY_S = 0.3
"""Time after which asynchronous work has its effect."""


class Answers202(Receiver):
    """Answers 202."""

    def success(self) -> Response:
        return Response(202, {"accepted": True})


class Answers204(Receiver):
    """Answers 204 without a body."""

    def success(self) -> Response:
        return Response(204)


class Asynchronous(Receiver):
    """Records the event, answers, and applies the event some 300 ms later."""

    def handle(self, event: Event) -> None:
        with self.book.lock:
            if event.id in self.book.handled:
                return
            self.book.handled.add(event.id)
        timer = threading.Timer(DELAY_S, self.apply_alone, (event,))
        timer.daemon = True
        timer.start()

    def apply_alone(self, event: Event) -> None:
        """Apply an event while no other one is applied."""
        with self.book.lock:
            self.apply(event)


class UnknownType404(Receiver):
    """Answers 404, which the contract documents, to an event of an unknown type."""

    def unknown(self, event: Event) -> Response | None:
        return Response(404, {"error": "no handler for this event"})


class Forged403(Receiver):
    """Answers 403 to a forged delivery."""

    def refused(self, request: Request, error: RefusedError) -> Response | None:
        return Response(403, {"error": "forbidden"})


class Tolerance180(Receiver):
    """Has a tolerance of three minutes."""

    tolerance_s = 180


class ClosesConnections(Handler):
    """Closes the connection after each response."""

    def send(self, response: Response) -> None:
        headers = {**response.headers, "Connection": "close"}
        super().send(Response(response.status, response.content, headers))


class Verbose405(Receiver):
    """Answers other methods with 405 and a page in HTML."""

    def other_method(self, request: Request) -> Response | None:
        return Response(405, "<h1>Method Not Allowed</h1>", {"Allow": "POST, OPTIONS"})


DIFFERENCES: Final[dict[str, tuple[type[Receiver], type[Handler]]]] = {
    "answers-202": (Answers202, Handler),
    "answers-204": (Answers204, Handler),
    "asynchronous": (Asynchronous, Handler),
    "unknown-type-404": (UnknownType404, Handler),
    "forged-403": (Forged403, Handler),
    "tolerance-180": (Tolerance180, Handler),
    "connection-close": (Receiver, ClosesConnections),
    "method-405-html": (Verbose405, Handler),
}
