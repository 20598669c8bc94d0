"""Entry point of the command `hookproof` and of `python -m hookproof`."""

import sys

from hookproof.errors import EXIT_INTERRUPTED
from hookproof.interrupts import interrupts_end_the_process


def main() -> int:
    """Import and run the command; return its exit code."""
    with interrupts_end_the_process():
        from hookproof.cli import main as run  # noqa: PLC0415 - Ctrl-C must be handled by now
    try:
        return run()
    except KeyboardInterrupt:
        print("hookproof: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


if __name__ == "__main__":  # multiprocessing imports this module in its child processes
    sys.exit(main())
