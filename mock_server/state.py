"""What the mock remembers: values that must not repeat, and what it gave out by links."""

from collections.abc import Iterable

Key = tuple[str, str]
"""The id of an operation, and values as JSON."""


class Taken:
    """The taken values of all operations, in memory. A value is taken once, whoever asks."""

    def __init__(self) -> None:
        """Start with nothing taken."""
        self._keys: set[Key] = set()

    def claim(self, operation_id: str, key: str) -> bool:
        """Take `key` for the operation; False if it was taken before."""
        entry = (operation_id, key)
        if entry in self._keys:
            return False
        self._keys.add(entry)
        return True


class Resources:
    """What there is to be asked for: each resource is what its operations call it by."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._known: dict[Key, frozenset[Key]] = {}

    def add(self, keys: Iterable[Key]) -> None:
        """Remember one resource by all its `keys`."""
        every = frozenset(keys)
        self._known |= dict.fromkeys(every, every)

    def __contains__(self, key: Key) -> bool:
        """Say whether the operation of `key` can be asked for its values."""
        return key in self._known

    def remove(self, key: Key) -> None:
        """Forget the resource, whatever operation asks for it; nothing happens if none is known."""
        for other in self._known.get(key, frozenset()):
            del self._known[other]
