"""Support for tests: processes, receivers, raw HTTP, contracts and deliveries."""
