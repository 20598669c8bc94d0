"""Frequent causes of the findings of each check, for the help of reports."""

from collections.abc import Mapping
from types import MappingProxyType

FREQUENT_CAUSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "no-response": (
            "a handler that hangs on unexpected input",
            "a worker that crashes",
        ),
        "server-error": ("an unhandled exception",),
        "response-media-type": ("the error page or problem+json of a framework",),
        "response-schema": (
            "the error body of a framework",
            "a renamed or wrapped property",
        ),
        "error-detail": ("the debug mode of a framework", "the text of an exception as message"),
        "response-headers": (
            "missing `Retry-After`",
            "a date as Unix time",
        ),
        "valid-request": (
            "200 or 202 instead of 201",
            "a length limit in bytes",
            "an undocumented rule",
        ),
        "invalid-request": (
            "a missing validation",
            "422 instead of 400",
            "type coercion",
        ),
        "allowed-rejection": ("an undocumented status",),
        "invalid-credential": (
            "a token that is decoded but not verified",
            "403 instead of 401",
        ),
        "insufficient-permission": (
            "authentication without authorisation",
            "401 or 404 instead of 403",
        ),
        "issued-credential": ("scopes or the permission lost at creation",),
        "unknown-resource": (
            "a not-found exception that causes a 500",
            "200 with an empty body",
        ),
        "duplicate-request": ("an unhandled unique-index exception of the database",),
        "concurrent-duplicates": ("a lookup before the insert, without a unique index",),
        "rate-limit": ("a limit that is not configured, or not per address",),
        "unique-value": ("a cached response",),
        "secret-leak": (
            "the whole entity in the webhook",
            "debug output in an error",
        ),
        "webhook-sent": (
            "a worker that does not run",
            "a URL other than the printed one",
        ),
        "webhook-single-event": ("two workers that process the same job",),
        "webhook-unexpected": (
            "an event sent before the transaction is committed",
            "another user of the listener",
        ),
        "webhook-method": ("PUT or GET in the sender",),
        "webhook-signature": (
            "a wrong secret",
            "hex instead of base64",
            "a body that is re-serialised after signing",
        ),
        "webhook-media-type": ("the default of the HTTP client",),
        "webhook-json": ("a body that is encoded twice, or form-encoded",),
        "webhook-event-name": ("a different spelling of the name",),
        "webhook-schema": (
            "a missing or renamed property",
            "a wrong type",
        ),
        "webhook-echo": (
            "a short database column",
            "a time zone",
            "a default instead of the value",
        ),
        "webhook-equal": ("two queries that read different owners",),
        "webhook-unique": (
            "a constant",
            "the id of another entity",
        ),
        "webhook-time": ("local time with the zone of UTC", "the default of a database column"),
        "webhook-late": ("a queue that is slower than the deadline",),
        "webhook-redelivery": ("a retry that does not wait for the first response",),
        "webhook-retry": (
            "no second attempt",
            "a new payload with the old signature",
        ),
    }
)
