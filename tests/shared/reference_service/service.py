"""Reference service, in threads of this process or as a program.

In tests/shared/: python -m reference_service.service --help
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import reduce

from reference_service.behaviour import Behaviour, Caller, Secrets
from reference_service.conforming import CONFORMING
from reference_service.deviations import DEVIATIONS
from reference_service.http_server import Server
from reference_service.legal_variants import LEGAL
from reference_service.operation import Operation
from reference_service.token_store import Grant, TokenStore
from reference_service.webhook_sender import Sender


def compose(legal: Collection[str], deviation: str | None) -> Behaviour:
    """Apply the legal variants in the order of their table, then the deviation."""
    behaviour = reduce(
        lambda behaviour, name: LEGAL[name].change(behaviour),
        (n for n in LEGAL if n in legal),
        CONFORMING,
    )
    return DEVIATIONS[deviation].change(behaviour) if deviation else behaviour


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


@contextmanager
def running_service(
    behaviour: Behaviour,
    secrets: Secrets,
    webhook_url: str,
    grants: Mapping[str, Grant],
    port: int = 0,
) -> Iterator[str]:
    """Run the service in threads of this process; yield its URL."""
    store = TokenStore(secrets.jwt, grants=dict(grants))
    sender = Sender(webhook_url, behaviour, secrets)
    with Server(("127.0.0.1", port), Operation(behaviour, store), sender.post) as server:
        sender.start()
        loop = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        loop.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            loop.join()
            sender.close()


def main() -> None:
    given = arguments()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    behaviour = compose(given.legal, given.deviate)
    secrets = Secrets(given.jwt_secret, given.webhook_secret)
    grants = dict(given.opaque_token)
    with running_service(behaviour, secrets, given.webhook_url, grants, given.port) as url:
        print(f"listening on {url}", flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
