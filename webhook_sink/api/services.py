"""Services that all endpoints of one sink share."""

from collections.abc import Callable, Sequence
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
    """Contract, store, workers and policies of one sink; observer of a shared store."""

    contract: Contract
    store: Store
    judge: Callable[[Delivery], Verdict]
    arrivals: SequenceNotifier
    """Announces the id of each stored delivery."""
    verdict_worker: VerdictWorker
    change_feed: ChangeFeed = field(default_factory=ChangeFeed)
    """Publishes all other changes."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Webhook secrets; only the first makes a signature valid."""
    forward_policy: ForwardPolicy = NO_FORWARDING
    """Destinations of forwards and resends."""

    @property
    def presenter(self) -> DeliveryPresenter:
        """Presenter of deliveries as JSON."""
        return DeliveryPresenter(self.store, self.verdict_worker, self.judge)

    @property
    def search(self) -> DeliverySearch:
        """Search through the stored deliveries."""
        return DeliverySearch(self.store, self.verdict_worker)

    @property
    def events(self) -> tuple[str, ...]:
        """Names of the events of the contract."""
        return tuple(event.name for event in self.contract.events)

    def stored(self, last_id: int) -> None:
        """Announce the deliveries up to `last_id`, which other sinks may have stored."""
        self.arrivals.announce(last_id)

    def removed(self, ids: Sequence[int] = ()) -> None:
        """Update index and pages after deliveries were removed from the store, such as `ids`."""
        self.verdict_worker.index.remove(ids)
        self.verdict_worker.forget()
        self.change_feed.publish()

    def changed(self, delivery_id: int) -> None:
        """Update pages after the forward attempts of a delivery changed."""
        self.change_feed.publish(delivery_id)

    def missed(self) -> None:
        """Compare the index with the store, and update pages."""
        self.verdict_worker.forget_missing()
        self.change_feed.publish()
