"""Exports: JSON Lines with complete deliveries, HTTP archives, copies, and raw bodies."""

import base64
import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from support.sink import RunningSink, StartSink

from webhook_sink.delivery import Delivery, ForwardAttempt
from webhook_sink.export.files import http_archive, json_lines
from webhook_sink.export.har import har_entry

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": -1}
SPAN = {"type": "number", "minimum": 0}


def thing(**fields: Any) -> dict[str, Any]:
    """Return the schema of an object of HAR 1.2; names of custom fields begin with `_`."""
    optional = {"comment": TEXT, **fields.pop("optional", {})}
    return {
        "type": "object",
        "properties": {**fields, **optional},
        "required": list(fields),
        "patternProperties": {"^_": {}},
        "additionalProperties": False,
    }


def many(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


NAMED = many(thing(name=TEXT, value=TEXT))
MESSAGE: dict[str, Any] = {
    "httpVersion": TEXT,
    "cookies": NAMED,
    "headers": NAMED,
    "headersSize": COUNT,
    "bodySize": COUNT,
}
ENTRY = thing(
    startedDateTime={"type": "string", "format": "date-time"},
    time=SPAN,
    request=thing(
        method=TEXT,
        url=TEXT,
        queryString=NAMED,
        **MESSAGE,
        optional={"postData": thing(mimeType=TEXT, text=TEXT)},
    ),
    response=thing(
        status={"type": "integer", "minimum": 0},
        statusText=TEXT,
        redirectURL=TEXT,
        content=thing(size=COUNT, mimeType=TEXT, optional={"text": TEXT, "encoding": TEXT}),
        **MESSAGE,
    ),
    cache={"type": "object", "maxProperties": 0},
    timings=thing(send=SPAN, wait=SPAN, receive=SPAN),
)
HAR = thing(
    log=thing(version={"const": "1.2"}, creator=thing(name=TEXT, version=TEXT), entries=many(ENTRY))
)


def validate(value: Any, schema: dict[str, Any]) -> None:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(value)


@pytest.fixture
def answered() -> ForwardAttempt:
    return ForwardAttempt(
        id=1,
        delivery_id=1,
        action="forward",
        url="http://127.0.0.1:3000/hooks",
        at=1790000000.5,
        seconds=0.25,
        status=302,
        headers=((b"Content-Type", b"text/plain"), (b"Location", b"/there"), (b"X", b"\xff")),
        body=b"\xff\0",
        truncated=False,
        error=None,
    )


@pytest.fixture
def client(start: StartSink) -> Iterator[RunningSink]:
    with start(max_body_bytes=200_000) as running:
        yield running


def of_line(line: str) -> tuple[Delivery, list[ForwardAttempt]]:
    """Parse a delivery and its forward attempts from a line."""
    data = json.loads(line)
    forward_attempt = [
        ForwardAttempt(id=0, delivery_id=data["id"], **message(one)) for one in data.pop("outgoing")
    ]
    return Delivery(**message(data)), forward_attempt


def message(data: dict[str, Any]) -> dict[str, Any]:
    ((kind, text),) = data["body"].items()
    pairs = tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in data["headers"])
    body = base64.b64decode(text) if kind == "base64" else text.encode()
    return {**data, "headers": pairs, "body": body}


def test_a_line_contains_a_complete_delivery(draft: Delivery, answered: ForwardAttempt) -> None:
    deliveries = [
        replace(draft, id=1, head_received_at=1790000000.1, reply="503 delay=2", version="1.0"),
        replace(draft, id=2, body="Zürich\n\u2028\0".encode(), truncated=True),
        replace(draft, id=3, body=b"", headers=()),
    ]
    failed = replace(answered, status=None, error="nobody listens there", headers=(), body=b"")
    attempts = {1: (), 2: (answered,), 3: (failed, answered)}
    text = "".join(json_lines((one, attempts[one.id]) for one in deliveries))
    assert text.isascii()
    made = [of_line(line) for line in text.splitlines()]
    assert [delivery for delivery, _ in made] == deliveries
    for (delivery, forward_attempt), one in zip(made, deliveries, strict=True):
        assert forward_attempt == [
            replace(p, id=0, delivery_id=delivery.id) for p in attempts[one.id]
        ]


