"""The service's operation: turns a request into a response and planned events."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from typing import Any

from reference_service.behaviour import (
    Behaviour,
    Caller,
    Document,
    Headers,
    Issued,
    PlannedEvents,
    RejectionError,
    Request,
    Response,
    TokenSpec,
)
from reference_service.rules import ABSENT
from reference_service.token_store import TokenStore

PATH = "/v3/personal-access-tokens"


@dataclass(frozen=True)
class Operation:
    behaviour: Behaviour
    token_store: TokenStore

    def serve(self, request: Request) -> tuple[Response, PlannedEvents]:
        try:
            issued = self._create(request)
        except RejectionError as rejection:
            return self.rejected(request, rejection), self._rejected_event(request, rejection)
        response = self._respond(request, 201, {"accessToken": issued.token})
        return response, self.behaviour.announce(issued)

    def rejected(self, request: Request, rejection: RejectionError) -> Response:
        document = {"message": rejection.message, "code": rejection.code}
        return self._respond(request, rejection.status, document, rejection.headers)

    def _respond(
        self, request: Request, status: int, document: Any, headers: Headers = ()
    ) -> Response:
        for edit in self.behaviour.edits:
            document = edit(request, status, document)
        body = json.dumps(document, indent=self.behaviour.indent).encode()
        fixed = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))
        response = Response(status, (*fixed, *headers), body)
        for step in (*self.behaviour.replies, *self.behaviour.framings):
            response = step(request, response)
        return response

    def _create(self, request: Request) -> Issued:
        for check in self.behaviour.guards.values():
            check(request)
        if request.path != PATH:
            raise RejectionError(404, "notFound", "No such path.")
        if request.method != "POST":
            raise RejectionError(405, "methodNotAllowed", "Use POST.", (("Allow", "POST"),))
        caller, document, spec = self._understand(request)
        for look in self.behaviour.checks:
            look(document, spec, caller)
        if not self.behaviour.claim(self.token_store, spec.name):
            raise RejectionError(409, "nameTaken", "The name is taken.")
        made, given = self.behaviour.clock(), request.one("Authorization")
        issued = Issued(str(uuid.uuid4()), request.number, spec, caller, made, given)
        return replace(issued, token=self.behaviour.issue(self.token_store, issued))

    def _understand(self, request: Request) -> tuple[Caller, Document, TokenSpec]:
        try:
            caller = self.behaviour.recognise(self.token_store, self.behaviour.present(request))
        except RejectionError:
            if self.behaviour.body_first:
                self._read(request)
            raise
        if not self.behaviour.permit(caller):
            raise RejectionError(403, "forbidden", "The credential lacks the permission.")
        return caller, *self._read(request)

    def _read(self, request: Request) -> tuple[Document, TokenSpec]:
        coded = request.one("Content-Encoding").lower() not in ("", "identity")
        if coded or not self.behaviour.media(request.one("Content-Type")):
            raise RejectionError(415, "unsupportedMediaType", "Send application/json.")
        document = self.behaviour.shape(self.behaviour.decode(request.body))
        kept = {key: rule(document.get(key, ABSENT)) for key, rule in self.behaviour.rules.items()}
        spec = TokenSpec(kept["name"], kept["scopes"], kept["revoked"], kept["expiresAt"])
        return document, spec

    def _rejected_event(self, request: Request, rejection: RejectionError) -> PlannedEvents:
        spec = self.behaviour.rejected_events(request, rejection)
        if spec is None:
            return ()
        caller = Caller("7c1b6f0e-5a53-4a0e-9d86-0f7e3f1f2a11", "", ())
        made, given = self.behaviour.clock(), request.one("Authorization")
        issued = Issued(str(uuid.uuid4()), request.number, spec, caller, made, given)
        return self.behaviour.announce(issued)
