"""Settings endpoint: the contract that the sink judges by, and what it does with deliveries."""

from starlette.requests import Request
from starlette.responses import Response

from openapi.http.json_api import api_response
from webhook_sink.api.services import Services


class SettingsApi:
    """Endpoint that shows the settings of one sink, without secrets."""

    def __init__(self, services: Services) -> None:
        """Show the settings of `services`."""
        self._services = services

    async def show(self, _: Request) -> Response:
        """Return contract, events, whether signatures are checked, and the receiver."""
        contract, destination = self._services.contract, self._services.forward_policy.forward_to
        info = contract.document.get("info", {})
        has_contract = bool(contract.operations or contract.events)
        stated = {key: str(info.get(key, "")) for key in ("title", "version")}
        return api_response(
            {
                "contract": stated if has_contract else None,
                "events": self._services.events,
                "checks_signatures": bool(self._services.secrets),
                "forward_to": None if destination is None else destination.origin,
            }
        )
