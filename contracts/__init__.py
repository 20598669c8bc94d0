"""Contract test harness: sends requests, receives webhooks, reconciles and judges both.

It knows the service by HTTP alone and imports neither mock server nor command line.
"""
