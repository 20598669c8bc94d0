"""Re-judge endpoint: the verdict by another secret or another contract; nothing is stored."""

import json
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from openapi.contract import Contract
from openapi.http.json_api import api_response, read_body
from openapi.loading.loader import parse_contract
from openapi.loading.yaml_source import ContractError
from openapi.schema_validation import abbreviate
from openapi.signature import secret_problem
from webhook_sink.api.deliveries import get_delivery_or_404
from webhook_sink.api.services import Services
from webhook_sink.verdicts.verdict import judge

MAX_REQUEST_BYTES = 1024 * 1024
_FIELDS = ("secret", "contract")


class RejudgeApi:
    """The endpoint over the deliveries of one sink."""

    def __init__(self, services: Services) -> None:
        """Judge what is in the store of `parts`."""
        self._services = services

    async def answer(self, request: Request) -> Response:
        """Answer with the whole delivery, judged by what the request holds."""
        fields = _parse_request(await read_body(request, MAX_REQUEST_BYTES))
        return await run_in_threadpool(self._rejudge, request, fields)

    def _rejudge(self, request: Request, fields: dict[str, str]) -> Response:
        delivery = get_delivery_or_404(request, self._services.store)
        contract = self._services.contract
        if "contract" in fields:
            contract = _parse_contract(fields["contract"])
        secrets: Sequence[str] = self._services.secrets
        if "secret" in fields:
            secrets = (_check_secret(contract, fields["secret"]),)
        return api_response(
            self._services.presenter.full(delivery, judge(delivery, contract, secrets))
        )


def _parse_request(body: bytes) -> dict[str, str]:
    """Return the texts that the request holds; an empty one counts as left out."""
    try:
        stated = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise HTTPException(400, "the request is no JSON") from None
    if not isinstance(stated, dict):
        raise HTTPException(400, f"the request is an object with {' and '.join(_FIELDS)}, or {{}}")
    for name, value in stated.items():
        if name not in _FIELDS:
            raise HTTPException(
                400, f"{abbreviate(name)} is not known; {' and '.join(_FIELDS)} are"
            )
        if value is not None and not (isinstance(value, str) and _is_encodable(value)):
            raise HTTPException(400, f"{name} is a text, or null for the sink's own")
    return {name: value for name, value in stated.items() if value}


def _is_encodable(value: str) -> bool:
    """Say whether `value` can be written as UTF-8: half of a surrogate pair cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _parse_contract(text: str) -> Contract:
    try:
        return parse_contract("contract", text)
    except ContractError as error:
        raise HTTPException(400, str(error)) from None


def _check_secret(contract: Contract, secret: str) -> str:
    complaint = secret_problem((event.signature for event in contract.events), secret)
    if complaint is not None:
        raise HTTPException(400, complaint)
    return secret
