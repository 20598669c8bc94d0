"""Worker signals: what a worker has done before a signal counts when it handles the signal."""

import asyncio

from mock_server.storage.worker_signals import SLOT_COUNT, WorkerSignals


def test_the_record_of_a_response_that_was_sent_precedes_the_writing_of_records() -> None:
    done: list[str] = []

    async def run() -> None:
        shared = [0] * SLOT_COUNT
        served, other = WorkerSignals(shared, 0, 2), WorkerSignals(shared, 1, 2)
        is_written = asyncio.Event()

        async def forget() -> None:
            # As at the end of an exchange: the response is sent, and its record follows soon.
            asyncio.get_running_loop().call_soon(done.append, "record")

        async def write() -> None:
            done.append("written")
            is_written.set()

        serving = asyncio.create_task(served.serve({"forget": forget, "write": write}))
        forgetting = asyncio.create_task(other.broadcast("forget"))
        writing = asyncio.create_task(other.broadcast("write"))
        await asyncio.wait_for(is_written.wait(), 30)
        await asyncio.gather(forgetting, writing)
        serving.cancel()

    asyncio.run(run())
    assert done == ["record", "written"]
