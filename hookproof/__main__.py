"""Entry point of `python -m hookproof`."""

import sys

from hookproof.cli import main

if __name__ == "__main__":  # multiprocessing imports this module in its child processes
    sys.exit(main())