def test_an_archive_conforms_to_har(draft: Delivery, answered: ForwardAttempt) -> None:
    unanswered = replace(draft, id=4, status=0, reply="hang", target="*", headers=(), body=b"")
    found = [
        (replace(draft, id=1), ()),
        (replace(draft, id=2, truncated=True, body=b"text"), (answered,)),
        (replace(draft, id=3), (replace(answered, status=None, error="no answer", body=b""),)),
        (unanswered, ()),
        (replace(draft, id=5, target="http://other.example/?a=1&a=&b"), ()),
    ]
    for some in ([], found[:1], found):
        archive = json.loads("".join(http_archive(some, "http://127.0.0.1:4020", "1.0")))
        validate(archive, HAR)
        assert [one["_id"] for one in archive["log"]["entries"]] == [d.id for d, _ in some]
    first, second, third, fourth, fifth = archive["log"]["entries"]
    assert base64.b64decode(first["request"]["postData"]["text"]) == draft.body
    assert first["request"]["postData"]["_encoding"] == "base64"
    assert [h["value"] for h in first["request"]["headers"][:3]] == ["1", "2", ""]
    assert (first["response"]["status"], first["response"]["statusText"]) == (200, "OK")
    assert second["request"]["postData"]["text"] == "text"
    assert second["comment"] == "the sink stored only the first 4 bytes of the body"
    assert second["_respondedBy"] == answered.url
    assert second["response"]["redirectURL"] == "/there"
    assert second["response"]["content"] == {
        "size": 2, "mimeType": "text/plain", "text": "/wA=", "encoding": "base64",
    }  # fmt: skip
    assert second["time"] == second["timings"]["wait"] == 250
    assert (third["response"]["status"], third["_error"]) == (0, "no answer")
    assert (fourth["response"]["status"], fourth["response"]["_reply"]) == (0, "hang")
    assert fifth["request"]["url"] == "http://other.example/?a=1&a=&b"
    assert [tuple(field.values()) for field in fifth["request"]["queryString"]] == [
        ("a", "1"), ("a", ""), ("b", ""),
    ]  # fmt: skip


def test_the_times_of_an_entry(draft: Delivery) -> None:
    slow = replace(draft, head_received_at=draft.received_at - 2)
    made = har_entry(slow, None, "http://127.0.0.1:4020")
    assert made["startedDateTime"] == "2026-09-21T14:13:18.123+00:00"
    assert made["timings"] == {"send": 2000, "wait": 0, "receive": 0}


@pytest.mark.integration
def test_an_export_contains_exactly_the_matching_deliveries(client: RunningSink) -> None:
    for number in range(250):
        client.post(b"odd" if number % 2 else b"e" * 1000, "/a" if number % 5 else "/b")
    stored = client.sink.deliveries()
    wanted = {
        "": stored,
        "path=/b": [one for one in stored if one.target == "/b"],
        "text=odd&after=100": [one for one in stored[100:] if one.body == b"odd"],
        "before=3&newest=1": stored[:2],
        "verdict=conforms": [],
    }
    for query, deliveries in wanted.items():
        answer = client.api(f"api/deliveries/export?format=jsonl&{query}")
        assert answer.status_code == 200
        made = [of_line(line)[0] for line in answer.text.splitlines()]
        assert made == list(deliveries), query
        answer = client.api(f"api/deliveries/export?format=har&{query}")
        validate(answer.json(), HAR)
        assert [e["_id"] for e in answer.json()["log"]["entries"]] == [d.id for d in deliveries]
        assert answer.headers["content-disposition"] == 'attachment; filename="deliveries.har"'


