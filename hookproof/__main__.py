"""`python -m hookproof` is the command `hookproof`."""

import sys

from hookproof.cli import main

if __name__ == "__main__":  # a process that multiprocessing starts imports this module, too
    sys.exit(main())
