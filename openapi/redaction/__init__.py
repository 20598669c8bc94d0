"""Redaction: the removal of secrets from output, and the search for them in any encoding.

Which values are secrets does not belong here: a contract and the settings of a run say it.
"""

from openapi.redaction.redaction import REDACTED, Redaction

__all__ = ["REDACTED", "Redaction"]
