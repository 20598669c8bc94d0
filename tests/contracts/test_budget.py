"""Budget: requests and seconds are shared equally, and each operation gets its plain request."""

import pytest

from contracts.execution.budget import Budget
from contracts.model.errors import RunStopped


def send(budget: Budget, wanted: int) -> int:
    """Send up to `wanted` requests; return how many the budget allows."""
    for sent in range(wanted):
        try:
            budget.take()
        except RunStopped:
            return sent
    return wanted


def spend(budget: Budget, needs: list[int], wanted: list[int]) -> list[int]:
    """Run operations with these needs; return the number of requests that each sends."""
    reachable = budget.reachable(needs)
    left, total, sent = len(reachable), sum(needs[index] for index in reachable), []
    for index, need in enumerate(needs):
        if index not in reachable:
            sent.append(0)
            continue
        budget.share(need, left, total)
        left, total = left - 1, total - need
        sent.append(send(budget, wanted[index]))
    return sent


@pytest.mark.parametrize(
    ("most", "needs", "wanted", "sent"),
    [
        (40, [1], [100], [40]),
        (40, [1, 1, 1, 1], [100, 100, 100, 100], [10, 10, 10, 10]),
        (40, [1, 1, 1, 1], [2, 100, 3, 100], [2, 12, 3, 23]),
        (3, [1, 1, 1, 1, 1], [9, 9, 9, 9, 9], [1, 1, 1, 0, 0]),
        (3, [2, 1, 1, 1], [9, 9, 9, 9], [0, 1, 1, 1]),
        (4, [2, 1, 1], [9, 9, 9], [2, 1, 1]),
    ],
)
def test_requests_are_shared_equally(
    most: int, needs: list[int], wanted: list[int], sent: list[int]
) -> None:
    assert spend(Budget(most, None), needs, wanted) == sent


def test_what_is_left_after_all_operations_can_be_used() -> None:
    budget = Budget(10, None)
    assert spend(budget, [1, 1], [3, 3]) == [3, 3]
    budget.share_rest()
    assert send(budget, 9) == 4
    with pytest.raises(RunStopped, match=r"^10 requests were sent \(--max-requests\)$") as caught:
        budget.take()
    assert caught.value.intentional


def test_seconds_are_shared_equally_and_the_plain_request_is_always_sent() -> None:
    now = [0.0]
    budget = Budget(None, 40.0, lambda: now[0])
    budget.share(1, 4, 4)
    now[0] = 9.0
    assert send(budget, 5) == 5
    now[0] = 10.0
    with pytest.raises(RunStopped, match=r"its share of 40 s has passed \(--max-time\)"):
        budget.take()
    budget.share(1, 3, 3)  # 30 s for three
    now[0] = 39.0  # a slow service
    assert send(budget, 5) == 1
    budget.share(1, 2, 2)
    now[0] = 39.9
    assert send(budget, 5) == 1
    now[0] = 40.0
    budget.share(1, 1, 1)
    with pytest.raises(RunStopped, match=r"^40 s have passed \(--max-time\)$"):
        budget.take()


def test_a_pause_beyond_the_time_is_not_waited_for() -> None:
    budget = Budget(None, 5.0, lambda: 0.0)
    budget.require_seconds(4.0)
    with pytest.raises(RunStopped, match="5 s have passed"):
        budget.require_seconds(6.0)
