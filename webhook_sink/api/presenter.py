"""Presenter: JSON of deliveries with their verdicts, attempts and forwards."""

from collections.abc import Callable, Sequence

from webhook_sink import views
from webhook_sink.delivery import Delivery
from webhook_sink.storage.store import Store
from webhook_sink.verdicts.verdict import Verdict
from webhook_sink.verdicts.worker import VerdictWorker, index_entry

_MAX_RELATED_DELIVERIES = 100


class DeliveryPresenter:
    """JSON views of the deliveries of one store. From any thread; raises `StoreError`."""

    def __init__(
        self, store: Store, verdict_worker: VerdictWorker, judge: Callable[[Delivery], Verdict]
    ) -> None:
        """Present deliveries of `store` with verdicts of `judge`."""
        self._store = store
        self._verdict_worker = verdict_worker
        self._judge = judge

    def summaries(self, ids: Sequence[int]) -> list[dict[str, object]]:
        """Return the summaries of those of these deliveries that are stored, in order."""
        self._verdict_worker.ensure_newest_judged()  # attempts and order depend on them
        self._verdict_worker.ensure_judged(ids)
        judged = self._verdict_worker.index.get(ids)
        relations = self._verdict_worker.index.relations(ids)
        last_forward_outcomes = self._store.last_forward_outcomes(ids)
        return [
            views.summary_json(
                head, judged[head.id], relations[head.id], last_forward_outcomes.get(head.id)
            )
            for head in self._store.metadata(ids)
            if head.id in judged and head.id in relations
        ]

    def judged(self, delivery: Delivery) -> dict[str, object]:
        """Return a delivery with its verdict, without its relation to others."""
        verdict = self._judge(delivery)
        return {
            **views.verdict_json(index_entry(delivery, verdict)),
            **views.judged_json(delivery, verdict),
        }

    def full(self, delivery: Delivery, verdict: Verdict | None = None) -> dict[str, object]:
        """Return a delivery with all its fields; `verdict` replaces the sink's own verdict.

        The sink's own verdicts determine its relation to other deliveries in any case.
        """
        verdict = verdict or self._judge(delivery)
        self._verdict_worker.ensure_newest_judged()
        self._verdict_worker.ensure_judged([delivery.id])
        related = self._verdict_worker.index.same_event(delivery.id, _MAX_RELATED_DELIVERIES)
        attempts = self.summaries(related)
        first = self._store.get(related[0])
        return {
            **next((one for one in attempts if one["id"] == delivery.id), {}),
            **views.verdict_json(index_entry(delivery, verdict)),
            **views.details_json(delivery, verdict),
            "attempts": attempts,
            "same_body": first is not None and first.body == delivery.body,
            "outgoing": [
                views.forward_attempt_json(one) for one in self._store.forward_attempts(delivery.id)
            ],
        }
