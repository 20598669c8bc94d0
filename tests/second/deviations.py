"""Every deviation by name; the modules hold one layer each."""

from __future__ import annotations

from typing import Final

from deviation import Deviation
from wrong_answers import ANSWERS
from wrong_credentials import CREDENTIALS
from wrong_deliveries import DELIVERIES
from wrong_payloads import PAYLOADS
from wrong_robustness import ROBUSTNESS
from wrong_validation import VALIDATION

DEVIATIONS: Final[dict[str, Deviation]] = {
    **ANSWERS,
    **VALIDATION,
    **CREDENTIALS,
    **ROBUSTNESS,
    **DELIVERIES,
    **PAYLOADS,
}
