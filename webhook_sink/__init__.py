"""The sink: receives deliveries, keeps every byte, judges each one, shows them."""
