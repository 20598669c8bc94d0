"""What ends a run that can come to no verdict."""


class CouldNotJudge(Exception):
    """The service could not be judged; the sentence says why and what to do."""
