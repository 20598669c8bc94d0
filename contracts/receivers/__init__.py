"""Test of a receiver of webhooks: the first probe, the run, and its report.

The deliveries are in `trials`, what the responses must be in `properties`. The test of a service,
and of the webhooks that it sends, is in the other folders of `contracts`.
"""
