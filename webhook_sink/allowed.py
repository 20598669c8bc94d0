"""Where a sink may send deliveries to; nowhere unless it was said. Pure."""

from dataclasses import dataclass

from webhook_sink.destination import Destination


@dataclass(frozen=True, slots=True)
class Passing:
    """Where deliveries go on to, and where they may be sent on request."""

    forward_to: Destination | None = None
    """Where every delivery goes."""
    resend_to: tuple[Destination, ...] = ()
    """Origins that were named."""
    loopback: bool = False
    """Whether only this machine reaches the sink: then it may reach all of this machine."""

    def refusal(self, wanted: Destination) -> str | None:
        """Return why nothing is sent to `wanted` on request, in a sentence; None if it may be.

        Names are compared as they are written: what they stand for may change at any time.
        """
        named = [*self.resend_to, *([self.forward_to] if self.forward_to else [])]
        if any(wanted.origin == known.origin for known in named):
            return None
        if wanted.is_loopback and self.loopback:
            return None
        return (
            f"nothing may be sent to {wanted.origin}: start the sink with "
            f"--resend-to {wanted.origin} to allow it"
        )


NOWHERE = Passing()
