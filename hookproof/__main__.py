"""`python -m hookproof` is the command `hookproof`."""

import sys

from hookproof.cli import main

sys.exit(main())
