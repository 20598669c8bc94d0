"""Behaviour of a service that conforms to its documentation."""

from __future__ import annotations

from reference_service import dates, request_body, rules, token_store, webhook_sender
from reference_service.behaviour import Behaviour

CONFORMING = Behaviour(
    body_limit=1 << 20,
    read_body=request_body.read,
    guards={},
    present=token_store.bearer,
    recognise=token_store.signed,
    permit=token_store.may_write,
    body_first=False,
    media=rules.is_json,
    decode=rules.decode,
    shape=rules.shape,
    rules=rules.RULES,
    checks=(),
    claim=token_store.claim,
    issue=token_store.issue_signed,
    rejected_events=lambda request, rejection: None,
    edits=(),
    replies=(),
    framings=(),
    indent=None,
    clock=dates.now,
    write_date=dates.write,
    announce=lambda issued: ((0.0, issued),),
    event_first=False,
    payloads=(),
    pack=webhook_sender.pack,
    sign=webhook_sender.sign,
    deliveries=(),
    retries=(0.5, 1.0),
    response_timeout=10.0,
    take_reply=webhook_sender.take_reply,
    pause=lambda reply: 0.0,
    after=(),
    twin=lambda reply, issued: (),
    in_order=False,
    again=(),
    keep_alive=False,
)
