"""Where the sink may send deliveries to: its options, and what they come to."""

import argparse
import ipaddress
import socket

from hookproof.errors import CommandError
from hookproof.options.types import Each
from hookproof.serving.sockets import is_open
from webhook_sink.destination import Destination, Passing, destination, origin


def add_passing(command: argparse.ArgumentParser) -> None:
    """Add the options to `hookproof sink`."""
    command.add_argument(
        "--forward-to",
        type=_url,
        metavar="URL",
        help="pass every delivery on to there, byte for byte; without a path, to its own path",
    )
    command.add_argument(
        "--resend-to",
        type=_origin,
        action=Each,
        default=[],
        metavar="ORIGIN",
        help="let deliveries be sent there once more (may be given several times)",
    )


def passing_of(options: argparse.Namespace, listener: socket.socket) -> Passing:
    """Return what the options say; `CommandError` if the sink would forward to itself."""
    to: Destination | None = options.forward_to
    if to is not None and _is(listener, to):
        raise CommandError(
            f"--forward-to {to.origin} is this sink itself, to which every delivery would come "
            "back for ever: name the receiver, or pass another --port"
        )
    return Passing(to, tuple(options.resend_to), loopback=not is_open(options.host))


def _url(text: str) -> Destination:
    try:
        return destination(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _origin(text: str) -> Destination:
    try:
        return origin(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _is(listener: socket.socket, to: Destination) -> bool:
    """Say whether what is sent to `to` comes to `listener`, as far as names are known now."""
    host, port = listener.getsockname()[:2]
    if to.port != port:
        return False
    here = ipaddress.ip_address(host)
    try:
        found = socket.getaddrinfo(to.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # it may be known later
    for *_, place in found:
        there = ipaddress.ip_address(str(place[0]).partition("%")[0])
        alike = there == here or (there.is_loopback and here.is_loopback)
        if alike or there.is_unspecified or (here.is_unspecified and _is_own(str(there))):
            return True
    return False


def _is_own(address: str) -> bool:
    """Say whether this machine has the address: then it can be listened on."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
