"""File descriptors: a reserve that connections leave for files and threads of the server.

Without it, a server at its limit can neither open a file nor load a module, and fails elsewhere.
"""

import asyncio

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

_RESERVE = 32


def is_near_descriptor_limit(transport: asyncio.BaseTransport) -> bool:
    """Return whether a new connection has one of the last descriptors of the process."""
    connection = transport.get_extra_info("socket")
    if connection is None or resource is None:
        return False
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    # The system gives the lowest free number.
    return bool(limit != resource.RLIM_INFINITY and connection.fileno() >= limit - _reserve(limit))


def _reserve(limit: int) -> int:
    return min(_RESERVE, limit // 4)
