"""Service of `tests/data/dispatch.yaml`, with mistakes in its webhooks and callbacks, by name.

It uses the standard library alone, and shares no code with hookproof.
"""

import argparse
import json
import queue
import threading
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

MISTAKES: Final = MappingProxyType(
    {
        "no-stock": "stock.reserved is never sent",
        "stock-of-another-order": "stock.reserved has the id of the order before",
        "no-event-header": "the deliveries of orders have no header with their name",
        "misspelt-event": "order.created is spelt order.create in the header",
        "order-twice": "order.created is sent twice",
        "item-shortened": "order.created has the first ten characters of the item",
        "weight-whole": "order.created has the weight without its fraction",
        "wrong-shortage": "stock.empty, which no operation is said to send, lacks its item",
        "no-large-order": "order.large is never sent",
        "first-alarm-only": "only the first alarm of a request is sent",
        "level-lost": "every alarm has the level low",
        "bare-batch": "a batch is an array, without an object around it",
        "alarms-at-root": "alarms are sent to the URL without /alarms",
        "alarm-without-labels": "an alarm in a batch has no labels",
        "no-callback": "the callback of a job is never called",
        "callback-at-root": "the callback goes to the root of its host",
        "job-of-another": "the callback has the id of the job before",
        "unknown-state": "the callback has a state that is not documented",
        "done-twice": "the callback is called twice",
        "log-posted": "lines are sent with POST",
        "log-without-line": "a line has no text",
    }
)
LEGAL: Final = MappingProxyType(
    {
        "merged-batches": "alarms of several requests come in one batch",
        "alarms-again": "each batch repeats the alarms of the one before",
        "equal-alarms-once": "an alarm with the same labels as an earlier one is not sent again",
        "stock-first": "stock.reserved is sent before order.created",
        "many-lines": "several lines are sent for one job",
        "every-order-large": "order.large is sent for small orders too",
        "shortages": "stock.empty is sent now and then",
        "more-properties": "payloads have properties that are not documented",
    }
)
LEVELS = (None, "low", "high")


