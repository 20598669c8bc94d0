"""Checks of secrets: each is unique, and appears in no other response and in no delivery."""

from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote

from contracts.judgement import Judgement, failed, passed
from contracts.ledger.ledger import Ledger
from contracts.model.exchange import Exchange, ReceivedResponse
from contracts.model.settings import Settings
from openapi.extensions import extended_properties
from openapi.json_pointer import get_at, walk_values
from openapi.redaction import Redaction
from openapi.redaction.search import (
    MIN_LOOSE_CHARACTERS,
    MIN_SECRET_CHARACTERS,
    SecretSearch,
)
from openapi.security import required_schemes
from webhook_sink.delivery import Delivery


def disclosed_values(ledger: Ledger, keyword: str) -> Iterator[tuple[Exchange, str, str, str]]:
    """Yield each response value whose schema has `keyword`.

    The items: exchange, place in the body, place of the keyword in the contract, value.
    """
    for exchange in ledger.exchanges:
        response_spec = exchange.documented_response
        if exchange.response is None or response_spec is None or not response_spec.content:
            continue
        schema = next(iter(response_spec.content.values()))
        for place, pointer in extended_properties(ledger.contract, schema, keyword):
            value = get_at(exchange.response.json.value, place)
            if isinstance(value, int) and not isinstance(value, bool):
                value = str(value)
            if isinstance(value, str) and value:
                yield exchange, place, pointer, value


def known_secrets(ledger: Ledger) -> list[str]:
    """Return every secret of the run: those of the settings and those in responses.

    A service may disclose a secret with another status, or at another place, than the contract
    says. So each value of a property with the name of a secret counts, in any response.
    """
    names = {
        operation.id: {
            place.rpartition("/")[2]
            for response_spec in operation.responses.values()
            for schema in response_spec.content.values()
            for place, _ in extended_properties(ledger.contract, schema, "x-hookproof-secret")
        }
        for operation in ledger.contract.operations
    }
    issued = [
        str(value)
        for exchange in ledger.exchanges
        if exchange.response is not None and (secret := names[exchange.request.operation.id])
        for pointer, value in walk_values(exchange.response.json.value)
        if pointer.rpartition("/")[2] in secret and isinstance(value, str | int)
    ]
    known = {
        value
        for value in (*ledger.settings.secrets, *issued)
        if len(value) >= MIN_SECRET_CHARACTERS
    }
    return sorted(known, key=len, reverse=True)


@lru_cache(maxsize=1)
def redaction(ledger: Ledger) -> Redaction:
    """Return the redaction of every secret of the run."""
    return Redaction(known_secrets(ledger))


def unique_value(ledger: Ledger) -> Iterator[Judgement]:
    """A value that the contract calls unique differs in every response."""
    seen: dict[tuple[str, str], Exchange] = {}
    for exchange, place, pointer, value in disclosed_values(ledger, "x-hookproof-unique"):
        first = seen.setdefault((pointer, value), exchange)
        if first is exchange:
            yield passed(pointer, exchange.request.number)
        else:
            message = (
                f"the responses to {exchange.request.label()} and "
                f"{first.request.label()} have the same value at {place}"
            )
            yield failed(ledger, pointer, exchange, message, instance=place)


def secret_leak(ledger: Ledger) -> Iterator[Judgement]:
    """No issued secret and no credential appears in another response, a header or a delivery."""
    fallback = _secret_pointer(ledger)
    if fallback is None:
        return
    issued: dict[str, tuple[Exchange | None, str]] = {}
    for exchange, _, pointer, value in disclosed_values(ledger, "x-hookproof-secret"):
        issued.setdefault(value, (exchange, pointer))
    given: dict[str, tuple[Exchange | None, str]]
    words = _plain_passwords(ledger.settings)
    secrets = (secret for secret in ledger.settings.undisclosed_secrets if secret not in words)
    given = dict.fromkeys(secrets, (None, fallback))
    # A credential of the settings may appear in no response at all.
    owners = {
        v: owner for v, owner in {**issued, **given}.items() if len(v) >= MIN_SECRET_CHARACTERS
    }
    if not owners:
        return
    search = SecretSearch(owners)
    for exchange in ledger.exchanges:
        sent = exchange.request.credential
        # An error may quote the URL, so a wrong credential in the query proves nothing.
        if exchange.response is None or (sent.query and sent.expected_outcome != "accepted"):
            continue
        for value in sorted(search.find(_response_bytes(exchange.response))):
            if sent.query and quote(value, safe="") in sent.query:
                continue
            owner, pointer = owners[value]
            where = f"the {exchange.response.status} to {exchange.request.label()}"
            if owner is not exchange:
                message = f"{where} contains {_secret_description(ledger, value)}"
                yield failed(ledger, pointer, exchange, message, apart="response")
            elif value in search.find(_header_bytes(exchange.response)):
                # The contract states one place in the body. Proxies and clients log headers.
                message = f"{where} has the secret of its body in a header too"
                yield failed(ledger, pointer, exchange, message, apart="header")
        if exchange.response.not_judged is None:
            yield passed(fallback, exchange.request.number)
    for item in ledger.deliveries:
        number = item.delivery.id
        for value in sorted(search.find(_delivery_bytes(item.delivery))):
            message = f"delivery {number} contains {_secret_description(ledger, value)}"
            pointer = owners[value][1]
            yield failed(
                ledger,
                pointer,
                None,
                message,
                case_id=-number,
                apart="delivery",
                judged_delivery=item,
            )
        yield passed(fallback, -number)


def _plain_passwords(settings: Settings) -> frozenset[str]:
    """Return the given passwords that a text may have by chance, such as `password`."""
    passwords = (value.partition(":")[2] for _, value in settings.credentials)
    return frozenset(
        password
        for password in passwords
        if password.isalpha() and len(password) < MIN_LOOSE_CHARACTERS
    )


def _secret_pointer(ledger: Ledger) -> str | None:
    """Return the pointer of the first secret in a response, else of a credential or signature."""
    for operation in ledger.contract.operations:
        for response_spec in operation.responses.values():
            for schema in response_spec.content.values():
                for _, pointer in extended_properties(
                    ledger.contract, schema, "x-hookproof-secret"
                ):
                    return pointer
    schemes = [
        one.scheme.pointer
        for operation in ledger.contract.operations
        for one in required_schemes(operation.security)
    ]
    signatures = [e.signature.pointer for e in ledger.contract.events if e.signature]
    return next(iter((*schemes, *signatures)), None)


def _response_bytes(response: ReceivedResponse) -> bytes:
    return b"\n".join((response.body, _header_bytes(response)))


def _header_bytes(response: ReceivedResponse) -> bytes:
    pairs = [f"{name}: {value}" for name, value in response.headers]
    return "\n".join(pairs).encode(errors="replace")


def _delivery_bytes(delivery: Delivery) -> bytes:
    pairs = [name + b": " + value for name, value in delivery.headers]
    target = delivery.target.encode("latin-1", "replace")
    return b"\n".join((delivery.body, target, *pairs))


def _secret_description(ledger: Ledger, value: str) -> str:
    if value == ledger.settings.webhook_secret:
        return "the webhook secret"
    if value in ledger.settings.undisclosed_secrets:
        return "a credential from the run's settings"
    return "a secret that the service issued in another response"
