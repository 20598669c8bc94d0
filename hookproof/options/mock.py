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
        "--jwt-secret", metavar="S", help="secret of the tokens (default: a published one)"
    )
    command.add_argument(
        "--auth",
        choices=tuple(AUTH_MODES),
        default="jwt",
        help="credential that operations require: a valid token, any token, none (%(default)s)",
    )
    command.add_argument("--seed", type=int, metavar="N", help="seed of the generated values")
    command.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="store the state in this file (default: until the mock stops)",
    )
    command.add_argument(
        "--workers",
        type=types.parse_count,
        default=1,
        metavar="N",
        help="number of processes (%(default)s)",
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
    command.add_argument("--webhook-secret", metavar="S", help="sign the webhooks with this secret")


def _misbehaviour(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--rate-limit",
        type=types.parse_rate_limit,
        metavar="RATE",
        help="answer 429 above this rate: 50/5s; documented: above the contract's",
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
        help="delay every response: 200ms, 100-300ms",
    )


def _logging(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--log-format",
        choices=LOG_FORMATS,
        default="text",
        metavar="NAME",
        help="log format: text, or json with one object on each line (%(default)s)",
    )
    command.add_argument("--log-requests", action="store_true", help="log each request")


def _access(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--control-token",
        metavar="T",
        help="require this token below /_hookproof/api/ (default: generated for a "
        "reachable address)",
    )
    command.add_argument(
        "--tls", action="store_true", help="serve https with a certificate generated for this run"
    )
    command.add_argument(
        "--tls-cert", type=Path, metavar="FILE", help="serve https with this certificate"
    )
    command.add_argument("--tls-key", type=Path, metavar="FILE", help="the key of --tls-cert")
