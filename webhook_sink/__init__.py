"""A receiver of webhooks that stores every delivery, judges it and shows it.

It imports `openapi` alone. `app` composes it; deliveries enter by `intake`, everything else is read
from `storage` by `api`.
"""
