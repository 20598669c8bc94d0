"""When Python looks for garbage, in a process that does nothing but serve."""

import gc

_ALLOCATIONS = 20_000
"""Objects made and not yet gone before garbage is looked for; Python's own choice is 700."""


def collect_less() -> None:
    """Look in what comes and goes alone, and not at every turn; call it when all is loaded.

    Contract, schemas and modules live as long as the process. A request leaves little that needs
    to be looked for, and looking was a third of its time.
    """
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 20, 50)
    gc.enable()
