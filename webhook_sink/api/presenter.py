"""What is known of deliveries, put together for those who look at them."""

from collections.abc import Callable, Sequence

from webhook_sink import views
from webhook_sink.delivery import Delivery
from webhook_sink.storage.store import Store
from webhook_sink.verdicts.verdict import Verdict
from webhook_sink.verdicts.worker import Judging, summed_up

_TOGETHER = 100
"""How many deliveries of one event are shown with each of them."""


class Showing:
    """Views of one store. From any thread; raises `StoreError`."""

    def __init__(
        self, store: Store, judging: Judging, judge: Callable[[Delivery], Verdict]
    ) -> None:
        """Show what is in `store`, as `judge` judges it."""
        self._store = store
        self._judging = judging
        self._judge = judge

    def summaries(self, ids: Sequence[int]) -> list[dict[str, object]]:
        """Return what a list shows of those of these deliveries that are there, in order."""
        self._judging.ensure_newest()  # how these stand to others depends on those as well
        self._judging.ensure(ids)
        judged = self._judging.index.get(ids)
        relations = self._judging.index.relations(ids)
        outcomes = self._store.outcomes(ids)
        return [
            views.summary(head, judged[head.id], relations[head.id], outcomes.get(head.id))
            for head in self._store.heads(ids)
            if head.id in judged and head.id in relations
        ]

    def full(self, delivery: Delivery, verdict: Verdict | None = None) -> dict[str, object]:
        """Return everything that is known of a delivery, judged by `verdict` if there is one.

        How it stands to others is said by the sink's own verdicts.
        """
        verdict = verdict or self._judge(delivery)
        self._judging.ensure_newest()
        self._judging.ensure([delivery.id])
        together = self._judging.index.same(delivery.id, _TOGETHER)
        attempts = self.summaries(together)
        first = self._store.get(together[0])
        return {
            **next((one for one in attempts if one["id"] == delivery.id), {}),
            **views.judgement(summed_up(delivery, verdict)),
            **views.details(delivery, verdict),
            "attempts": attempts,
            "same_body": first is not None and first.body == delivery.body,
            "passed": [views.passed_on(one) for one in self._store.passed(delivery.id)],
        }
