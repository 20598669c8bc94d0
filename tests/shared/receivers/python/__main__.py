"""Start a receiver: `python -m receivers.python --port 0 --secret whsec_...`.

The first line of stdout is the port. Deliveries go to `/webhooks`; `/effects` is the number of
changes that deliveries caused, and `/invoices` is the state of each object as JSON.
"""

import argparse

from receivers.python.differences import DIFFERENCES
from receivers.python.http_server import Handler, ReceiverServer
from receivers.python.receiver import Receiver
from receivers.python.schemes import SCHEMES
from receivers.python.wrong_handling import HANDLING
from receivers.python.wrong_http import HTTP
from receivers.python.wrong_signatures import SIGNATURES

MISTAKES: dict[str, type[Receiver]] = {**SIGNATURES, **HANDLING}
PARTS: dict[str, tuple[type[Receiver], type[Handler]]] = {
    **{name: (receiver, Handler) for name, receiver in MISTAKES.items()},
    **HTTP,
}
"""Receiver and HTTP handler of each mistake."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--scheme", choices=SCHEMES, default="standard-webhooks")
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--mistake", choices=PARTS, metavar="NAME")
    change.add_argument("--difference", choices=DIFFERENCES, metavar="NAME")
    given = parser.parse_args()
    receiver, handler = Receiver, Handler
    if given.mistake:
        receiver, handler = PARTS[given.mistake]
    elif given.difference:
        receiver, handler = DIFFERENCES[given.difference]
    server = ReceiverServer(given.port, receiver(given.secret, SCHEMES[given.scheme]), handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
