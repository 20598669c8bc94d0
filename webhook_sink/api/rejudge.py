"""Re-judge endpoint: judges a delivery by another secret or contract and stores nothing."""

import json
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from openapi.complaint import ContractError
from openapi.contract import Contract
from openapi.http.json_api import api_response, read_body
from openapi.loading.loader import parse_contract
from openapi.schemas.validation import abbreviate
from webhook_sink.api.deliveries import get_delivery_or_404
from webhook_sink.api.services import Services
from webhook_sink.verdicts.verdict import judge

MAX_REQUEST_BYTES = 1024 * 1024
_FIELDS = ("secret", "contract")


class RejudgeApi:
    """Endpoint that re-judges deliveries of one store."""

    def __init__(self, services: Services) -> None:
        """Judge the deliveries of `services`."""
        self._services = services

    async def rejudge(self, request: Request) -> Response:
        """Return the delivery, judged by the secret and the contract of the request."""
        fields = _parse_request(await read_body(request, MAX_REQUEST_BYTES))
        return await run_in_threadpool(self._rejudge, request, fields)

    def _rejudge(self, request: Request, fields: dict[str, str]) -> Response:
        delivery = get_delivery_or_404(request, self._services.store)
        contract = self._services.contract
        if "contract" in fields:
            contract = _parse_contract(fields["contract"]).with_public_url(contract.public_url)
        secrets: Sequence[str] = self._services.secrets
        if "secret" in fields:
            secrets = (_check_secret(contract, fields["secret"]),)
        return api_response(
            self._services.presenter.full(delivery, judge(delivery, contract, secrets))
        )


def _parse_request(body: bytes) -> dict[str, str]:
    """Return the fields of the request that are not empty."""
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise HTTPException(400, "the request body is not JSON") from None
    if not isinstance(value, dict):
        raise HTTPException(
            400, f"the request body must be an object with {' and '.join(_FIELDS)}, or {{}}"
        )
    for name, text in value.items():
        if name not in _FIELDS:
            raise HTTPException(
                400, f"unknown field {abbreviate(name)}; the fields are {' and '.join(_FIELDS)}"
            )
        if text is not None and not (isinstance(text, str) and _is_encodable(text)):
            raise HTTPException(400, f"{name} must be a string, or null for the sink's own")
    return {name: text for name, text in value.items() if text}


def _is_encodable(value: str) -> bool:
    """Say whether `value` can be encoded as UTF-8; a lone surrogate cannot."""
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
    complaint = contract.secret_problem(secret)
    if complaint is not None:
        raise HTTPException(400, complaint)
    return secret
