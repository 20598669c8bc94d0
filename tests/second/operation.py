"""The one operation: from a request to its answer and to what must be announced."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from typing import Any

from plan import Answer, Ask, Caller, Document, Drafts, Headers, Issued, Plan, RefusalError, Wish
from rules import ABSENT
from vault import Vault

PATH = "/v3/personal-access-tokens"


@dataclass(frozen=True)
class Operation:
    plan: Plan
    vault: Vault

    def serve(self, ask: Ask) -> tuple[Answer, Drafts]:
        try:
            issued = self._create(ask)
        except RefusalError as refusal:
            return self.refused(ask, refusal), self._ghost(ask, refusal)
        answer = self._answer(ask, 201, {"accessToken": issued.token})
        return answer, self.plan.announce(issued)

    def refused(self, ask: Ask, refusal: RefusalError) -> Answer:
        document = {"message": refusal.message, "code": refusal.code}
        return self._answer(ask, refusal.status, document, refusal.headers)

    def _answer(self, ask: Ask, status: int, document: Any, headers: Headers = ()) -> Answer:
        for edit in self.plan.edits:
            document = edit(ask, status, document)
        body = json.dumps(document, indent=self.plan.indent).encode()
        fixed = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))
        answer = Answer(status, (*fixed, *headers), body)
        for step in (*self.plan.replies, *self.plan.framings):
            answer = step(ask, answer)
        return answer

    def _create(self, ask: Ask) -> Issued:
        for check in self.plan.gates.values():
            check(ask)
        if ask.path != PATH:
            raise RefusalError(404, "notFound", "There is nothing here.")
        if ask.method != "POST":
            raise RefusalError(405, "methodNotAllowed", "Use POST.", (("Allow", "POST"),))
        caller, document, wish = self._understand(ask)
        for look in self.plan.checks:
            look(document, wish, caller)
        if not self.plan.claim(self.vault, wish.name):
            raise RefusalError(409, "nameTaken", "There is a token of that name.")
        made, given = self.plan.clock(), ask.one("Authorization")
        issued = Issued(str(uuid.uuid4()), ask.number, wish, caller, made, given)
        return replace(issued, token=self.plan.issue(self.vault, issued))

    def _understand(self, ask: Ask) -> tuple[Caller, Document, Wish]:
        try:
            caller = self.plan.recognise(self.vault, self.plan.present(ask))
        except RefusalError:
            if self.plan.body_first:
                self._read(ask)
            raise
        if not self.plan.permit(caller):
            raise RefusalError(403, "forbidden", "The credential lacks the permission.")
        return caller, *self._read(ask)

    def _read(self, ask: Ask) -> tuple[Document, Wish]:
        coded = ask.one("Content-Encoding").lower() not in ("", "identity")
        if coded or not self.plan.media(ask.one("Content-Type")):
            raise RefusalError(415, "unsupportedMediaType", "Send application/json.")
        document = self.plan.shape(self.plan.decode(ask.body))
        kept = {key: rule(document.get(key, ABSENT)) for key, rule in self.plan.rules.items()}
        wish = Wish(kept["name"], kept["scopes"], kept["revoked"], kept["expiresAt"])
        return document, wish

    def _ghost(self, ask: Ask, refusal: RefusalError) -> Drafts:
        wish = self.plan.ghosts(ask, refusal)
        if wish is None:
            return ()
        caller = Caller("7c1b6f0e-5a53-4a0e-9d86-0f7e3f1f2a11", "", ())
        made, given = self.plan.clock(), ask.one("Authorization")
        issued = Issued(str(uuid.uuid4()), ask.number, wish, caller, made, given)
        return self.plan.announce(issued)
