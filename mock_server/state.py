"""What the mock remembers: which values of requests that must not repeat are taken."""


class Taken:
    """The taken values of all operations, in memory. A value is taken once, whoever asks."""

    def __init__(self) -> None:
        """Start with nothing taken."""
        self._keys: set[tuple[str, str]] = set()

    def claim(self, operation_id: str, key: str) -> bool:
        """Take `key` for the operation; False if it was taken before."""
        entry = (operation_id, key)
        if entry in self._keys:
            return False
        self._keys.add(entry)
        return True
