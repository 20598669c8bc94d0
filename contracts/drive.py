"""The exchanges of a run: the pilot, then the blocks of cases, then what follows on them."""

import time
from collections.abc import Iterable

from contracts import credentials, follow_ups, negatives, probes
from contracts.conversation import Conversation, Stopped
from contracts.exchange import Exchange
from contracts.plan import Plan
from contracts.settings import PROFILES
from contracts.strategies import RANDOM, generated

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
    for _ in range(PILOT_TRIES - 1):
        if exchange.status is not None and exchange.status < 400:
            break
        exchange = talk.send(plan)
    may_lack = {
        status
        for freedom in talk.operation.freedoms
        if freedom.get("caller-lacks")
        for status in freedom["refused-with"]
    }
    if str(exchange.status) in may_lack and follow_ups.learn_what_is_held(talk):
        exchange = talk.send(plan)
    return exchange


def run(talk: Conversation) -> list[str]:
    """Send every block of cases; return a sentence for each that could not be made."""
    undecided = list(credentials.undecided(talk.settings))
    started = time.monotonic()
    try:
        for name, plans in _blocks(talk).items():
            talk.progress(f"{name} ...")
            for plan in plans:
                # Random bodies say the least for their time, and a slow service makes it long.
                if plan.block == RANDOM and time.monotonic() - started > RANDOM_UNTIL:
                    talk.progress("the service is slow: no more random bodies ...")
                    break
                talk.send(plan)
        talk.progress("issued credentials, repeated requests ...")
        undecided.append(follow_ups.issued(talk) or "")
        follow_ups.repeats(talk)
        if "429" in talk.settings.provoke:
            talk.progress("a burst ...")
            undecided.append(follow_ups.burst(talk) or "")
    except Stopped as stop:
        undecided.append(f"the run was cut short: {stop}")
    return [reason for reason in undecided if reason]


def _blocks(talk: Conversation) -> dict[str, Iterable[Plan]]:
    contract, operation = talk.contract, talk.operation
    profile = PROFILES[talk.settings.profile]
    return {
        "credentials": _credentials(talk),
        "boundaries": probes.boundaries(contract, operation, talk.base()),
        "confusions": negatives.confusions(contract, operation, talk.base()),
        "misspelt names": negatives.misspelt(talk.base()),
        "odd texts": probes.odd_texts(contract, operation, talk.base()),
        "broken JSON": negatives.broken_texts(operation, talk.base()),
        "generated bodies": generated(
            contract, operation, talk.settings.seed, profile.valid, profile.invalid
        ),
        "freedoms": probes.freedoms(operation, talk.base()),
        "long arrays": probes.long_arrays(contract, operation, talk.base()),
        "other methods": probes.other_methods(contract, operation, talk.base()),
        "bytes": probes.raw_probes(operation, talk.base()),
    }


def _credentials(talk: Conversation) -> Iterable[Plan]:
    if talk.operation.scheme is None:
        return
    broken = talk.base()
    broken.pop(next(iter(broken)))
    for credential in credentials.refused(talk.settings):
        named = f"credential {credential.kind}"
        yield Plan("credentials", named, talk.base(), talk.media_type, credential)
        yield Plan("credentials", f"a bad body, {named}", broken, talk.media_type, credential)
    for credential in credentials.forbidden(talk.settings):
        for _ in range(2):
            named = f"credential {credential.kind}"
            yield Plan("credentials", named, talk.base(), talk.media_type, credential)
