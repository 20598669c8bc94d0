"""`python -m workshop_service`: run the service on a port of loopback."""

import argparse

from workshop_service.http_server import Application, Server, create_handler
from workshop_service.sender import Sender
from workshop_service.variants import DIFFERENCES, FAULTS
from workshop_service.workshop import Workshop


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--webhook-url", help="URL of the receiver; none: send no webhooks")
    parser.add_argument("--fault", action="append", default=[], choices=FAULTS)
    parser.add_argument("--difference", action="append", default=[], choices=DIFFERENCES)
    given = parser.parse_args()
    names = frozenset((*given.fault, *given.difference))
    application = Application(Workshop(names, Sender(given.webhook_url)))
    server = Server(("127.0.0.1", given.port), create_handler(application))
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
