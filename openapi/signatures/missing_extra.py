"""Missing package of the extra `signatures`, which only some signature schemes need."""

EXTRA = "hookproof[signatures]"


class MissingExtra(Exception):
    """Package that a signature needs is not installed."""

    def __init__(self, what: str, package: str) -> None:
        """Say that `what` needs `package`."""
        super().__init__(f"{what} needs the package {package}: install {EXTRA}")
