"""What ends a run that can come to no verdict."""


class CouldNotJudge(Exception):
    """The service could not be judged; the sentence says why and what to do."""


class Stopped(Exception):
    """The rest of the cases is not sent."""

    def __init__(self, reason: str, *, asked_for: bool = False) -> None:
        super().__init__(reason)
        self.asked_for = asked_for
        """Whoever runs this wanted no more; otherwise the service gave no chance."""
