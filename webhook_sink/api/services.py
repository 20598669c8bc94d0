"""What the endpoints of one sink share."""

from collections.abc import Callable
from dataclasses import dataclass, field

from openapi.contract import Contract
from webhook_sink.api.presenter import Showing
from webhook_sink.delivery import Delivery
from webhook_sink.destination import NOWHERE, Passing
from webhook_sink.notifications import Arrivals, News
from webhook_sink.storage.store import Store
from webhook_sink.verdicts.search import Search
from webhook_sink.verdicts.verdict import Verdict
from webhook_sink.verdicts.worker import Judging


@dataclass(frozen=True)
class Parts:
    """The parts of one sink."""

    contract: Contract
    store: Store
    judge: Callable[[Delivery], Verdict]
    arrivals: Arrivals
    """Hears of what was stored."""
    judging: Judging
    news: News = field(default_factory=News)
    """Hears of what else changed."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Those of the webhooks that are known; the first counts."""
    passing: Passing = NOWHERE
    """Where deliveries may be sent to."""

    @property
    def showing(self) -> Showing:
        """What is known of deliveries, put together."""
        return Showing(self.store, self.judging, self.judge)

    @property
    def search(self) -> Search:
        """Pages of what fits a filter."""
        return Search(self.store, self.judging)

    @property
    def events(self) -> tuple[str, ...]:
        """The names that the contract knows."""
        return tuple(event.name for event in self.contract.events)

    def removed(self) -> None:
        """Take note that deliveries are gone from the store."""
        self.judging.forget()
        self.news.tell()
