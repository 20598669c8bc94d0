"""Contract of a small service for notes, with parts that a test chooses, and the service itself."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from typing import Any

from contracts.ledger.ledger import Ledger
from contracts.model.selection import Selection
from contracts.model.settings import Settings
from contracts.run import run
from openapi.contract import Contract
from openapi.loading.loader import parse_contract
from openapi.strict_json import parse_json
from support.processes import handled

RESPONSES = """
        "201": {<<: *note, x-hookproof-cause: {kind: valid-request, source: docs}}
        "400": {<<: *error, x-hookproof-cause: {kind: invalid-request, source: docs}}
"""
TRIGGER = "no-redelivery: {source: docs}"
ECHOES = """[{from: $request.body#/name, to: /name, compare: exact, correlator: unique-string,
          source: docs}]"""
NAME = "{type: string, minLength: 1, maxLength: 60}"
PHASES = (
    "undocumented-methods",
    "request-forms",
    "boundary-values",
    "type-confusion",
    "repeated-identical-requests",
)
"""Phases of a short run."""
Note = dict[str, Any]


def notes_text(
    responses: str = RESPONSES,
    *,
    status: str = "201",
    trigger: str = TRIGGER,
    echoes: str = ECHOES,
    name: str = NAME,
    parameters: str = "[]",
) -> str:
    """Return the contract: `responses` of the operation, `status` and keys of the trigger."""
    return f"""
openapi: 3.1.0
info: {{title: Notes, version: "1"}}
x-hookproof-sources:
  docs: {{level: documented, title: Documentation}}
  guess: {{level: assumed, title: Guess}}
paths:
  /notes:
    post:
      operationId: createNote
      x-hookproof-provenance: docs
      parameters: {parameters}
      requestBody:
        required: true
        content:
          application/json:
            schema: {{$ref: "#/components/schemas/NewNote"}}
            example: {{name: A note}}
      responses:{_expanded(responses)}
webhooks:
  note.created:
    post:
      x-hookproof-provenance: docs
      x-hookproof-trigger:
        operation: createNote
        status: "{status}"
        source: docs
        events: 1
        deadline: {{seconds: 2, source: docs}}
        {trigger}
        event-name: /event
        echoes: {echoes}
      requestBody:
        content: {{application/json: {{schema: {{$ref: "#/components/schemas/Event"}}}}}}
components:
  schemas:
    NewNote:
      type: object
      x-hookproof-provenance: docs
      required: [name]
      properties:
        name: {name}
    Event:
      type: object
      x-hookproof-provenance: docs
      required: [event, name]
      properties:
        event: {{const: note.created}}
        name: {{type: string, maxLength: 60}}
    Error:
      type: object
      x-hookproof-provenance: docs
      required: [message]
      properties: {{message: {{type: string}}}}
"""


def _expanded(responses: str) -> str:
    """Return `responses` with the parts that several of them have."""
    content = '{application/json: {schema: {$ref: "#/components/schemas/%s"}}}'
    for name, schema in (("note", "NewNote"), ("error", "Error")):
        shared = f"description: {name}, x-hookproof-provenance: docs, content: {content % schema}"
        responses = responses.replace(f"<<: *{name}", shared)
    return responses


def notes_contract(responses: str = RESPONSES, **parts: Any) -> Contract:
    return parse_contract("notes.yaml", notes_text(responses, **parts))


@dataclass(frozen=True)
class Answer:
    """Response of the service, and the bodies of the events that it sends then."""

    status: int
    body: Note
    events: Sequence[Note] = ()


@dataclass
class Received:
    """Request that the service received."""

    method: str
    headers: Mapping[str, str]
    note: Note | None
    """JSON object of the body, or None."""

    @property
    def is_valid(self) -> bool:
        name = (self.note or {}).get("name")
        return isinstance(name, str) and 1 <= len(name) <= 60


@dataclass
class Notes:
    """Service for notes that conforms; a test replaces parts of it."""

    created: int = 201
    invalid: int = 400
    answers: Callable[[Received, Answer], Answer] = field(default=lambda _, answer: answer)
    """Change of the conforming answer to a request."""

    def answer(self, received: Received) -> Answer:
        if received.method != "POST":
            return self.answers(received, Answer(405, {"message": "no such method"}))
        if received.note is None or not received.is_valid:
            return self.answers(received, Answer(self.invalid, {"message": "invalid"}))
        event = {"event": "note.created", "name": received.note["name"]}
        return self.answers(received, Answer(self.created, received.note, [event]))


@contextmanager
def serving(notes: Notes, port: int) -> Iterator[str]:
    """Run the service, which sends its events to `port` (0: sends none); yield its URL."""
    senders: list[threading.Thread] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            parsed = parse_json(self._read_body())
            note = parsed.value if isinstance(parsed.value, dict) and not parsed.problem else None
            made = notes.answer(Received(self.command, dict(self.headers), note))
            sent = json.dumps(made.body).encode()
            self.send_response(made.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)
            sender = threading.Thread(target=_send, args=(port, made.events))
            sender.start()
            senders.append(sender)

        def _read_body(self) -> bytes:
            if self.headers.get("transfer-encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("content-length") or 0))
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        do_PUT = do_PATCH = do_DELETE = do_GET = do_POST  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with handled(Handler) as url:
        yield url
        for sender in senders:
            sender.join()


def _send(port: int, events: Sequence[Note]) -> None:
    for event in events if port else ():
        connection = HTTPConnection("127.0.0.1", port)
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/", json.dumps(event).encode(), headers)
        connection.getresponse().read()
        connection.close()


def judge_notes(contract: Contract, notes: Notes, port: int, **settings: Any) -> Ledger:
    """Run some phases of the harness against the service, and return the closed ledger."""
    known: dict[str, Any] = {"profile": "quick", "seed": 1, "run_id": "tests0", "token": "any"}
    known |= {"selection": Selection(only=PHASES), **settings}
    with serving(notes, port if known.get("webhooks", True) else 0) as url:
        return run(Settings(url=url, webhook_port=port, **known), contract, lambda _: None)
