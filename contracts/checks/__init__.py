"""The checks: pure functions from the closed books to judgements. Each is one test of the suite."""

from collections.abc import Callable, Iterator

from contracts.books import Books
from contracts.checks import (
    answers,
    credentials,
    deliveries,
    failures,
    payloads,
    repeats,
    requests,
    resources,
    retries,
    secrets,
    webhooks,
)
from contracts.judgements import Judgement

Check = Callable[[Books], Iterator[Judgement]]

CHECKS: dict[str, Check] = {
    "no-answer": failures.no_answer,
    "server-failure": failures.server_failure,
    "answer-media-type": answers.media_type,
    "answer-schema": answers.schema,
    "answer-headers": answers.headers,
    "valid-request": requests.valid_request,
    "invalid-request": requests.invalid_request,
    "freedom": requests.freedom,
    "credential-refused": credentials.credential_refused,
    "permission-required": credentials.permission_required,
    "issued-credential": credentials.issued_credential,
    "unknown-resource": resources.unknown_resource,
    "repeated-request": repeats.repeated_request,
    "repeated-at-once": repeats.repeated_at_once,
    "rate-limit": repeats.rate_limit,
    "unique-value": secrets.unique_value,
    "secret-kept": secrets.secret_kept,
    "webhook-sent": webhooks.sent,
    "webhook-once": webhooks.once,
    "webhook-uncalled": webhooks.uncalled,
    "webhook-method": deliveries.method,
    "webhook-signature": deliveries.signature,
    "webhook-media-type": deliveries.media_type,
    "webhook-json": deliveries.json_text,
    "webhook-event": deliveries.event_name,
    "webhook-schema": deliveries.schema,
    "webhook-echo": payloads.echo,
    "webhook-equal": payloads.equal,
    "webhook-unique": payloads.unique,
    "webhook-late": webhooks.late,
    "webhook-repeated": webhooks.repeated,
    "webhook-retry": retries.retry,
}
"""Every check by its name, in the order of the report."""
