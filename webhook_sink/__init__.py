"""Webhook sink: stores, checks and shows every delivery that it receives.

It imports only `openapi`. `app` composes it; `intake` stores deliveries, `api` reads them from
`storage`.
"""
