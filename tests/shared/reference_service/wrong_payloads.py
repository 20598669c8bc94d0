"""Deviations of the payload: wrong, missing or additional values in an event."""

from __future__ import annotations

import base64
import html
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from reference_service import dates
from reference_service.behaviour import Behaviour, Change, Document, Issued, adding, around, setting
from reference_service.deviation import Deviation

_NAME: Final = "data.name echoes the request (implied)"
_SCOPES: Final = "data.scopes echoes the request as a set (implied)"
_EXPIRES: Final = "data.expiresAt echoes the request, to the millisecond (implied)"
_REVOKED: Final = "data.revoked echoes the request, an absent one as false (implied)"
_OWNER: Final = "data.userId equals data.user.id (implied)"
_UNIQUE: Final = "data.id is unique (implied)"
_EVENT: Final = "event is the literal name (seed)"
_PRESENT: Final = (
    "event, data, triggeredAt and the identity in data are present and not null (seed, implied)"
)
_NULL: Final = "booleans, createdAt and updatedAt are not null (sdk)"
_ITEMS: Final = "items of arrays are never null (seed)"
_TYPES: Final = "fields, nesting and types are as in the seed's example (seed)"
_DATES: Final = "dates look like 2018-04-20T13:11:34.6926949Z, with Z or an offset (docs)"
_SECRET: Final = "no webhook contains the caller's credential or the accessToken (implied)"
_LAST_DAY: Final = dates.read("9999-12-31T00:00:00Z")
_LEAVE_OUT: Final = object()


def _wrong(mistake: str, fact: str, change: Change) -> Deviation:
    return Deviation("webhooks", mistake, fact, change)


def _put(document: Any, path: list[str], make: Callable[[Any], Any]) -> Any:
    if not path:
        return make(document)
    if isinstance(document, list):
        return [_put(item, path, make) for item in document]
    key, *rest = path
    made = _put(document.get(key), rest, make)
    others = {k: v for k, v in document.items() if k != key or made is not _LEAVE_OUT}
    return others if made is _LEAVE_OUT else {**others, key: made}


def _at(path: str, make: Callable[[Any], Any]) -> Change:
    """Change the value at a path, in each item of an array on the path."""
    return adding("payloads", lambda issued, doc: _put(doc, path.split("."), make))


def _is(path: str, value: Any) -> Change:
    return _at(path, lambda old: value)


def _wishes(change: Callable[[Any], Any]) -> Change:
    """Announce other values than requested."""

    def wrap(old: Callable[[Issued], Any]) -> Callable[[Issued], Any]:
        return lambda issued: old(replace(issued, spec=change(issued.spec)))

    return around("announce", wrap)


def _shifted(seconds: int) -> Change:
    def change(spec: Any) -> Any:
        if spec.expires is None or spec.expires >= _LAST_DAY:
            return spec
        return replace(spec, expires=spec.expires + seconds * dates.TICKS)

    return _wishes(change)


def _midnight(spec: Any) -> Any:
    day = 86_400 * dates.TICKS
    return spec if spec.expires is None else replace(spec, expires=spec.expires // day * day)


def _previous(behaviour: Behaviour) -> Behaviour:
    last: list[Issued] = []

    def announce(issued: Issued) -> Any:
        last.append(issued)
        name = last.pop(0).spec.name if len(last) > 1 else issued.spec.name
        return behaviour.announce(replace(issued, spec=replace(issued.spec, name=name)))

    return setting(announce=announce)(behaviour)


def _shared_slot(behaviour: Behaviour) -> Behaviour:
    slot: list[Issued] = []

    def announce(issued: Issued) -> Any:
        slot[:] = [issued]
        return tuple((wait + 0.02, made) for wait, made in behaviour.announce(issued))

    def payload(issued: Issued, document: Document) -> Document:
        spec = slot[0].spec
        data = {
            **document["data"],
            "name": spec.name,
            "scopes": list(spec.scopes),
        }
        return {**document, "data": data}

    return adding("payloads", payload)(setting(announce=announce)(behaviour))


def _with_token(issued: Issued, document: Document) -> Document:
    return {**document, "data": {**document["data"], "accessToken": issued.token}}


def _with_basic(issued: Issued, document: Document) -> Document:
    basic = base64.b64encode(f"{issued.ident}:{issued.token}".encode()).decode()
    return {**document, "data": {**document["data"], "callback": f"Basic {basic}"}}


def _with_credential(issued: Issued, document: Document) -> Document:
    return {**document, "request": {"headers": {"authorization": issued.authorization}}}


def _flat(issued: Issued, document: Document) -> Document:
    rest = {key: value for key, value in document.items() if key != "data"}
    return {**rest, **document["data"]}


def _keys(rename: Callable[[str], str]) -> Change:
    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {rename(key): walk(item) for key, item in value.items()}
        return [walk(item) for item in value] if isinstance(value, list) else value

    return adding("payloads", lambda issued, document: walk(document))


def _snake(key: str) -> str:
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), key)