@pytest.mark.integration
def test_an_export_is_streamed_from_the_store(client: RunningSink) -> None:
    for _ in range(40):
        client.post(bytes(200_000))
    url = f"{client.sink.url}/_hookproof/api/deliveries/export"
    with client.http.stream("GET", url) as answer:
        pieces = answer.iter_bytes()
        next(pieces)
        # The rest of the response lacks deliveries that were removed before they were read.
        assert client.http.delete(f"{client.sink.url}/_hookproof/api/deliveries").is_success
        rest = b"".join(pieces)
    assert rest.count(b"\n") < 40


@pytest.mark.integration
def test_a_body_is_a_download_of_bytes(client: RunningSink) -> None:
    body = b"<script>alert(1)</script>\0\xff"
    client.post(body, **{"Content-Type": "text/html"})
    answer = client.api("api/deliveries/1/body")
    assert answer.content == body
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="delivery-1.body"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.api("api/deliveries/2/body").status_code == 404


@pytest.mark.integration
def test_the_api_returns_copies(client: RunningSink) -> None:
    client.post(b'{"a": 1}', "/hook?x=1", **{"X-Signature": "abc"})
    client.post(b"\0" * 100_000)
    command = client.api("api/deliveries/1/copy?format=curl")
    assert command.headers["content-type"] == "text/plain; charset=utf-8"
    test = client.api("api/deliveries/1/copy?format=test&url=http://[::1]:3000/prefix/").text
    assert "\"RECEIVER_URL\", 'http://[::1]:3000/prefix'" in test
    validate(client.api("api/deliveries/1/copy?format=har").json(), ENTRY)
    # Unchanged, both commands deliver to this sink; the second first downloads its body.
    for number in (1, 2):
        text = client.api(f"api/deliveries/{number}/copy").text
        subprocess.run(["bash", "-c", text], check=True, capture_output=True, timeout=30)
    first, second, third, fourth = client.sink.deliveries()
    assert (third.target, third.body, fourth.body) == (first.target, first.body, second.body)
    kept = [(n.lower(), v) for n, v in first.headers if n.lower() != b"connection"]
    assert sorted((n.lower(), v) for n, v in third.headers) == sorted(kept)


@pytest.mark.integration
def test_rejects_invalid_formats_and_urls(client: RunningSink) -> None:
    client.post()
    for path in (
        "1/copy?format=powershell",
        "1/copy?url=ftp://x",
        "1/copy?url=http://x/?a",
        "1/copy?url=http://x/';rm",
        "1/copy?url=http://user@x",
        "export?format=csv",
        "export?event=none",
    ):
        answer = client.api(f"api/deliveries/{path}")
        if path.endswith("rm"):
            assert "'http://x/'\"'\"';rm/hook'" in answer.text
            continue
        assert (answer.status_code, list(answer.json())) == (400, ["message"]), path
    assert client.api("api/deliveries/9/copy?format=curl").status_code == 404


@pytest.mark.integration
def test_copies_contain_no_secret(start: StartSink) -> None:
    secret = "the webhook secret of the tests"
    token = "the token of the tests"
    with start(secret=secret, token=token) as client:
        client.post(b"\0" * 100_000)
        proof = {"Authorization": f"Bearer {token}"}
        for path in (
            "1/copy?format=curl",
            "1/copy?format=test",
            "1/copy?format=har",
            "export?format=jsonl",
        ):
            text = client.api(f"api/deliveries/{path}", **proof).text
            assert secret not in text
            assert token not in text
        command = client.api("api/deliveries/1/copy?format=curl", **proof).text
        subprocess.run(
            ["bash", "-c", command],
            check=True,
            capture_output=True,
            env={"HOOKPROOF_SINK_TOKEN": token, "PATH": "/usr/bin:/bin"},
            timeout=30,
        )
        assert len({delivery.body for delivery in client.sink.deliveries()}) == 1
