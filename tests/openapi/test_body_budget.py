"""Body budget: the memory of bodies goes back to the system, also when it is freed late."""

import asyncio
import sys
from pathlib import Path

import pytest

from openapi.http.body_budget import BodyBudget

MIB = 1024 * 1024
DEADLINE = 20.0


def resident() -> int:
    """Return the resident memory of this process in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_that_is_freed_after_the_first_trim_is_given_back() -> None:
    async def use() -> None:
        loop = asyncio.get_running_loop()
        budget = BodyBudget(200 * MIB)
        assert budget.take(100 * MIB)
        bodies = [b"x" * 60_000 for _ in range(2000)]
        last = b"x" * 60_000  # the C library gives the end of its heap back by itself
        full = resident()
        budget.give_back(100 * MIB)
        # The first trim is due after half a second; the bodies live longer.
        loop.call_later(1.0, bodies.clear)
        async with asyncio.timeout(DEADLINE):
            while await asyncio.to_thread(resident) > full - 80 * MIB:
                pass
        assert last

    asyncio.run(use())
