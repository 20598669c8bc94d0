"""The tests of the suite kept in one process of pytest-xdist. Imported only where that runs."""

import re
from pathlib import Path

from xdist.scheduler.loadgroup import LoadGroupScheduling

import contracts

GROUP = "hookproof"
_SUITE = Path(contracts.__file__).parent
_TESTS = frozenset(
    f"{path.name}::{name}"
    for path in _SUITE.glob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
)


class OneProcess(LoadGroupScheduling):  # type: ignore[misc]
    """The scheduler of `--dist loadgroup`, with the suite as one group.

    Not by a mark: marks reach the scheduler through the ids of tests, which pytest 9.2 no longer
    lets xdist 3.8 change (https://github.com/pytest-dev/pytest-xdist/issues/1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        test = nodeid.rpartition("/")[2].partition("[")[0].partition("@")[0]
        return GROUP if test in _TESTS else str(super()._split_scope(nodeid))
