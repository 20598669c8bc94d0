"""What a run will cost the service, said before its first request. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from contracts.execution import issued_tokens, sequences
from contracts.execution.operation_session import Conversation
from contracts.execution.phases import Block
from contracts.expectations.expectation import expectation
from contracts.generators.token_requests import Wanted
from contracts.model.case import Plan, build
from contracts.model.settings import PROFILES, Settings
from contracts.model.unique_values import Freshness


@dataclass(frozen=True, slots=True)
class Cost:
    """Requests, and how many of them may create something."""

    requests: int
    creations: int
    most: int | None
    """No more than so many requests are sent, whatever the cases."""

    @property
    def sentence(self) -> str:
        """The cost in words."""
        told = f"this run sends about {self.requests} requests and creates up to {self.creations} "
        bound = "" if self.most is None else f", and stops after {self.most} (--max-requests)"
        return f"{told}resources{bound}"


def cost(talks: Sequence[Conversation], blocks: Mapping[str, Sequence[Block]]) -> Cost:
    """Return what sending `blocks` (by operation id) and all that follows them will cost."""
    requests = creations = 0
    for talk in talks:
        plans = [plan for block in blocks[talk.operation.id] for plan in block.plans]
        creating = sum(_may_create(talk, plan) for plan in plans)
        sent, made = _afterwards(talk)
        requests += 1 + len(plans) + sent
        creations += (1 + creating + made) * talk.operation.may_create
        if talk.supply is not None:
            needed = talk.supply.needed(1 + creating + made)
            requests += needed
            creations += needed
    most = talks[0].settings.max_requests if talks else None
    return Cost(requests, creations, most)


def _may_create(talk: Conversation, plan: Plan) -> bool:
    fresh = Freshness("000000", 0, datetime.now(UTC)).next()
    request = build(
        talk.contract,
        talk.operation,
        talk.places,
        plan,
        fresh,
        talk.credential,
        talk.plain_texts(),
    )
    return expectation(talk.contract, request, fresh.instant.timestamp()).kind in ("valid", "free")


def _afterwards(talk: Conversation) -> tuple[int, int]:
    """Return how many requests depend on earlier answers, and how many of them may create."""
    settings: Settings = talk.settings
    sent = made = 0
    for issuer in issued_tokens.issuers(talk):
        wanted = list(issuer.terms.wanted())
        sent += 2 * len(wanted) + 1 + issued_tokens.OTHERS
        made += len(wanted) + _good(wanted) + 1 + issued_tokens.OTHERS
    if talk.operation.answer_to("repeated-request"):
        sent += 2 * sequences.TIMES
        made += 2 * sequences.TIMES
    if "concurrent" in settings.provoke:
        rounds = PROFILES[settings.profile].rounds
        mixed = [one for issuer in issued_tokens.issuers(talk) for one in issuer.terms.mixed()]
        sent += 2 * len(mixed) + rounds * sequences.SAME
        made += len(mixed) + _good(mixed) + rounds
    if "429" in settings.provoke and talk.operation.rate_limit is not None:
        sent += int(talk.operation.rate_limit["requests"] * 1.5) + 1
        made += talk.operation.rate_limit["requests"]
    if "retry" in settings.provoke:
        sent, made = sent + 1, made + 1
    return sent, made


def _good(wanted: Iterable[Wanted]) -> int:
    """Return how many of the credentials are good for another creation."""
    return sum(one.expects == "accepted" for one in wanted)
