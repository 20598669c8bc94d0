"""A service that does what the contract says and, when asked, does not."""
