"""A service that does what a contract says and, with a fault enabled, what it forbids.

It imports `openapi` alone: judge and judged share the contract and nothing else.
`app` composes it; requests pass `middleware`, `responses` answers, `webhooks` sends events.
"""
