"""Running settings of a mock as data for its page, without secrets. Pure."""

from collections.abc import Mapping
from typing import Any

from mock_server.settings import Settings
from openapi.contract import Contract


def running_view(contract: Contract, settings: Settings) -> Mapping[str, Any]:
    """Return the contract that the mock serves, and the settings that the user can choose.

    Values are texts, as on the command line; a setting that is off is null.
    """
    info = contract.document.get("info", {})
    latency, state, seed_data = settings.latency, settings.state, settings.seed_data
    return {
        "contract": {
            "title": str(info.get("title", "")),
            "version": str(info.get("version", "")),
            "operations": len(contract.operations),
        },
        "settings": {
            "auth": settings.auth,
            "rate_limit": None if settings.rate_limit is None else str(settings.rate_limit),
            "latency": None
            if latency is None
            else f"{latency.min_seconds:g}-{latency.max_seconds:g}s",
            "faults": sorted(settings.faults),
            "rejections": sorted(settings.rejections),
            "state": None if state is None else state.name,
            "seed_data": None if seed_data is None else seed_data.name,
            "seed": settings.seed,
        },
    }
