"""Webhook sink: stores every delivery that it receives, judges it and shows it.

It imports only `openapi`. `app` composes it; `intake` stores deliveries, `api` reads them from
`storage`.
"""
