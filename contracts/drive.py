"""Driving the exchanges of a run: the pilot, then the blocks of cases, each entry into the ledger.

A rate limit slows the drive down and is never taken for a refusal: a 429 is waited out. A service
that stops answering ends the drive, not the verdict.
"""

import time
from collections.abc import Callable, Iterable

from contracts import credentials, probes
from contracts.correlators import Correlator, Freshness, correlators
from contracts.exchange import Credential, Exchange, Expects
from contracts.plan import Plan, Value, build, constant
from contracts.settings import Settings
from contracts.strategies import generated
from contracts.target import Target, pause_after
from openapi.document import Contract, Operation
from openapi.expression import parse
from openapi.json_text import parse as parse_json
from openapi.marked import marked
from openapi.pointer import get

MOST_UNANSWERED = 5
"""After so many requests without an answer nothing more is sent: each costs a whole timeout."""
TRIES_WHEN_LIMITED = 6
PILOT_TRIES = 3
VALID, INVALID = 60, 140
"""How many random bodies are drawn of either kind."""


class Stopped(Exception):
    """The service answers no more: the rest of the cases is not sent."""


class Drive:
    """One operation driven against one target; `exchanges` grows as it goes."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        settings: Settings,
        target: Target,
        freshness: Freshness,
        progress: Callable[[str], None],
    ) -> None:
        self.exchanges: list[Exchange] = []
        self.undecided: list[str] = list(credentials.undecided(settings))
        self._contract = contract
        self._operation = operation
        self._settings = settings
        self._target = target
        self._freshness = freshness
        self._progress = progress
        self._places: tuple[Correlator, ...] = correlators(contract, operation)
        self._valid = credentials.valid(settings)
        self._unanswered = 0

    @property
    def operation(self) -> Operation:
        """The operation that is driven."""
        return self._operation

    @property
    def places(self) -> tuple[Correlator, ...]:
        """The correlators of the operation."""
        return self._places

    def pilot(self) -> str | None:
        """Send a plain valid request, up to three times; say why nothing can be judged, or None."""
        plan = Plan("pilot", "a plain valid request", self._base(), self._media())
        exchange = self._send(plan)
        for _ in range(PILOT_TRIES - 1):
            if exchange.status is not None and exchange.status < 400:
                break
            exchange = self._send(plan)
        where = f"{self._operation.method} {self._target.url}{self._operation.path}"
        if exchange.failure is not None:
            return f"{where}: {exchange.failure.message}; does the service run, is the URL right?"
        advice = {
            401: "the token was not accepted: pass a valid one, with --token or HOOKPROOF_TOKEN",
            403: "the token lacks the permission, or one that it is to give on: pass another",
            404: "there is no such operation: is the URL right, its prefix included?",
            405: "the path does not take this method: is the URL right, its prefix included?",
            429: "the service limits the rate of every request: wait, or pass --rate-limit",
        }
        sentence = advice.get(exchange.status or 0)
        return f"{where} was answered {exchange.status}: {sentence}" if sentence else None

    def run(self) -> None:
        """Send every block of cases; stop early where the service answers no more."""
        blocks: dict[str, Iterable[Plan]] = {
            "credentials": self._credentials(),
            "boundaries": probes.boundaries(self._contract, self._operation, self._base()),
            "confusions": probes.confusions(self._contract, self._operation, self._base()),
            "broken JSON": probes.broken_texts(self._operation, self._marked_base()),
            "generated bodies": generated(
                self._contract, self._operation, self._settings.seed, VALID, INVALID
            ),
            "freedoms": probes.freedoms(self._operation, self._base()),
            "bytes": probes.raw_probes(self._operation, self._marked_base()),
        }
        try:
            for name, plans in blocks.items():
                self._progress(f"{name} ...")
                for plan in plans:
                    self._send(plan)
            self._progress("issued credentials, repeated requests ...")
            self._issued()
            self._repeats()
            if "429" in self._settings.provoke:
                self._progress("a burst ...")
                self._burst()
        except Stopped as stop:
            self.undecided.append(f"the run was cut short: {stop}")

    def _send(self, plan: Plan) -> Exchange:
        """Send `plan`, as often as a rate limit or a lost connection asks; return the last."""
        limited = self._operation.answer_to("burst")
        lost = False
        for attempt in range(TRIES_WHEN_LIMITED):
            fresh = self._freshness.next()
            request = build(self._contract, self._operation, self._places, plan, fresh, self._valid)
            exchange = self._target.send(request)
            self.exchanges.append(exchange)
            if exchange.repeated and not lost:
                lost = True
                continue
            if exchange.failure is not None:
                self._count_unanswered(exchange)
                return exchange
            if limited is None or exchange.status != int(limited.status):
                return exchange
            assert exchange.answer is not None
            pause = pause_after(exchange.answer, attempt, time.time())
            self._progress(f"rate limited, waiting {pause:.0f} s ...")
            time.sleep(pause)
        if plan.block == "pilot":
            return exchange
        raise Stopped(f"{TRIES_WHEN_LIMITED} tries in a row were answered {exchange.status}")

    def _count_unanswered(self, exchange: Exchange) -> None:
        self._unanswered += 1
        if self._unanswered >= MOST_UNANSWERED:
            assert exchange.failure is not None
            raise Stopped(
                f"{MOST_UNANSWERED} requests got no answer, the last: {exchange.failure.message}"
            )

    def _base(self) -> dict[str, object]:
        """Return the operation's first request example: valid, and made fresh when it is sent."""
        content = self._contract.at(self._operation.pointer)["requestBody"]["content"]
        examples = content[self._media()].get("examples", {})
        for example in examples.values():
            value = example["value"]
            return dict(value)
        raise LookupError(f"{self._operation.id} has no request example to start from")

    def _marked_base(self) -> dict[str, object]:
        """Return the base for bodies that go as bytes: `{mark}` stands where the mark goes."""
        fresh = self._freshness.next()
        plan = Plan("", "", self._base(), self._media())
        request = build(self._contract, self._operation, self._places, plan, fresh, self._valid)
        value = parse_json(request.body.replace(fresh.mark.encode(), b"{mark}")).value
        assert isinstance(value, dict), "the base of an operation is an object"
        return value

    def _media(self) -> str:
        return next(iter(self._operation.content))

    def _credentials(self) -> Iterable[Plan]:
        if self._operation.scheme is None:
            return
        broken = self._base()
        broken.pop(next(iter(broken)))
        for credential in credentials.refused(self._settings):
            described = f"credential {credential.kind}"
            yield Plan("credentials", described, self._base(), self._media(), credential)
            described = f"a bad body, credential {credential.kind}"
            yield Plan("credentials", described, broken, self._media(), credential)
        for credential in credentials.forbidden(self._settings):
            for _ in range(2):
                described = f"credential {credential.kind}"
                yield Plan("credentials", described, self._base(), self._media(), credential)

    def _issued(self) -> None:
        """Use credentials that the service itself issued: enough scopes, too few, revoked."""
        success = self._operation.answer_to("valid-request")
        if success is None or not success.content:
            return
        schema = next(iter(success.content.values()))
        for place, pointer in marked(self._contract, schema, "x-credential"):
            stated = self._contract.at(pointer)
            needed = list(self._operation.permissions)
            few = [p for p in self._known(stated["permissions"]) if p not in needed][:2]
            self._use(place, stated, [*needed, *few], "accepted")
            self._use(place, stated, few, "forbidden")
            self._use(place, stated, [*needed, *few], "refused", revoked=True)

    def _known(self, expression: str) -> list[str]:
        where = parse(expression).where
        return [v for place in self._places if place.request == where for v in place.values]

    def _use(
        self,
        place: str,
        stated: dict[str, str],
        permissions: list[str],
        expects: Expects,
        *,
        revoked: bool = False,
    ) -> None:
        values: dict[str, Value] = {parse(stated["permissions"]).where: lambda _: permissions}
        if revoked:
            values[parse(stated["revoked"]).where] = lambda _: True
        base = self._base()
        for pointer in values:
            base.setdefault(pointer.removeprefix("/"), None)
        kind = "issued, revoked" if revoked else f"issued with {' '.join(permissions)}"
        made = self._send(Plan("valid", f"create: {kind}", base, self._media(), values=values))
        token = get(parse_json(made.answer.body).value, place) if made.answer else None
        usable = isinstance(token, str) and token.isascii() and token.isprintable()
        if not isinstance(token, str) or not token or not usable:
            self.undecided.append("no credential was issued that could be used")
            return
        credential = Credential(kind, expects, credentials.bearer(token))
        self._send(Plan("issued", f"credential {kind}", self._base(), self._media(), credential))

    def _repeats(self) -> None:
        """Repeat what an accepted request kept for itself; everything else is fresh."""
        answer = self._operation.answer_to("repeated-request")
        if answer is None:
            return
        success = self._operation.answer_to("valid-request")
        for _ in range(3):
            first = self._send(Plan("valid", "to be repeated", self._base(), self._media()))
            if success is None or first.status != int(success.status):
                continue
            body = first.request.json.value
            kept = {parse(e).where: get(body, parse(e).where) for e in answer.provoke["keeping"]}
            values = {where: constant(value) for where, value in kept.items()}
            described = f"repeats {', '.join(answer.provoke['keeping'])} of an accepted one"
            self._send(Plan("repeat", described, self._base(), self._media(), values=values))

    def _burst(self) -> None:
        limit = self._operation.rate_limit
        answer = self._operation.answer_to("burst")
        if limit is None or answer is None:
            self.undecided.append("the contract states no rate limit to exceed")
            return
        plan = Plan("burst", "one of a burst", self._base(), self._media())
        for _ in range(int(limit["requests"] * 1.5) + 1):
            fresh = self._freshness.next()
            request = build(self._contract, self._operation, self._places, plan, fresh, self._valid)
            exchange = self._target.send(request)
            self.exchanges.append(exchange)
            if exchange.failure is not None:
                self._count_unanswered(exchange)
            if exchange.status == int(answer.status):
                return
