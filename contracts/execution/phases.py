"""What is sent to one operation, block by block, and what is learnt before the first of them."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from contracts.execution import issued_tokens, saved_cases, sequences
from contracts.execution.operation_session import Conversation
from contracts.execution.retry_ambiguous import Doubts
from contracts.generators import credentials, edge_cases, invalid_bodies, parameters
from contracts.generators.schemathesis_cases import RANDOM, generated
from contracts.model.case import Plan
from contracts.model.errors import Stopped
from contracts.model.exchange import Exchange
from contracts.model.settings import PROFILES
from openapi.contract import Json

PILOT_TRIES = 3
RANDOM_UNTIL = 60.0
"""Seconds after which no further random body is sent."""

_ADVICE = {
    401: "the token was not accepted: pass a valid one, with --token or HOOKPROOF_TOKEN",
    403: "the token lacks the permission, or one that it is to give on: pass another",
    404: "there is no such operation: is the URL right, its prefix included?",
    405: "the path does not take this method: is the URL right, its prefix included?",
    429: "the service limits the rate of every request: wait, or pass --rate-limit",
}


@dataclass(frozen=True)
class Block:
    """Requests that are sent one after the other, made when they are first asked for."""

    name: str
    make: Callable[[], Iterable[Plan]]
    every: int = 1
    """Of the requests every such one is sent."""

    @cached_property
    def plans(self) -> Sequence[Plan]:
        """The requests, before they have their fresh values."""
        return tuple(self.make())[:: self.every]


def pilot(talk: Conversation) -> str | None:
    """Send a plain valid request, up to three times; say why nothing can be judged, or None."""
    where = f"{talk.operation.method} {talk.url}"
    try:
        exchange = _first_answer(talk)
    except Stopped as stop:
        return f"{where}: {stop}"
    if exchange.failure is not None and exchange.failure.status is None:
        return f"{where}: {exchange.failure.message}; does the service run, is the URL right?"
    sentence = _ADVICE.get(exchange.status or 0)
    return f"{where} was answered {exchange.status}: {sentence}" if sentence else None


def _first_answer(talk: Conversation) -> Exchange:
    plan = Plan("pilot", "a plain valid request", talk.base(), talk.media_type)
    exchange = talk.send(plan)
    limited = talk.operation.answer_to("burst")
    for _ in range(PILOT_TRIES - 1):
        waited_out = limited is not None and str(exchange.status) == limited.status
        if waited_out or (exchange.status is not None and exchange.status < 400):
            break
        exchange = talk.send(plan)
    may_lack = {
        status
        for freedom in talk.operation.freedoms
        if freedom.get("caller-lacks")
        for status in freedom["refused-with"]
    }
    if str(exchange.status) in may_lack and sequences.learn_what_is_held(talk):
        exchange = talk.send(plan)
    return exchange


def run(talk: Conversation, blocks: Iterable[Block], enough: Callable[[], bool]) -> list[str]:
    """Send every block of cases; return a sentence for each that could not be made.

    `enough` is asked after each block: nothing more is sent once it says so.
    """
    undecided: list[str] = []
    doubts = Doubts(talk)
    started = time.monotonic()
    try:
        for block in blocks:
            if block.plans:
                talk.progress(f"{block.name} ...")
            for plan in block.plans:
                # Random bodies say the least for their time, and a slow service makes it long.
                if plan.block == RANDOM and time.monotonic() - started > RANDOM_UNTIL:
                    talk.progress("the service is slow: no more random bodies ...")
                    break
                doubts.send(plan)
            if enough():
                return undecided
        for name, follow in _follow_ups(talk).items():
            talk.progress(f"{name} ...")
            undecided.append(follow() or "")
            if enough():
                break
    except Stopped as stop:
        undecided.append(f"the run was cut short: {stop}")
        talk.cut_short = None if stop.asked_for else str(stop)
    return [reason for reason in undecided if reason]


def blocks(talk: Conversation, earlier: Sequence[Mapping[str, Json]]) -> list[Block]:
    """Return the blocks of cases that can be made before anything was sent.

    `earlier` holds cases that an earlier run has kept.
    """
    contract, operation, settings = talk.contract, talk.operation, talk.settings
    profile = PROFILES[settings.profile]
    every = profile.every
    base = talk.base

    def random() -> Iterable[Plan]:
        return generated(contract, operation, settings.seed, profile.valid, profile.invalid)

    plain = Plan("valid", "a plain valid request", base(), talk.media_type)
    blocks = [
        Block("kept cases", lambda: saved_cases.plans(talk, earlier)),
        Block("credentials", lambda: _credentials(talk)),
        Block("parameters", lambda: parameters.accepted(contract, operation, plain)),
        Block("broken parameters", lambda: parameters.refused(contract, operation, plain)),
        Block("unknown resources", lambda: parameters.unknown(contract, operation, plain)),
        Block("other methods", lambda: edge_cases.other_methods(contract, operation, base())),
        Block("the same again and again", lambda: _steady(talk, profile.steady)),
    ]
    if not operation.content:
        return blocks
    return [
        *blocks[:-1],
        Block("boundaries", lambda: edge_cases.boundaries(contract, operation, base(), every)),
        Block("confusions", lambda: invalid_bodies.confusions(contract, operation, base())),
        Block(
            "near misses", lambda: invalid_bodies.near_misses(contract, operation, base()), every
        ),
        Block("misspelt names", lambda: invalid_bodies.misspelt(base())),
        Block("odd texts", lambda: edge_cases.odd_texts(contract, operation, base()), every),
        Block("formats", lambda: edge_cases.formats(contract, operation, base()), every),
        Block("broken JSON", lambda: invalid_bodies.broken_texts(operation, base())),
        Block("generated bodies", random),
        Block("freedoms", lambda: edge_cases.freedoms(operation, base()), every),
        Block("long arrays", lambda: edge_cases.long_arrays(contract, operation, base())),
        Block("bytes", lambda: edge_cases.raw_probes(operation, base())),
        blocks[-1],
    ]


def _follow_ups(talk: Conversation) -> dict[str, Callable[[], str | None]]:
    rounds = PROFILES[talk.settings.profile].rounds
    steps: dict[str, Callable[[], str | None]] = {
        "issued credentials": lambda: issued_tokens.one_by_one(talk),
        "credentials of other requests": lambda: issued_tokens.of_other_requests(talk),
        "repeated requests": lambda: sequences.repeats(talk),
    }
    if "concurrent" in talk.settings.provoke:
        steps["credentials issued at once"] = lambda: issued_tokens.at_once(talk)
        steps["the same at once"] = lambda: sequences.at_once(talk, rounds)
    if "429" in talk.settings.provoke:
        steps["a burst"] = lambda: sequences.burst(talk)
    return steps


def _steady(talk: Conversation, times: int) -> Iterable[Plan]:
    plan = Plan("valid", "a plain valid request, again", talk.base(), talk.media_type)
    return [plan] * times


def _credentials(talk: Conversation) -> Iterable[Plan]:
    if talk.operation.scheme is None:
        return
    broken = dict(list(talk.base().items())[1:])
    for credential in credentials.refused(talk.settings):
        named = f"credential {credential.kind}"
        yield Plan("credentials", named, talk.base(), talk.media_type, credential)
        if not talk.operation.content:
            continue
        yield Plan("credentials", f"a bad body, {named}", broken, talk.media_type, credential)
    for credential in credentials.forbidden(talk.settings):
        for _ in range(2):
            named = f"credential {credential.kind}"
            yield Plan("credentials", named, talk.base(), talk.media_type, credential)
