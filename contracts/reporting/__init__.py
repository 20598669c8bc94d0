"""Report data: findings with evidence, status of each constraint, summary of webhooks.

It builds the data of `report.json`. `hookproof.reports` renders it.
"""
