"""Mock server: serves a contract's operations; an enabled fault makes it break the contract.

It imports only `openapi`: the mock and the harness share nothing but the contract. `app` composes
the mock, `middleware` processes requests, `responses` builds responses, `webhooks` sends events.
"""
