"""Options of `hookproof mock`."""

import argparse
from pathlib import Path

from hookproof.options import types
from hookproof.serving.logs import LOG_FORMATS
from mock_server.tokens import AUTH_MODES


def add_mock(command: argparse.ArgumentParser) -> None:
    """Add the options of `mock` except address, ready file, contract and configuration."""
    _service(command)
    _webhooks(command)
    _misbehaviour(command)
    _logging(command)
    _access(command)


def _service(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--jwt-secret",
        metavar="S",
        help="secret that signs tokens (default: HOOKPROOF_JWT_SECRET, else a published secret)",
    )
    command.add_argument(
        "--auth",
        choices=tuple(AUTH_MODES),
        default="jwt",
        help="required credential: jwt: a valid token; presence: any token; off: none "
        "(default: %(default)s)",
    )
    command.add_argument(
        "--seed", type=int, metavar="N", help="seed of the generated values (default: random)"
    )
    command.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="store the state in this file (default: deleted when the mock stops)",
    )
    command.add_argument(
        "--workers",
        type=types.parse_count,
        default=1,
        metavar="N",
        help="number of worker processes (default: %(default)s)",
    )


def _webhooks(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--webhook-url",
        type=types.parse_url,
        action=types.AppendAction,
        default=[],
        metavar="URL",
        help="send webhooks to this URL (repeatable)",
    )
    command.add_argument(
        "--webhook-secret",
        metavar="S",
        help="secret that signs webhooks (default: HOOKPROOF_WEBHOOK_SECRET, else a published "
        "secret)",
    )


def _misbehaviour(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--rate-limit",
        type=types.parse_rate_limit,
        metavar="RATE",
        help="respond 429 above this rate, such as 50/5s; documented: the contract's rate "
        "(default: no limit)",
    )
    command.add_argument(
        "--reject",
        action=types.AppendAction,
        default=[],
        metavar="NAME",
        help="use this allowed rejection of the contract, such as unknown-scopes (repeatable)",
    )
    command.add_argument(
        "--fault",
        action=types.AppendAction,
        default=[],
        metavar="NAME",
        help="enable a fault (repeatable; see `hookproof faults`)",
    )
    command.add_argument(
        "--latency",
        type=types.parse_latency,
        metavar="TIME",
        help="delay every response, such as 200ms or 100-300ms (default: no delay)",
    )


def _logging(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--log-format",
        choices=LOG_FORMATS,
        default="text",
        metavar="NAME",
        help="log format: text, or json: one object per line (default: %(default)s)",
    )
    command.add_argument("--log-requests", action="store_true", help="log each request")


def _access(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--control-token",
        metavar="T",
        help="require this token for the admin API (default: HOOKPROOF_CONTROL_TOKEN; generated if "
        "other machines can reach the mock)",
    )
    command.add_argument(
        "--tls", action="store_true", help="serve HTTPS with a generated certificate"
    )
    command.add_argument(
        "--tls-cert", type=Path, metavar="FILE", help="serve HTTPS with this certificate (PEM)"
    )
    command.add_argument("--tls-key", type=Path, metavar="FILE", help="private key of --tls-cert")
