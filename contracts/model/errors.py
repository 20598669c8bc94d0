"""Errors that end a run."""


class CouldNotJudge(Exception):
    """The harness could not judge the service; the message states the reason and the remedy."""


class RunStopped(Exception):
    """The run ends early and sends no further cases."""

    def __init__(self, reason: str, *, intentional: bool = False) -> None:
        super().__init__(reason)
        self.intentional = intentional
        """True if the user set the limit; False if the service caused the stop."""
