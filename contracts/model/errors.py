"""Errors that end a run."""


class CouldNotJudge(Exception):
    """The service could not be judged; the sentence says why and what to do."""


class RunStopped(Exception):
    """The rest of the cases is not sent."""

    def __init__(self, reason: str, *, intentional: bool = False) -> None:
        super().__init__(reason)
        self.intentional = intentional
        """The user asked for no more; otherwise the service left no choice."""
