"""The options of `hookproof mock`: names, values, meanings."""

import argparse
from pathlib import Path

from hookproof.options import types
from hookproof.serving.logs import LOG_FORMATS
from mock_server.tokens import AUTH_MODES


def add_mock(command: argparse.ArgumentParser) -> None:
    """Add what `mock` takes besides where to listen, the contract and the configuration."""
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
        help="what is asked for: a valid token, any token, nothing (%(default)s)",
    )
    command.add_argument(
        "--seed", type=int, metavar="N", help="answer with the same made-up values every time"
    )
    command.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="remember there what was created (default: until the mock stops)",
    )
    command.add_argument(
        "--workers",
        type=types.count,
        default=1,
        metavar="N",
        help="serve with so many processes (%(default)s)",
    )


def _webhooks(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--webhook-url",
        type=types.url,
        action=types.AppendAction,
        default=[],
        metavar="URL",
        help="send the webhooks there; may be given several times",
    )
    command.add_argument("--webhook-secret", metavar="S", help="sign the webhooks with this secret")


def _misbehaviour(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--rate-limit",
        type=types.limit,
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
        type=types.latency,
        metavar="TIME",
        help="let every answer take so long: 200ms, 100-300ms",
    )


def _logging(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--log-format",
        choices=LOG_FORMATS,
        default="text",
        metavar="NAME",
        help="write the log as text, or as json: an object on each line (%(default)s)",
    )
    command.add_argument(
        "--log-requests", action="store_true", help="write a line for each request"
    )


def _access(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--control-token",
        metavar="T",
        help="ask for this token below /_hookproof/api/ (default: made where others can reach it)",
    )
    command.add_argument(
        "--tls", action="store_true", help="serve https with a certificate made for this run"
    )
    command.add_argument("--tls-cert", type=Path, metavar="FILE", help="serve https with this one")
    command.add_argument("--tls-key", type=Path, metavar="FILE", help="the key of --tls-cert")
