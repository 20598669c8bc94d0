"""`hookproof sink`: sink from options, start screen, and serving until stopped."""

import ipaddress
import logging
import socket
from collections.abc import Sequence
from types import SimpleNamespace

from hookproof.contract_loading import (
    check_webhook_secrets,
    load_delivery_contract,
    with_public_url,
)
from hookproof.errors import CommandError
from hookproof.serving.foreground import serve, tune_gc
from hookproof.serving.logs import configure_logging
from hookproof.serving.ready_file import ready_announcement
from hookproof.serving.sockets import is_reachable_from_outside, listen, url_of
from hookproof.serving.temporary_folder import temporary_folder
from openapi.contract import Contract
from webhook_sink.api.access import create_token_if_exposed, page_link
from webhook_sink.app import create_app
from webhook_sink.challenges import ChallengeKeys, ChallengeReplies
from webhook_sink.destination import Destination, ForwardPolicy
from webhook_sink.replies.script import parse_reply_scripts
from webhook_sink.server import uvicorn_config
from webhook_sink.storage.location import PostgresUrl, StoreLocation
from webhook_sink.storage.open_store import open_store
from webhook_sink.storage.retention import RetentionLimits
from webhook_sink.storage.store import StoreError

LOG = logging.getLogger("hookproof")


def run_sink(options: SimpleNamespace) -> int:
    """Receive deliveries until a signal; return the exit code."""
    contract = with_public_url(load_delivery_contract(options), options.public_url)
    secrets = check_webhook_secrets(contract, options.webhook_secret)
    if options.verify:
        check_verifiable(contract, secrets)
    check_challenges(options.challenge, next(iter(secrets), None), options.challenge_token)
    try:
        replies = parse_reply_scripts(options.reply)
    except ValueError as error:
        raise CommandError(f"--reply: {error}") from None
    if replies.needs_forwarding and options.forward_to is None:
        raise CommandError("--reply: forwarded needs a receiver: pass --forward-to URL")
    if isinstance(options.store, PostgresUrl) and options.forward_to is not None:
        raise CommandError(
            "--forward-to needs a store of one sink, because each sink of a shared store would "
            "forward all deliveries: pass --store FILE"
        )
    configure_logging()
    listener = listen(options.host, options.port)
    generated = None if options.token else create_token_if_exposed(listener)
    if is_reachable_from_outside(options.host):
        LOG.warning("%s", exposed_sink_warning(options.host))
    forward_policy = forward_policy_of(options, listener)
    url = url_of(listener)
    with temporary_folder("hookproof-sink-") as folder:
        location = options.store or folder / "deliveries.sqlite3"
        try:
            store = open_store(location)
        except StoreError as error:
            raise CommandError(str(error)) from None
        app = create_app(
            contract,
            secret=secrets,
            store=store,
            replies=replies,
            max_body_bytes=options.max_body_size,
            retention_limits=RetentionLimits(
                options.keep_count, options.keep_age, options.keep_size
            ),
            forward_policy=forward_policy,
            token=options.token or generated,
            verify=options.verify,
            challenges=options.challenge,
            challenge_token=options.challenge_token,
        )
        lines = sink_start_lines(
            url, location, options.store is not None, generated, bool(options.token)
        )
        if forward_policy.forward_to is not None:
            lines.insert(
                1, f"every delivery is forwarded to {forward_policy.forward_to.redacted_url}"
            )
        tune_gc()
        with ready_announcement(lines, url, options.ready_file) as announce:
            return serve(uvicorn_config(app), listener, announce)


def check_verifiable(contract: Contract, secrets: Sequence[str]) -> None:
    """Raise `CommandError` if `--verify` has nothing to verify a signature with."""
    if not secrets:
        raise CommandError(
            "--verify needs a webhook secret: pass --webhook-secret or set HOOKPROOF_WEBHOOK_SECRET"
        )
    if not contract.signature_schemes:
        raise CommandError("--verify needs a signature scheme: pass --signature SCHEME")


def check_challenges(names: Sequence[str], secret: str | None, token: str | None) -> None:
    """Raise `CommandError` if the sink has no secret for the reply to one of the challenges."""
    try:
        ChallengeReplies(names, ChallengeKeys(secret, token))
    except ValueError as error:
        raise CommandError(
            f"{error}: pass --webhook-secret or set HOOKPROOF_WEBHOOK_SECRET"
        ) from None


def sink_start_lines(
    url: str, location: StoreLocation, kept: bool, generated: str | None, locked: bool
) -> list[str]:
    """Return the start screen of a sink at `url` that stores deliveries at `location`.

    `kept`: the file stays when the sink stops. `generated`: the token that the sink generated.
    `locked`: the user gave a token; the screen does not show it.
    """
    lines = [f"hookproof sink listening on {url} (any path except /_hookproof/)"]
    page = "page and API on"
    if generated is not None:
        lines.append(f"{page} {page_link(url, generated)}")
        lines.append(
            "from other machines, replace the address; scripts send Authorization: Bearer TOKEN"
        )
    elif locked:
        lines.append(f"{page} {page_link(url, '')}TOKEN (the token that you set)")
    else:
        lines.append(f"{page} {url}/_hookproof/")
    how_long = "" if kept else " until the sink stops; keep them with --store FILE"
    lines.append(f"deliveries are stored in {location}{how_long}")
    lines.append(f"curl -i {url}/webhook -H 'Content-Type: application/json' -d '{{}}'")
    return lines


def exposed_sink_warning(host: str) -> str:
    """Return the warning for a sink on `host`, which other machines can reach."""
    return (
        f"hookproof: other machines can reach {host} and send deliveries; page and API below "
        "/_hookproof/ require the token"
    )


def forward_policy_of(options: SimpleNamespace, listener: socket.socket) -> ForwardPolicy:
    """Return the forward policy; `CommandError` if the sink would forward to itself."""
    to: Destination | None = options.forward_to
    if to is not None and _is_listener(listener, to):
        raise CommandError(
            f"--forward-to {to.origin} is this sink itself: name the receiver, or pass another "
            "--port"
        )
    return ForwardPolicy(
        to, options.resend_to, allow_loopback=not is_reachable_from_outside(options.host)
    )


def _is_listener(listener: socket.socket, to: Destination) -> bool:
    """Return whether `to` is the address of `listener`, as far as host names resolve now."""
    host, port = listener.getsockname()[:2]
    if to.port != port:
        return False
    here = ipaddress.ip_address(host)
    try:
        found = socket.getaddrinfo(to.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # the name may resolve later
    for *_, place in found:
        there = ipaddress.ip_address(str(place[0]).partition("%")[0])
        alike = there == here or (there.is_loopback and here.is_loopback)
        if alike or there.is_unspecified or (here.is_unspecified and _is_local_address(str(there))):
            return True
    return False


def _is_local_address(address: str) -> bool:
    """Return whether this machine has the address: a socket can bind only to such an address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
