"""A second service that creates personal access tokens: standard library only, one process.

Run: python tests/second/service.py --port 0 --jwt-secret S --webhook-secret S --webhook-url URL
"""

from __future__ import annotations

import argparse
import signal
import threading
from functools import reduce

from conforming import CONFORMING
from deviations import DEVIATIONS
from legal import LEGAL
from operation import Operation
from plan import Caller, Plan, Secrets
from vault import Grant, Vault
from webhooks import Sender
from wire import Server


def chosen(legal: list[str], deviation: str | None) -> Plan:
    """Legal behaviours are applied in the order of their table, the deviation last."""
    plan = reduce(
        lambda plan, name: LEGAL[name].change(plan), (n for n in LEGAL if n in legal), CONFORMING
    )
    return DEVIATIONS[deviation].change(plan) if deviation else plan


def grant(text: str) -> tuple[str, Grant]:
    token, colon, permissions = text.partition(":")
    if not token or not colon:
        raise argparse.ArgumentTypeError("write TOKEN:permission,permission")
    user = "7c1b6f0e-5a53-4a0e-9d86-0f7e3f1f2a11"
    return token, Grant(Caller(user, token, tuple(permissions.split(","))))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--jwt-secret", required=True)
    parser.add_argument("--webhook-secret", required=True)
    parser.add_argument("--webhook-url", required=True)
    parser.add_argument("--legal", action="append", default=[], choices=LEGAL, metavar="NAME")
    parser.add_argument("--deviate", choices=DEVIATIONS, metavar="NAME")
    parser.add_argument(
        "--opaque-token",
        action="append",
        default=[],
        type=grant,
        metavar="TOKEN:PERMISSIONS",
        help="known with --legal opaque-tokens",
    )
    return parser.parse_args()


def main() -> None:
    given = arguments()
    secrets = Secrets(given.jwt_secret, given.webhook_secret)
    plan = chosen(given.legal, given.deviate)
    vault = Vault(secrets.jwt, grants=dict(given.opaque_token))
    sender = Sender(given.webhook_url, plan, secrets)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Server(("127.0.0.1", given.port), Operation(plan, vault), sender.post) as server:
        sender.start()
        loop = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        loop.start()
        print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
        stop.wait()
        server.shutdown()


if __name__ == "__main__":
    main()
