"""Composition of the sink: store, workers, endpoints."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from starlette.types import ASGIApp

from openapi.contract import Contract
from openapi.http import body_budget, refusal_log
from openapi.http.body_budget import BodyBudget
from openapi.http.page_visit import ICON_PATH, ROOT_PATH
from openapi.http.refusal_log import RefusalLog
from openapi.signatures.scheme import Secrets, secrets_as_tuple
from webhook_sink.api.routes import Lifespan, api_routes, create_router
from webhook_sink.api.services import Services
from webhook_sink.challenges import ChallengeKeys, ChallengeReplies
from webhook_sink.delivery import Delivery
from webhook_sink.destination import NO_FORWARDING, ForwardPolicy
from webhook_sink.forwarding.forwarder import Forwarder
from webhook_sink.intake.batch_writer import BatchWriter, StatusChooser, follow_script
from webhook_sink.intake.endpoint import DeliveryEndpoint, EarlyReply
from webhook_sink.intake.signature_requirement import SignatureRequirement
from webhook_sink.notifications import SequenceNotifier
from webhook_sink.replies.script import ReplyInput, ReplyScripts, parse_reply_scripts
from webhook_sink.storage.pruner import Pruner
from webhook_sink.storage.retention import RetentionLimits
from webhook_sink.storage.store import Store, StoreObserver
from webhook_sink.verdicts.verdict import Verdict, judge
from webhook_sink.verdicts.worker import VerdictWorker

_log = logging.getLogger("hookproof.sink")
DEFAULT_MAX_BODY_BYTES = 1024 * 1024
MAX_BODIES_BYTES = 32 * 1024 * 1024
"""Maximum bytes of all bodies that have no reply yet; twice the largest body if that is more."""
NO_RETENTION_LIMITS = RetentionLimits()


def create_app(  # noqa: PLR0913 - every option of a sink
    contract: Contract,
    *,
    store: Store,
    secret: Secrets = None,
    replies: ReplyScripts | ReplyInput = (200,),
    reply: StatusChooser = follow_script,
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
    retention_limits: RetentionLimits = NO_RETENTION_LIMITS,
    forward_policy: ForwardPolicy = NO_FORWARDING,
    arrivals: SequenceNotifier | None = None,
    token: str | None = None,
    verify: bool = False,
    challenges: Sequence[str] = (),
    challenge_token: str | None = None,
) -> ASGIApp:
    """Return the ASGI app; serve it with `webhook_sink.server.uvicorn_config(app)`, lifespan on.

    `secret` is the webhook secret; without it signatures are unchecked. Only the first of several
    makes a signature valid. `replies` are statuses (200 to 599) for successive deliveries, or reply
    scripts (`webhook_sink.replies.script`); the last status or step repeats. An invalid one raises
    `ValueError`.
    `reply` may choose another status for a delivery. The writer thread calls it; None leaves the
    status to `replies`. The sink stores at most `max_body_bytes` of a body. `retention_limits`
    limit the stored deliveries. `forward_policy` has the destinations of forwards and resends; a
    destination of forwards raises `ValueError` if `store` is shared.
    `arrivals` announces every stored delivery. Page and API require `token`, if there is one.
    With `verify`, a delivery whose signature is not valid gets 401, and no script decides about it;
    `ValueError` if there is no secret, or no scheme to verify. `challenges` are the names of the
    handshakes that the sink answers (`webhook_sink.challenges`), `challenge_token` is the verify
    token of one that has its own; `ValueError` if one lacks its secret.
    The app owns `store` and closes it at shutdown.
    """
    reply_scripts = replies if isinstance(replies, ReplyScripts) else parse_reply_scripts(replies)
    if reply_scripts.needs_forwarding and forward_policy.forward_to is None:
        raise ValueError("the reply step forwarded needs a receiver: set forward_to")
    if store.is_shared and forward_policy.forward_to is not None:
        raise ValueError("a store that several sinks share cannot forward: each would forward all")
    if max_body_bytes < 1:
        raise ValueError("max_body_bytes must be at least 1")
    arrivals = arrivals or SequenceNotifier()
    writer = BatchWriter(store, reply_scripts, arrivals, reply)
    secrets = secrets_as_tuple(secret)
    keys = ChallengeKeys(next(iter(secrets), None), challenge_token)
    early_replies: list[EarlyReply] = [ChallengeReplies(challenges, keys)] if challenges else []
    if verify:
        early_replies.append(SignatureRequirement(contract, next(iter(secrets), None)))

    def judge_delivery(delivery: Delivery, *, with_reason: bool = True) -> Verdict:
        return judge(delivery, contract, secrets, with_reason=with_reason)

    # The index does not contain the reason of a wrong signature.
    judge_without_reason = partial(judge_delivery, with_reason=False)
    hidden = (*secrets, challenge_token) if challenge_token else secrets
    verdict_worker = VerdictWorker(store, judge_without_reason, arrivals, hidden, writer.is_busy)
    services = Services(
        contract,
        store,
        judge_delivery,
        arrivals,
        verdict_worker,
        secrets=secrets,
        forward_policy=forward_policy,
    )
    destination = forward_policy.forward_to
    forwarders = (
        [Forwarder(store, arrivals, services.change_feed, destination)] if destination else []
    )
    forwarded = forwarders[0].wait_for_attempt if forwarders else None
    steps = reply_scripts.steps_by_text()
    delivery_endpoint = DeliveryEndpoint(writer, max_body_bytes, steps, forwarded, early_replies)
    pruner = Pruner(store, retention_limits, services.removed)
    refusals = RefusalLog(_log)
    bodies = BodyBudget(max(MAX_BODIES_BYTES, 2 * max_body_bytes))
    lifespan = _lifespan(
        [pruner, writer, *forwarders, verdict_worker], store, services, refusals, bodies
    )
    return create_router(
        delivery_endpoint,
        api_routes(services, has_token=token is not None),
        token,
        lifespan,
        refusals,
        _visited_paths(contract, reply_scripts),
    )


def _visited_paths(contract: Contract, replies: ReplyScripts) -> Sequence[str]:
    """Return the paths to which a GET of a browser is no delivery."""
    if any(event.method == "GET" for event in contract.events):
        return ()
    scripted = {script.path for script in replies.scripts}
    return [path for path in (ROOT_PATH, ICON_PATH) if path not in scripted]


def _lifespan(
    threads: Sequence[Pruner | BatchWriter | Forwarder | VerdictWorker],
    store: Store,
    observer: StoreObserver,
    refusals: RefusalLog,
    bodies: BodyBudget,
) -> Lifespan:
    """Start `threads` and observe `store`; at shutdown close them in the same order, then it."""

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[dict[str, object]]:
        for thread in threads:
            thread.start()
        with store.observe(observer):
            # The protocol of each connection finds both there.
            yield {refusal_log.STATE_KEY: refusals, body_budget.STATE_KEY: bodies}
        refusals.close()
        for thread in threads:
            thread.close()
        store.close()

    return lifespan
