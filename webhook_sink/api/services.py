"""Services that the endpoints of one sink share."""

from collections.abc import Callable
from dataclasses import dataclass, field

from openapi.contract import Contract
from webhook_sink.api.presenter import DeliveryPresenter
from webhook_sink.delivery import Delivery
from webhook_sink.destination import NO_FORWARDING, ForwardPolicy
from webhook_sink.notifications import ChangeFeed, SequenceNotifier
from webhook_sink.storage.store import Store
from webhook_sink.verdicts.search import DeliverySearch
from webhook_sink.verdicts.verdict import Verdict
from webhook_sink.verdicts.worker import VerdictWorker


@dataclass(frozen=True)
class Services:
    """The parts of one sink."""

    contract: Contract
    store: Store
    judge: Callable[[Delivery], Verdict]
    arrivals: SequenceNotifier
    """Hears of what was stored."""
    verdict_worker: VerdictWorker
    change_feed: ChangeFeed = field(default_factory=ChangeFeed)
    """Hears of what else changed."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Those of the webhooks that are known; the first counts."""
    forward_policy: ForwardPolicy = NO_FORWARDING
    """Where deliveries may be sent to."""

    @property
    def presenter(self) -> DeliveryPresenter:
        """What is known of deliveries, put together."""
        return DeliveryPresenter(self.store, self.verdict_worker, self.judge)

    @property
    def search(self) -> DeliverySearch:
        """Pages of what fits a filter."""
        return DeliverySearch(self.store, self.verdict_worker)

    @property
    def events(self) -> tuple[str, ...]:
        """The names that the contract knows."""
        return tuple(event.name for event in self.contract.events)

    def removed(self) -> None:
        """Take note that deliveries are gone from the store."""
        self.verdict_worker.forget()
        self.change_feed.publish()
