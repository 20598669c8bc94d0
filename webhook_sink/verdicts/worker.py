"""One thread that judges what came, for the log and for whoever searches by verdict."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence

from openapi.schema_validation import brief
from webhook_sink.delivery import Delivery
from webhook_sink.notifications import Arrivals
from webhook_sink.storage.store import Store, StoreError
from webhook_sink.verdicts.event_identity import event_key, occurred_at
from webhook_sink.verdicts.index import Index, Judged
from webhook_sink.verdicts.verdict import Verdict

_log = logging.getLogger("hookproof.sink")
_AT_ONCE = 100
"""How many deliveries are judged between two looks at what else there is to do."""
_IDLE = 60.0
"""Seconds after which the thread looks for something to do, though nobody woke it."""
_TROUBLED = 5.0
"""Seconds that the thread rests where the store cannot be read."""
_NEWEST = 1000
"""How many deliveries are judged at once for whoever looks."""
_LAST = 1000
"""How many deliveries are still judged for the log when the sink stops."""
_GIVES_WAY = 0.1
"""Seconds that the thread rests where deliveries wait to be stored: those come first."""

Judge = Callable[[Delivery], Verdict]


class Judging:
    """Keeps an index of all that a store holds, the newest first where it starts with some."""

    def __init__(
        self,
        store: Store,
        judge: Judge,
        arrivals: Arrivals,
        secrets: Sequence[str],
        busy: Callable[[], bool],
    ) -> None:
        """`arrivals` hears of what was stored. `secrets` are only for keeping them out of the log.

        `busy` says whether deliveries wait to be stored.
        """
        self.index = Index()
        self._store = store
        self._judge = judge
        self._arrivals = arrivals
        # The longest first: one may be a part of another.
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)
        self._busy = busy
        self._last = self._first = max(store.ids(limit=1, newest_first=True), default=0)
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hookproof-sink-judging")

    def start(self) -> None:
        """Begin: at once if there is a log to write, otherwise when somebody wants to search."""
        if _log.isEnabledFor(logging.INFO):
            self._wanted.set()
        self._thread.start()

    def close(self) -> None:
        """Return once all that came is in the log, and the thread has ended."""
        self._stopping.set()
        self._wanted.set()
        self._arrivals.close()
        self._thread.join()
        self.index.close()

    def ensure(self, ids: Iterable[int]) -> None:
        """Have these deliveries judged when this returns; from any thread."""
        self._wanted.set()
        chosen = list(ids)
        known = self.index.get(chosen)
        self._take([d for n in chosen if n not in known and (d := self._store.get(n))])

    def ensure_newest(self) -> None:
        """Have the newest judged that came since this began, up to a bound."""
        self.ensure(self._store.ids(after=self._last, limit=_NEWEST, newest_first=True))

    def forget(self) -> None:
        """Forget what the store no longer has."""
        known = self.index.last()  # first: what is stored from here on stays
        oldest = self._store.ids(limit=1)
        self.index.forget(oldest[0] if oldest else known + 1)

    def _run(self) -> None:
        self._wanted.wait()
        said = ""
        while True:
            try:
                idle = not (self._judge_fresh() or self._stopping.is_set() or self._judge_old())
                said = ""
            except StoreError as error:
                if str(error) != said:
                    said = str(error)
                    _log.error("not judged: %s", said)
                idle = False
                self._stopping.wait(_TROUBLED)
            if self._stopping.is_set():
                break
            if idle:
                self._arrivals.wait(self._last, _IDLE)
        self._end()

    def _judge_fresh(self) -> bool:
        """Judge some that came since the start; say whether there were any."""
        fresh = self._store.ids(after=self._last, limit=_AT_ONCE)
        for number in fresh:
            self._rest()
            self._judge_one(number)
        return bool(fresh)

    def _judge_one(self, number: int) -> None:
        # One by one: many bodies at once may be more than there is memory for.
        delivery = self._store.get(number)
        if delivery is not None:
            self._take([delivery], say=True)
        self._last = number

    def _judge_old(self) -> bool:
        """Judge some that were there at the start; say whether there were any."""
        old = self._store.ids(before=self._first + 1, limit=_AT_ONCE, newest_first=True)
        for number in old:
            if self._stopping.is_set() or self._arrivals.last > self._last:
                break
            self._rest()
            self.ensure([number])
            self._first = number - 1
        return bool(old)

    def _end(self) -> None:
        """Write the log's last lines."""
        if not _log.isEnabledFor(logging.INFO):
            return
        for number in self._store.ids(after=self._last, limit=_LAST):
            self._judge_one(number)
        left = len(self._store.ids(after=self._last))
        if left:
            _log.warning("%d further deliveries are stored, but not in this log", left)

    def _rest(self) -> None:
        if self._busy():
            self._stopping.wait(_GIVES_WAY)

    def _take(self, deliveries: Iterable[Delivery], *, say: bool = False) -> None:
        judged = []
        for delivery in deliveries:
            verdict = self._judge(delivery)
            judged.append(summed_up(delivery, verdict))
            if say:
                self._say(delivery, verdict)
        self.index.add(judged)

    def _say(self, delivery: Delivery, verdict: Verdict) -> None:
        target = delivery.target
        for secret in self._secrets:
            target = target.replace(secret, "***")
        _log.info(
            "%d %s %s %s: %s; answered %s",
            delivery.id,
            delivery.method,
            brief(target, 200),
            verdict.event.name if verdict.event else "no known event",
            verdict.words,
            delivery.reply or delivery.status,
        )


def summed_up(delivery: Delivery, verdict: Verdict) -> Judged:
    """Return what an index keeps of a verdict."""
    warnings = len(verdict.findings) - verdict.violations
    kind = "violation" if verdict.violations else "warning" if warnings else "conforms"
    return Judged(
        id=delivery.id,
        event=verdict.event.name if verdict.event else None,
        kind=kind,
        signature=verdict.signature,
        violations=verdict.violations,
        warnings=warnings,
        path=delivery.target.partition("?")[0],
        key=event_key(delivery, verdict),
        occurred_at=occurred_at(verdict),
    )
