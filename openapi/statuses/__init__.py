"""Statuses of responses: which of them a response key covers, and the cause of each.

Judging a status needs the request too, and is done in `contracts`.
"""
