"""The plan of a service that does what its documentation says, and nothing else."""

from __future__ import annotations

import dates
import rules
import vault
import webhooks
from plan import Plan

CONFORMING = Plan(
    body_limit=1 << 20,
    gates={},
    present=vault.bearer,
    recognise=vault.signed,
    permit=vault.may_write,
    body_first=False,
    media=rules.is_json,
    decode=rules.decode,
    shape=rules.shape,
    rules=rules.RULES,
    checks=(),
    claim=vault.claim,
    issue=vault.issue_signed,
    ghosts=lambda ask, refusal: None,
    edits=(),
    replies=(),
    framings=(),
    indent=None,
    clock=dates.now,
    write_date=dates.write,
    announce=lambda issued: ((0.0, issued),),
    event_first=False,
    payloads=(),
    pack=webhooks.pack,
    sign=webhooks.sign,
    parcels=(),
    retries=(0.5, 1.0),
    again=(),
    keep_alive=False,
)
