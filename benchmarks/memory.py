"""Memory of `hookproof mock` after many creations, and after a reset. Linux only.

Run it where hookproof is installed: `python benchmarks/memory.py`. For each length of the names it
starts a mock, creates tokens over concurrent connections, and resets the mock.
"""

import argparse
import asyncio
import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import proc
from subjects import Subject, running
from table import machine, rows_of

from openapi.loading.loader import load_contract

CONNECTIONS = 16
TIMEOUT_S = 60.0
MIB = 1024 * 1024
_HEAD = ("names of", "start MiB", "after MiB", "bytes each", "reset MiB")


def main() -> None:
    given = _options()
    with TemporaryDirectory(dir=given.directory) as name:
        state = ("--state", str(Path(name, "state"))) if given.state else ()
        rows: list[tuple[str, ...]] = [_HEAD]
        for length in given.lengths:
            for file in Path(name).iterdir():
                file.unlink()
            rows.append(_measure(given.creations, length, state))
    print("\n".join(rows_of(rows)))
    print(f"\n{machine(f'{given.creations:,} creations over {CONNECTIONS} connections')}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--creations", type=int, default=200_000, help="tokens to create (%(default)s)")
    add("--lengths", type=int, nargs="+", default=[50, 200], help="characters of the names")
    add("--state", action="store_true", help="store the state in a file")
    add("--directory", type=Path, default=Path(), help="folder of that file (.)")
    return parser.parse_args()


def _measure(creations: int, length: int, state: tuple[str, ...]) -> tuple[str, ...]:
    mock = (sys.executable, "-m", "hookproof", "mock", "--port", "PORT", *state)
    with running(Subject("hookproof", "hookproof mock", mock, True)) as server:
        transport = httpx.HTTPTransport(retries=20)
        url = f"http://127.0.0.1:{server.port}"
        with httpx.Client(transport=transport, base_url=url, timeout=TIMEOUT_S) as client:
            token = client.get("/_hookproof/api/token").json()["token"]
            # The faults are loaded once, here, and not a second after the start.
            client.get("/_hookproof/api/faults").raise_for_status()
            _, start = proc.memory(server.pid)
            asyncio.run(_load(server.port, token, creations, length))
            _, after = proc.memory(server.pid)
            client.post("/_hookproof/api/reset").raise_for_status()
            _, reset = proc.memory(server.pid)
    each = (after - start) / creations
    sizes = (f"{size / MIB:.1f}" for size in (start, after, reset))
    first, second, third = sizes
    return (f"{length}", first, second, f"{each:.0f}", third)


async def _load(port: int, token: str, creations: int, length: int) -> None:
    shares = [creations // CONNECTIONS] * CONNECTIONS
    async with asyncio.TaskGroup() as group:
        for place, share in enumerate(shares):
            group.create_task(_create(port, token, place, share, length))


async def _create(port: int, token: str, place: int, share: int, length: int) -> None:
    """Create `share` tokens, one after another, over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {load_contract().operations[0].path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    head += f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    for number in range(share):
        name = f"{place}-{number}-".ljust(length, "n")
        body = json.dumps({"name": name, "scopes": ["license:read"]})
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 201 "):
            raise SystemExit(f"{answer[:40]!r} is not a 201")
        found = re.search(rb"content-length: (\d+)", answer)
        await reader.readexactly(int(found[1]) if found else 0)
    writer.close()


if __name__ == "__main__":
    main()