def _pascal(key: str) -> str:
    return key[:1].upper() + key[1:]


def _mojibake(name: str) -> str:
    return name.encode("utf-8", "replace").decode("cp1252", "replace")


def _dated(write: Callable[[int], Any]) -> Change:
    return setting(write_date=write)


_ECHO: Final = {
    "payload-name-cut-at-50": _wrong(
        "The event table has a column of 50 characters.",
        _NAME,
        _at("data.name", lambda v: v[:50]),
    ),
    "payload-name-lower-case": _wrong(
        "Names are lower-cased for the unique index, and the event has that form.",
        _NAME,
        _at("data.name", str.lower),
    ),
    "payload-name-escaped": _wrong(
        "The name is escaped for HTML.", _NAME, _at("data.name", html.escape)
    ),
    "payload-name-mojibake": _wrong(
        "UTF-8 is decoded as Windows-1252 for the event.", _NAME, _at("data.name", _mojibake)
    ),
    "payload-name-question-marks": _wrong(
        "The column is ASCII and replaces other characters by ?.",
        _NAME,
        _at("data.name", lambda v: v.encode("ascii", "replace").decode()),
    ),
    "payload-name-of-previous": _wrong(
        "The event is composed before its variable is assigned.", _NAME, _previous
    ),
    "payload-name-of-neighbour": _wrong(
        "The current request is in a global that concurrent requests share.",
        _NAME,
        _shared_slot,
    ),
    "payload-scopes-dropped": _wrong(
        "The relation is not loaded when the entity is serialised.",
        _SCOPES,
        _is("data.scopes", []),
    ),
    "payload-scopes-first-only": _wrong(
        "The join returns only one row.", _SCOPES, _at("data.scopes", lambda v: v[:1])
    ),
    "payload-scopes-widened": _wrong(
        "Write implies read, and the event lists the implied scopes.",
        _SCOPES,
        _at("data.scopes", lambda v: [*v, *(s.replace(":write", ":read") for s in v)]),
    ),
    "payload-scopes-lower-case": _wrong(
        "Scopes are stored in lower case.",
        _SCOPES,
        _at("data.scopes", lambda v: [s.lower() for s in v]),
    ),
    "payload-expires-shifted": _wrong(
        "The date is stored in local time and read as UTC.", _EXPIRES, _shifted(7200)
    ),
    "payload-expires-at-midnight": _wrong(
        "The column is a date without a time.", _EXPIRES, _wishes(_midnight)
    ),
    "payload-expires-dropped": _wrong(
        "The event is composed before the expiry is set.", _EXPIRES, _is("data.expiresAt", None)
    ),
    "payload-revoked-always-false": _wrong(
        "The constructor of the entity sets revoked to false.", _REVOKED, _is("data.revoked", False)
    ),
    "payload-revoked-inverted": _wrong(
        "The column is named active and has the opposite value.",
        _REVOKED,
        _at("data.revoked", lambda v: not v),
    ),
}

_IDENTITY: Final = {
    "payload-user-id-differs": _wrong(
        "userId is the account's, user is the caller's.",
        _OWNER,
        _at("data.userId", lambda v: v[::-1]),
    ),
    "payload-user-id-case": _wrong(
        "One identifier passes through a type that writes upper case.",
        _OWNER,
        _at("data.userId", str.upper),
    ),
    "payload-id-constant": _wrong(
        "The identifier is assigned on saving, but the event is composed before.",
        _UNIQUE,
        _is("data.id", str(uuid.UUID(int=0))),
    ),
    "payload-id-is-users": _wrong(
        "A join has two columns named id, and the user's wins.",
        _UNIQUE,
        adding(
            "payloads",
            lambda issued, doc: {**doc, "data": {**doc["data"], "id": issued.caller.user}},
        ),
    ),
    "payload-event-pascal-case": _wrong(
        "The event is named after its class.", _EVENT, _is("event", "PersonalAccessToken.Created")
    ),
    "payload-event-updated": _wrong(
        "Saving publishes the same event for creation and change.",
        _EVENT,
        _is("event", "personalAccessToken.updated"),
    ),
    "payload-event-missing": _wrong(
        "The event name is sent in a header only.", _PRESENT, _is("event", _LEAVE_OUT)
    ),
    "payload-triggered-missing": _wrong(
        "The event has no time; the receiver is expected to add it.",
        _PRESENT,
        _is("triggeredAt", _LEAVE_OUT),
    ),
    "payload-data-flat": _wrong(
        "The properties of the entity are in the envelope.", _PRESENT, adding("payloads", _flat)
    ),
    "payload-user-missing": _wrong(
        "The event omits lazy relations.", _PRESENT, _is("data.user", _LEAVE_OUT)
    ),
    "payload-user-null": _wrong(
        "The user is not loaded, so null is sent.", _PRESENT, _is("data.user", None)
    ),
    "payload-name-missing": _wrong(
        "The allow list of fields is older than the field name.",
        _PRESENT,
        _is("data.name", _LEAVE_OUT),
    ),
    "payload-scopes-null": _wrong(
        "A collection that is not loaded is sent as null.", _PRESENT, _is("data.scopes", None)
    ),
    "payload-metadata-key-null": _wrong(
        "Keys of metadata are masked like their values.",
        _PRESENT,
        _is("data.user.metadata.key", None),
    ),
}

