"""What depends on an answer: credentials that the service issued, repeated requests, a burst."""

from dataclasses import replace

from contracts.conversation import Conversation
from contracts.credentials import bearer
from contracts.exchange import Credential, Expects
from contracts.plan import Plan, Value, constant
from openapi.expression import parse
from openapi.json_text import parse as parse_json
from openapi.marked import marked
from openapi.pointer import get

ISSUED, REPEAT, BURST = "issued", "repeat", "burst"
"""The blocks that the checks tell apart."""


def issued(talk: Conversation) -> str | None:
    """Use credentials that the service itself issued: with the permission, without, revoked.

    Return a sentence if none could be had.
    """
    success = talk.operation.answer_to("valid-request")
    if success is None or not success.content:
        return None
    schema = next(iter(success.content.values()))
    for place, pointer in marked(talk.contract, schema, "x-credential"):
        stated = talk.contract.at(pointer)
        needed = list(talk.operation.permissions)
        few = [p for p in _known(talk, stated["permissions"]) if p not in needed][:2]
        enough = [*few[:1], *needed, *few[1:]]  # Neither first nor last: none may be lost.
        cases: list[tuple[list[str], bool, Expects]] = [
            (enough, False, "accepted"),
            (few, False, "forbidden"),
            (enough, True, "refused"),
            *(([alike], False, "forbidden") for p in needed for alike in _alike(p)),
        ]
        usable = 0
        for permissions, revoked, expects in cases:
            credential = _credential(talk, place, stated, permissions, expects, revoked=revoked)
            # Permissions that nobody knows may be refused.
            if credential is not None:
                usable += 1
                described = f"credential {credential.kind}"
                # It asks for nothing that it does not hold itself.
                values = {parse(stated["permissions"]).where: constant(permissions)}
                talk.send(
                    Plan(ISSUED, described, talk.base(), talk.media_type, credential, values=values)
                )
        if not usable:
            return "the service issued no credential that could be used"
    return None


def _alike(permission: str) -> list[str]:
    """Return permissions that only look like `permission`."""
    resource, colon, action = permission.partition(":")
    other = "read" if action == "write" else "write"
    return [f"{permission}Extra", f"{resource}{colon}{other}", f"x{permission}"]


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


def _known(talk: Conversation, expression: str) -> list[str]:
    where = parse(expression).where
    return [value for place in talk.places if place.request == where for value in place.values]


def _credential(
    talk: Conversation,
    place: str,
    stated: dict[str, str],
    permissions: list[str],
    expects: Expects,
    *,
    revoked: bool,
) -> Credential | None:
    values: dict[str, Value] = {parse(stated["permissions"]).where: constant(permissions)}
    if revoked:
        values[parse(stated["revoked"]).where] = constant(True)
    base = talk.base() | {where.removeprefix("/"): None for where in values}
    kind = "issued, revoked" if revoked else f"issued with {' '.join(permissions)}"
    made = talk.send(Plan("valid", f"create: {kind}", base, talk.media_type, values=values))
    token = get(parse_json(made.answer.body).value, place) if made.answer else None
    if not isinstance(token, str) or not token or not (token.isascii() and token.isprintable()):
        return None
    return Credential(kind, expects, bearer(token))


def repeats(talk: Conversation) -> None:
    """Repeat what an accepted request kept for itself; everything else is fresh."""
    answer = talk.operation.answer_to("repeated-request")
    success = talk.operation.answer_to("valid-request")
    if answer is None or success is None:
        return
    for _ in range(3):
        first = talk.send(Plan("valid", "to be repeated", talk.base(), talk.media_type))
        if first.status != int(success.status):
            continue
        body = first.request.json.value
        places = [parse(expression).where for expression in answer.provoke["keeping"]]
        values = {where: constant(get(body, where)) for where in places}
        described = f"repeats {', '.join(places)} of an accepted one"
        talk.send(Plan(REPEAT, described, talk.base(), talk.media_type, values=values))


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
