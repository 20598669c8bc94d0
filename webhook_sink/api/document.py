"""OpenAPI document of the sink's API, which is written by hand beside this module."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from openapi.http.json_api import api_response
from openapi.parsing.document_file import read_file
from webhook_sink.api.services import Services


class DocumentApi:
    """Endpoint that returns the document of one sink."""

    def __init__(self, services: Services, *, has_token: bool) -> None:
        """Describe the API of a sink with `services`; `has_token`: it requires a token."""
        self._services = services
        self._has_token = has_token

    def show(self, _: Request) -> Response:
        """Return the document as JSON."""
        return api_response(api_document(self._services.events, has_token=self._has_token))


def api_document(events: Sequence[str], *, has_token: bool) -> dict[str, Any]:
    """Return the document of a sink whose contract has `events`.

    Without a token no endpoint requires a credential.
    """
    path = Path(__file__).with_name("openapi.yaml")
    document = read_file(path, path.name).data
    assert isinstance(document, dict), "the document is an object"
    parameters = document["components"]["parameters"]
    parameters["event"]["schema"]["enum"] = [*events, "-"]
    if events:
        parameters["sampleEvent"]["schema"]["enum"] = list(events)
    if not has_token:
        del document["security"]
    return document