_KINDS: Final = {
    "payload-boolean-null": _wrong(
        "A flag that was never set is null.",
        _NULL,
        _is("data.user.twoFactorEnabled", None),
    ),
    "payload-updated-null": _wrong(
        "updatedAt is null until the first change.", _NULL, _is("data.updatedAt", None)
    ),
    "payload-null-item": _wrong(
        "A deleted role is null in the array.",
        _ITEMS,
        _at("data.user.roles", lambda v: [*v, None]),
    ),
    "payload-revoked-number": _wrong(
        "The database has no booleans, so a number is sent.", _TYPES, _at("data.revoked", int)
    ),
    "payload-id-number": _wrong(
        "The primary key is sent as a number.",
        _TYPES,
        _at("data.id", lambda v: uuid.UUID(v).int % 10**9),
    ),
    "payload-count-string": _wrong(
        "64-bit integers are written as strings, as in the JSON of protocol buffers.",
        _TYPES,
        _at("data.user.organization.allowedUsers", str),
    ),
    "payload-scopes-joined": _wrong(
        "The column of scopes is one string that is not split.",
        _TYPES,
        _at("data.scopes", " ".join),
    ),
    "payload-roles-objects": _wrong(
        "Roles are sent as entities.",
        _TYPES,
        _at("data.user.roles", lambda v: [{"name": name} for name in v]),
    ),
    "payload-metadata-object": _wrong(
        "Metadata is sent as a map.",
        _TYPES,
        _at("data.user.metadata", lambda v: {item["key"]: item["value"] for item in v}),
    ),
    "payload-address-string": _wrong(
        "The address is sent as one string.",
        _TYPES,
        _at("data.user.organization.address", lambda v: "\n".join(v.values())),
    ),
    "payload-snake-case": _wrong(
        "A naming policy of the serialiser turns camelCase into snake_case.",
        _PRESENT,
        _keys(_snake),
    ),
    "payload-pascal-case": _wrong(
        "The serialiser of events has no naming policy and writes PascalCase.",
        _PRESENT,
        _keys(_pascal),
    ),
    "payload-dates-epoch": _wrong(
        "Dates are sent as seconds since 1970.", _DATES, _dated(lambda ticks: ticks // dates.TICKS)
    ),
    "payload-dates-without-zone": _wrong(
        "Dates come from the database without a time zone.",
        _DATES,
        _dated(lambda ticks: dates.write(ticks)[:-1]),
    ),
    "payload-dates-with-space": _wrong(
        "Dates have the format of the database.",
        _DATES,
        _dated(lambda ticks: dates.write(ticks, 6).replace("T", " ").replace("Z", "+00")),
    ),
    "payload-dates-of-asp": _wrong(
        "An old serialiser writes dates as /Date(…)/.",
        _DATES,
        _dated(lambda ticks: f"/Date({ticks // 10_000})/"),
    ),
    "payload-triggered-rfc1123": _wrong(
        "The time of the event is written as an HTTP date.",
        "triggeredAt is a date-time (docs)",
        _at("triggeredAt", lambda v: time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())),
    ),
    "payload-has-access-token": _wrong(
        "The whole entity is serialised, including the secret.",
        _SECRET,
        adding("payloads", _with_token),
    ),
    "payload-has-basic-credential": _wrong(
        "The event contains an Authorization header with the token, for callbacks.",
        _SECRET,
        adding("payloads", _with_basic),
    ),
    "payload-has-credential": _wrong(
        "The event contains the request that caused it, for auditing.",
        _SECRET,
        adding("payloads", _with_credential),
    ),
}

PAYLOADS: Final[dict[str, Deviation]] = {**_ECHO, **_IDENTITY, **_KINDS}
