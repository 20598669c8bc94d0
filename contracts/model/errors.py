"""Errors that end a run."""


class CouldNotJudge(Exception):
    """Error: the harness could not judge the service. The message states reason and remedy."""


class RunStopped(Exception):
    """Early end of a run: no further cases are sent."""

    def __init__(self, reason: str, *, intentional: bool = False) -> None:
        super().__init__(reason)
        self.intentional = intentional
        """True if the user set the limit; False if the service caused the stop."""


class TargetNotCreated(RunStopped):
    """Early end of an operation: without an own target it could change that of others."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, intentional=True)
