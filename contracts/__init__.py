"""The harness: what a service must do, judged over HTTP alone, its webhooks included."""
