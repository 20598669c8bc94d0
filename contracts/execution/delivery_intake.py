"""Delivery intake: decides which deliveries a run keeps, and counts the others.

Every machine that reaches the listener can send deliveries, so their number and size have limits.
Deliveries that are proven to be the service's have other limits, which strangers cannot use up.
"""

import threading
from typing import NamedTuple

from contracts.ledger.strangers import DroppedDeliveries, SenderCounter, looks_like_event
from contracts.model.settings import Settings
from contracts.model.unique_values import MARK_PREFIX
from openapi.callback_url import CALLBACK_SEGMENT
from openapi.contract import Contract
from webhook_sink.delivery import Delivery


class IntakeLimits(NamedTuple):
    """Limits of the deliveries of one kind."""

    deliveries: int
    bytes: int
    """Bytes of bodies and headers."""


OWN_LIMITS = IntakeLimits(50_000, 256 * 2**20)
"""Limits of deliveries with a valid signature or the mark of the run."""
UNSIGNED_LIMITS = IntakeLimits(10_000, 16 * 2**20)
"""Limits of deliveries that name an event which the contract does not sign."""
STRANGER_LIMITS = IntakeLimits(1_000, 2 * 2**20)
"""Limits of all other deliveries."""


class DeliveryIntake:
    """Intake of one run. From any thread."""

    def __init__(self, settings: Settings, contract: Contract) -> None:
        """Begin with no delivery."""
        self._contract = contract
        self._path = settings.webhook_path
        self._secret = settings.webhook_secret
        self._mark = f"{MARK_PREFIX}{settings.run_id}-".encode()
        self._schemes = {event.signature for event in contract.events if event.signature}
        self._unsigned = [event.name.encode() for event in contract.events if not event.signature]
        self._used = {
            limits: IntakeLimits(0, 0) for limits in (OWN_LIMITS, UNSIGNED_LIMITS, STRANGER_LIMITS)
        }
        self._own = self._elsewhere = self._beyond_limits = 0
        self._senders = SenderCounter()
        self._lock = threading.Lock()

    def is_expected_path(self, delivery: Delivery) -> bool:
        """Return whether a delivery came to the path of the run; without one, every path is.

        Callbacks come to paths below it.
        """
        if self._path is None:
            return True
        path = delivery.target.partition("?")[0]
        below = f"{self._path.rstrip('/')}/{CALLBACK_SEGMENT}/"
        return path == self._path or path.startswith(below)

    def is_own(self, delivery: Delivery) -> bool:
        """Return whether a delivery has the mark of the run or a valid signature."""
        is_marked = self._mark in delivery.body or self._mark.decode() in delivery.target
        return is_marked or (
            self._secret is not None
            and not delivery.truncated
            and any(
                scheme.verify(delivery.message, self._secret, delivery.received_at) is None
                for scheme in self._schemes
                if delivery.header_values(scheme.header)
            )
        )

    def keep(self, delivery: Delivery) -> bool:
        """Return whether the run keeps a new delivery; count it if not."""
        here = self.is_expected_path(delivery)
        limits = self._limits(delivery) if here else STRANGER_LIMITS
        size = len(delivery.body) + sum(len(n) + len(v) for n, v in delivery.headers)
        with self._lock:
            used = self._used[limits]
            fits = used.deliveries < limits.deliveries and used.bytes + size <= limits.bytes
            if here and fits:
                self._used[limits] = IntakeLimits(used.deliveries + 1, used.bytes + size)
                return True
            if here and limits is OWN_LIMITS:
                self._own += 1
                return False
            self._elsewhere += not here
            self._beyond_limits += here
            event_like = here and looks_like_event(delivery, self._contract)
            self._senders.add_delivery(delivery, event_like=event_like)
        return False

    def _limits(self, delivery: Delivery) -> IntakeLimits:
        if self.is_own(delivery):
            return OWN_LIMITS
        named = any(name in delivery.body for name in self._unsigned)
        return UNSIGNED_LIMITS if named else STRANGER_LIMITS

    def dropped(self) -> DroppedDeliveries:
        """Return what the run did not keep so far."""
        with self._lock:
            return DroppedDeliveries(
                self._own, self._elsewhere, self._beyond_limits, self._senders.counts()
            )
