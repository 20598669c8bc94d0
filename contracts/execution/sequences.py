"""What depends on an answer: what the caller may give on, repeated requests, a burst."""

from dataclasses import replace

from contracts.execution.operation_session import Conversation
from contracts.model.case import AT_ONCE, BURST, REPEAT, Plan, constant
from openapi.contract import Response
from openapi.json_pointer import get
from openapi.runtime_expression import parse

TIMES = 3
SAME = 8
"""How many requests for one thing are sent at once."""


def learn_what_is_held(talk: Conversation) -> bool:
    """Find which permissions the caller may give on, where a service lets no others be given.

    Return whether any were found; then only those are asked for from here on.
    """
    success = talk.operation.answer_to("valid-request")
    needed = list(talk.operation.permissions)
    subsets = [place for place in talk.places if place.kind == "subset"]
    if success is None or not needed or len(subsets) != 1:
        return False
    place = subsets[0]

    def may_give(permissions: list[str]) -> bool:
        values = {place.request: constant(permissions)}
        plan = Plan("probe: held permissions", "are these permissions held", talk.base(),
                    talk.media_type, values=values)  # fmt: skip
        return talk.send(plan).status == int(success.status)

    if not may_give(needed):
        return False
    held = [p for p in place.values if p in needed or may_give([*needed, p])]
    kept = replace(
        place,
        values=tuple(held),
        least=min(place.least, len(held)),
        most=min(place.most, len(held)),
    )
    talk.places = tuple(kept if other is place else other for other in talk.places)
    return True


def repeats(talk: Conversation) -> None:
    """Repeat what an accepted request kept for itself; everything else is fresh."""
    answer = talk.operation.answer_to("repeated-request")
    success = talk.operation.answer_to("valid-request")
    if answer is None or success is None:
        return
    for _ in range(TIMES):
        first = talk.send(Plan("valid", "to be repeated", talk.base(), talk.media_type))
        if first.status == int(success.status):
            talk.send(_repetition(talk, answer, first.request.json.value, REPEAT))


def _repetition(talk: Conversation, answer: Response, body: object, block: str) -> Plan:
    places = [parse(expression).where for expression in answer.provoke["keeping"]]
    values = {where: constant(get(body, where)) for where in places}
    described = f"repeats {', '.join(places)} of an accepted one"
    return Plan(block, described, talk.base(), talk.media_type, values=values)


def at_once(talk: Conversation, rounds: int) -> None:
    """Send several requests for one thing at once, `rounds` times."""
    answer = talk.operation.answer_to("repeated-request")
    if answer is None:
        return
    for _ in range(rounds):
        model = talk.request(Plan("model", "", talk.base(), talk.media_type))
        plan = replace(
            _repetition(talk, answer, model.json.value, AT_ONCE),
            description=f"one of {SAME} at once",
            together=model.number,
        )
        talk.send_together([plan] * SAME)


def burst(talk: Conversation) -> str | None:
    """Send half as many again as the rate limit allows; return a sentence if there is none."""
    limit = talk.operation.rate_limit
    answer = talk.operation.answer_to("burst")
    if limit is None or answer is None:
        return "the contract states no rate limit to exceed"
    for _ in range(int(limit["requests"] * 1.5) + 1):
        plan = Plan(BURST, "one of a burst", talk.base(), talk.media_type)
        if talk.send_once(plan).status == int(answer.status):
            return None
    return None