def is_text(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 80


def is_order(body: Any) -> bool:
    if not isinstance(body, dict) or not is_text(body.get("item")):
        return False
    count, weight = body.get("count", 1), body.get("weight", 0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1000:
        return False
    return not isinstance(count, bool) and count in range(1, 10)


def is_alarm(value: Any) -> bool:
    known = isinstance(value, dict) and is_text(value.get("name"))
    return known and ("level" not in value or value["level"] in LEVELS[1:])


def is_alarms(body: Any) -> bool:
    return isinstance(body, list) and 1 <= len(body) <= 5 and all(map(is_alarm, body))


def is_job(body: Any) -> bool:
    if not isinstance(body, dict) or not is_text(body.get("command")):
        return False
    url = body.get("callbackUrl", "http://127.0.0.1/")
    # RFC 3986, section 3: a URI has a scheme, and no character that must be encoded.
    return (
        isinstance(url, str) and ":" in url and url.isascii() and not set(url) & set(' "<>\\^`{|}')
    )


class Sender:
    """Sender of webhooks and callbacks, in the order in which they are queued."""

    def __init__(self, webhook_url: str) -> None:
        self._url = webhook_url.rstrip("/")
        self._jobs: queue.Queue[Callable[[], None]] = queue.Queue()
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except OSError:
                continue  # there is no receiver

    def later(self, job: Callable[[], None]) -> None:
        self._jobs.put(job)

    def webhook(self, path: str, payload: Any, headers: Mapping[str, str] | None = None) -> None:
        self.later(lambda: send("POST", f"{self._url}{path}", payload, headers or {}))

    def call(self, method: str, url: str, payload: Any) -> None:
        self.later(lambda: send(method, url, payload, {}))


def send(method: str, url: str, payload: Any, headers: Mapping[str, str]) -> None:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=5)
    try:
        given = {"Content-Type": "application/json", **headers}
        connection.request(method, parts.path or "/", json.dumps(payload).encode(), given)
        connection.getresponse().read()
    finally:
        connection.close()


class Dispatch:
    """State of the service."""

    def __init__(self, variants: frozenset[str], sender: Sender) -> None:
        self._is = variants.__contains__
        self._sender = sender
        self._lock = threading.Lock()
        self._number = 0
        self._waiting: list[dict[str, Any]] = []
        self._sent: list[dict[str, Any]] = []
        self._known: set[str] = set()

    def handle(self, path: str, body: Any) -> tuple[int, Any]:
        known = {
            "/orders": (is_order, self._create_order),
            "/alarms": (is_alarms, self._raise_alarms),
            "/jobs": (is_job, self._start_job),
        }
        is_valid, act = known[path]
        with self._lock:
            return act(body) if is_valid(body) else (422, {"message": "invalid"})

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _more(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {**payload, "note": "extra"} if self._is("more-properties") else payload

    def _order_event(self, name: str, payload: dict[str, Any]) -> None:
        if self._is("misspelt-event"):
            name = name.replace("created", "create")
        headers = {} if self._is("no-event-header") else {"X-Dispatch-Event": name}
        self._sender.webhook("/", self._more(payload), headers)

    def _create_order(self, body: Any) -> tuple[int, Any]:
        order = {"id": self._next(), "item": body["item"]}
        if "weight" in body:
            order["weight"] = body["weight"]
        item = body["item"][:10] if self._is("item-shortened") else body["item"]
        stocked = order["id"] - self._is("stock-of-another-order")
        told = {**order, "item": item}
        if self._is("weight-whole") and "weight" in told:
            told["weight"] = int(told["weight"])
        events = [("order.created", told)] * (1 + self._is("order-twice"))
        if not self._is("no-stock"):
            events.append(("stock/reserved", {"orderId": stocked}))
        is_large = body.get("count", 1) >= 5 or self._is("every-order-large")
        if is_large and not self._is("no-large-order"):
            events.append(("order.large", order))
        if self._is("shortages") or self._is("wrong-shortage"):
            lacks = self._is("wrong-shortage")
            events.append(("stock.empty", {} if lacks else {"item": "bolts"}))
        for event in events[::-1] if self._is("stock-first") else events:
            self._order_event(*event)
        return 201, order

    def _raise_alarms(self, body: Any) -> tuple[int, Any]:
        for alarm in body[:1] if self._is("first-alarm-only") else body:
            labels = {key: alarm[key] for key in ("name", "level") if key in alarm}
            if self._is("level-lost"):
                labels["level"] = "low"
            key = json.dumps(labels, sort_keys=True)
            if self._is("equal-alarms-once") and key in self._known:
                continue
            self._known.add(key)
            entry = (
                {"name": alarm["name"]} if self._is("alarm-without-labels") else {"labels": labels}
            )
            self._waiting.append(self._more(entry))
        self._sender.later(self._send_batch)
        if not self._is("merged-batches"):
            self._send_batch_now()
        return 202, None

    def _send_batch(self) -> None:
        with self._lock:
            self._send_batch_now()

    def _send_batch_now(self) -> None:
        if not self._waiting:
            return
        repeated = self._sent if self._is("alarms-again") else []
        alarms, self._sent, self._waiting = [*repeated, *self._waiting], self._waiting, []
        path = "/" if self._is("alarms-at-root") else "/alarms"
        self._sender.webhook(path, alarms if self._is("bare-batch") else {"alarms": alarms})

    def _start_job(self, body: Any) -> tuple[int, Any]:
        job, url = {"id": self._next()}, body.get("callbackUrl", "")
        if urlsplit(url).scheme == "http" and not self._is("no-callback"):
            self._call_back(job, body["command"], url.rstrip("/"))
        return 202, job

    def _call_back(self, job: dict[str, int], command: str, url: str) -> None:
        line = {} if self._is("log-without-line") else {"line": f"started {job['id']}"}
        for _ in range(3 if self._is("many-lines") else 1):
            self._sender.call("POST" if self._is("log-posted") else "PUT", f"{url}/log", line)
        done = {
            "id": job["id"] - self._is("job-of-another"),
            "command": command,
            "state": "finished" if self._is("unknown-state") else "done",
        }
        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}/"
        for _ in range(1 + self._is("done-twice")):
            self._sender.call(
                "POST", root if self._is("callback-at-root") else url, self._more(done)
            )


def create_handler(service: Dispatch) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are two writes

        def do_POST(self) -> None:
            raw = self._read_body()
            path = self.path.partition("?")[0]
            if path not in ("/orders", "/alarms", "/jobs"):
                return self._respond(404, {"message": "unknown path"})
            if self.command != "POST":
                return self._respond(405, {"message": "unknown method"})
            media_type = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if media_type != "application/json":
                return self._respond(422, {"message": "not JSON"})
            try:
                body = json.loads(raw, parse_constant=_refuse)
                json.dumps(body).encode()
                [text.encode() for text in _texts(body)]
            except (ValueError, RecursionError):
                return self._respond(422, {"message": "not JSON"})
            return self._respond(*service.handle(path, body))

        def _read_body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _respond(self, status: int, body: Any) -> None:
            content = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            if body is not None:
                self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_POST  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    return Handler


def _refuse(text: str) -> None:
    raise ValueError(text)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (key, *_texts(item))]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--webhook-url", required=True)
    parser.add_argument("--variant", action="append", default=[])
    given = parser.parse_args()
    service = Dispatch(frozenset(given.variant), Sender(given.webhook_url))
    server = ThreadingHTTPServer(("127.0.0.1", 0), create_handler(service))
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
