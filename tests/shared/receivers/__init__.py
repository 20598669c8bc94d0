"""Receivers of webhooks in three languages, each correct, with one mistake or with one difference.

They follow the contracts and the documentation of vendors, and import nothing of hookproof.
`mistakes.yaml` names and describes the mistakes and differences of all languages.
"""
