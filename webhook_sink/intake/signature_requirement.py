"""Signature requirement: 401 to a delivery whose signature is not valid. Pure."""

from openapi.contract import SAFE_METHODS, Contract
from webhook_sink.delivery import Delivery
from webhook_sink.replies.steps import ReplyStep
from webhook_sink.verdicts.recognition import recognize

UNAUTHORIZED = ReplyStep(
    text="",
    kind="response",
    status=401,
    headers=((b"content-type", b"text/plain; charset=utf-8"),),
    # The same for each reason: another text would help to forge a signature.
    body=b"The signature is not valid.\n",
)


class SignatureRequirement:
    """Reply to each delivery that no signature scheme of the contract makes valid."""

    def __init__(self, contract: Contract, secret: str | None) -> None:
        """Verify with `secret`; `ValueError` without it, or without a scheme to verify."""
        schemes = contract.signature_schemes
        if not secret:
            raise ValueError("a webhook secret is needed to verify signatures")
        if not schemes:
            raise ValueError("the contract has no signature scheme to verify")
        self._contract = contract
        self._secret = secret
        self._schemes = schemes
        self._has_unsigned_events = any(event.signature is None for event in contract.events)

    def __call__(self, delivery: Delivery) -> ReplyStep | None:
        """Return the rejection of `delivery`, or None for a valid signature.

        A request with a safe method, such as GET, is no delivery. An event to which the contract
        gives no scheme needs no signature.
        """
        if delivery.method in SAFE_METHODS:
            return None
        message, at = delivery.message, delivery.received_at
        if any(scheme.verify(message, self._secret, at) is None for scheme in self._schemes):
            return None
        if self._has_unsigned_events:
            event = recognize(delivery, self._contract).event
            if event is not None and event.signature is None:
                return None
        return UNAUTHORIZED
