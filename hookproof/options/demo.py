"""Command `hookproof demo`, without options."""

import click


@click.command()
def demo() -> int:
    """Run mock, sink and harness without a fault and with one, then judge two receivers."""
    from hookproof.commands.demo import run_demo

    return run_demo()
