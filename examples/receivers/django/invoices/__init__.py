"""Changes of invoices, which webhooks announce."""
