"""Checks: pure functions from the closed ledger to judgements. Each is one test of the suite.

One module for each subject. A check sends nothing; what a finding looks like is decided in
`contracts.reporting`.
"""

from collections.abc import Callable, Iterator

from contracts.checks import (
    authentication,
    deliveries,
    events,
    failures,
    payloads,
    repeated_requests,
    requests,
    responses,
    retries,
    secrets,
)
from contracts.checks.judgement import Judgement
from contracts.ledger.ledger import Ledger

Check = Callable[[Ledger], Iterator[Judgement]]

CHECKS: dict[str, Check] = {
    "no-answer": failures.no_answer,
    "server-failure": failures.server_failure,
    "answer-media-type": responses.media_type,
    "answer-schema": responses.schema,
    "answer-headers": responses.headers,
    "valid-request": requests.valid_request,
    "invalid-request": requests.invalid_request,
    "freedom": requests.freedom,
    "credential-refused": authentication.credential_refused,
    "permission-required": authentication.permission_required,
    "issued-credential": authentication.issued_credential,
    "unknown-resource": requests.unknown_resource,
    "repeated-request": repeated_requests.repeated_request,
    "repeated-at-once": repeated_requests.repeated_at_once,
    "rate-limit": repeated_requests.rate_limit,
    "unique-value": secrets.unique_value,
    "secret-kept": secrets.secret_kept,
    "webhook-sent": events.sent,
    "webhook-once": events.once,
    "webhook-uncalled": events.uncalled,
    "webhook-method": deliveries.method,
    "webhook-signature": deliveries.signature,
    "webhook-media-type": deliveries.media_type,
    "webhook-json": deliveries.json_text,
    "webhook-event": deliveries.event_name,
    "webhook-schema": deliveries.schema,
    "webhook-echo": payloads.echo,
    "webhook-equal": payloads.equal,
    "webhook-unique": payloads.unique,
    "webhook-late": events.late,
    "webhook-repeated": events.repeated,
    "webhook-retry": retries.retry,
}
"""Every check by its name, in the order of the report."""
