"""Logging to stderr: plain lines, or one JSON object per line."""

import json
import logging
import sys
from datetime import UTC, datetime


def configure_logging(style: str = "text", requests: bool = False) -> None:
    """Log hookproof's records and other libraries' warnings; `requests`: also mock requests."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if style == "json" else logging.Formatter("%(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(style == "json")
    for quiet in ("httpx", "httpcore", "uvicorn", "connexion"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    if not requests:
        logging.getLogger("hookproof.requests").setLevel(logging.WARNING)


class _JsonFormatter(logging.Formatter):
    """Formatter of a record as a JSON object: common keys and the fields of the record."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        shown = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            shown["exception"] = self.formatException(record.exc_info)
        return json.dumps(shown)
