"""A delivery judged anew, by another secret or another contract; nothing of that is kept."""

import json
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from openapi.contract import Contract
from openapi.http.json_api import answer, body_of
from openapi.loading.loader import parse
from openapi.loading.yaml_source import ContractError
from openapi.schema_validation import brief
from openapi.signature import unfit
from webhook_sink.api.deliveries import delivery_of
from webhook_sink.api.services import Parts
from webhook_sink.verdicts.verdict import judge

LARGEST = 1024 * 1024
"""Bytes of a request."""
_KNOWN = ("secret", "contract")


class Anew:
    """The endpoint over the deliveries of one sink."""

    def __init__(self, parts: Parts) -> None:
        """Judge what is in the store of `parts`."""
        self._parts = parts

    async def answer(self, request: Request) -> Response:
        """Answer with the whole delivery, judged by what the request holds."""
        given = _given(await body_of(request, LARGEST))
        return await run_in_threadpool(self._judged, request, given)

    def _judged(self, request: Request, given: dict[str, str]) -> Response:
        delivery = delivery_of(request, self._parts.store)
        contract = self._parts.contract
        if "contract" in given:
            contract = _contract(given["contract"])
        secrets: Sequence[str] = self._parts.secrets
        if "secret" in given:
            secrets = (_fitting(contract, given["secret"]),)
        return answer(self._parts.showing.full(delivery, judge(delivery, contract, secrets)))


def _given(body: bytes) -> dict[str, str]:
    """Return the texts that the request holds; an empty one counts as left out."""
    try:
        stated = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise HTTPException(400, "the request is no JSON") from None
    if not isinstance(stated, dict):
        raise HTTPException(400, f"the request is an object with {' and '.join(_KNOWN)}, or {{}}")
    for name, value in stated.items():
        if name not in _KNOWN:
            raise HTTPException(400, f"{brief(name)} is not known; {' and '.join(_KNOWN)} are")
        if value is not None and not (isinstance(value, str) and _is_text(value)):
            raise HTTPException(400, f"{name} is a text, or null for the sink's own")
    return {name: value for name, value in stated.items() if value}


def _is_text(value: str) -> bool:
    """Say whether `value` can be written as UTF-8: half of a surrogate pair cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _contract(text: str) -> Contract:
    try:
        return parse("contract", text)
    except ContractError as error:
        raise HTTPException(400, str(error)) from None


def _fitting(contract: Contract, secret: str) -> str:
    complaint = unfit((event.signature for event in contract.events), secret)
    if complaint is not None:
        raise HTTPException(400, complaint)
    return secret
