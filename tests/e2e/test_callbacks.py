"""Callbacks whose URL is in the query, as in the example of the OpenAPI Initiative."""

import json
import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from support.processes import handled, started, verify

pytestmark = pytest.mark.integration

SUBSCRIPTIONS = {
    "openapi": "3.0.0",
    "info": {"title": "Subscriptions", "version": "1"},
    "paths": {
        "/streams": {
            "post": {
                "parameters": [
                    {
                        "name": "callbackUrl",
                        "in": "query",
                        "required": True,
                        "schema": {"type": "string", "format": "uri"},
                        "example": "https://subscriber.example/hooks",
                    }
                ],
                "responses": {
                    "201": {
                        "description": "Subscribed.",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["subscriptionId"],
                                    "properties": {"subscriptionId": {"type": "string"}},
                                }
                            }
                        },
                    }
                },
                "callbacks": {
                    "onData": {
                        "{$request.query.callbackUrl}/data": {
                            "post": {
                                "requestBody": {
                                    "content": {
                                        "application/json": {
                                            "schema": {
                                                "type": "object",
                                                "required": ["userData"],
                                                "properties": {
                                                    "timestamp": {
                                                        "type": "string",
                                                        "format": "date-time",
                                                    },
                                                    "userData": {"type": "string"},
                                                },
                                            }
                                        }
                                    }
                                },
                                "responses": {"202": {"description": "Accepted."}},
                            }
                        }
                    }
                },
            }
        }
    },
}


@pytest.fixture
def contract(tmp_path: Path) -> str:
    file = tmp_path / "subscriptions.json"
    file.write_text(json.dumps(SUBSCRIPTIONS), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("fault", "code", "shown"),
    [
        ("", 0, ""),
        ("payload-lacks-userData", 1, "webhook-schema: .*'userData' is missing"),
        ("delivery-wrong-method", 1, 'webhook-method: .*"PUT", not POST'),
        ("delivery-lost", 0, "webhook-sent: no event arrived"),
    ],
)
def test_the_mock_calls_back_and_the_harness_judges_it(
    contract: str, port: int, tmp_path: Path, fault: str, code: int, shown: str
) -> None:
    command = ["-m", "hookproof", "mock", "--contract", contract, "--port", "0"]
    options = ["--contract", contract, "--profile", "quick", "--no-saved-cases"]
    with started([*command, *(["--fault", fault] if fault else [])]) as url:
        run = verify(url, port, tmp_path, *options, "--webhook-deadline", "2")
    said = [f"{one['check']}: {one['message']}" for one in run.report["findings"]]
    assert run.code == code, run.out
    assert any(re.search(shown, text) for text in said) if shown else not said
    # OpenAPI says that a service may call back, so that a missing callback is a warning.
    assert fault != "delivery-lost" or run.report["findings"][0]["severity"] == "warning"


def test_the_service_gets_no_url_of_another_machine(
    contract: str, port: int, tmp_path: Path
) -> None:
    urls: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            query = urlsplit(self.path).query
            urls.extend(value for _, value in parse_qsl(unquote(query)))
            content = b'{"subscriptionId": "1"}'
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    with handled(Handler) as url:
        options = ["--contract", contract, "--no-saved-cases", "--webhook-deadline", "1"]
        verify(url, port, tmp_path, *options)
    called = [url for url in urls if url.startswith("http")]
    assert len(called) > 10
    assert {url.partition("/callbacks/")[0] for url in called} == {f"http://127.0.0.1:{port}"}
