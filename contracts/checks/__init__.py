"""Checks: pure functions from the closed ledger to judgements, one module for each subject.

A check sends no request. `contracts.reporting` formats the findings. The docstring of a check is
its rule in reports.
"""

from contracts.checks import (
    authentication,
    deliveries,
    error_details,
    events,
    failures,
    instants,
    payloads,
    repeated_requests,
    requests,
    responses,
    retries,
    secrets,
)
from contracts.checks.application import Check
from contracts.resource_checks import lists, repeated_keys, written

CHECKS: dict[str, Check] = {
    "no-response": failures.no_response,
    "server-error": failures.server_error,
    "response-media-type": responses.media_type,
    "response-schema": responses.schema,
    "response-headers": responses.headers,
    "error-detail": error_details.error_detail,
    "valid-request": requests.valid_request,
    "invalid-request": requests.invalid_request,
    "allowed-rejection": requests.allowed_rejection,
    "invalid-credential": authentication.invalid_credential,
    "insufficient-permission": authentication.insufficient_permission,
    "issued-credential": authentication.issued_credential,
    "unknown-resource": requests.unknown_resource,
    "read-after-write": written.read_after_write,
    "deleted-resource": written.deleted_resource,
    "list-items": lists.list_items,
    "list-filter": lists.list_filter,
    "list-paging": lists.list_paging,
    "idempotency-key": repeated_keys.idempotency_key,
    "tenant-isolation": repeated_keys.tenant_isolation,
    "duplicate-request": repeated_requests.duplicate_request,
    "concurrent-duplicates": repeated_requests.concurrent_duplicates,
    "rate-limit": repeated_requests.rate_limit,
    "unique-value": secrets.unique_value,
    "secret-leak": secrets.secret_leak,
    "webhook-sent": events.sent,
    "webhook-single-event": events.single_event,
    "webhook-unexpected": events.unexpected,
    "webhook-method": deliveries.method,
    "webhook-signature": deliveries.signature,
    "webhook-media-type": deliveries.media_type,
    "webhook-json": deliveries.json_text,
    "webhook-event-name": deliveries.event_name,
    "webhook-schema": deliveries.schema,
    "webhook-echo": payloads.echo,
    "webhook-equal": payloads.equal,
    "webhook-unique": payloads.unique,
    "webhook-time": instants.time,
    "webhook-late": events.late,
    "webhook-redelivery": events.redelivery,
    "webhook-retry": retries.retry,
}
"""All checks by name, in report order."""
