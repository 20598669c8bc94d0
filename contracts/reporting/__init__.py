"""Report data: findings with evidence, status of each constraint, summary of webhooks.

It makes the data of `report.json`. How a report looks is decided in `hookproof.reports`.
"""
