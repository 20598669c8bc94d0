"""hookproof: one contract drives a mock, a webhook sink and a harness that judges any service."""
