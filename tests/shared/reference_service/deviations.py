"""All deviations by name; each `wrong_*` module defines one group."""

from __future__ import annotations

from typing import Final

from reference_service.deviation import Deviation
from reference_service.wrong_credential_forms import CREDENTIAL_FORMS
from reference_service.wrong_credentials import CREDENTIALS
from reference_service.wrong_deliveries import DELIVERIES
from reference_service.wrong_failed_deliveries import FAILED_DELIVERIES
from reference_service.wrong_payloads import PAYLOADS
from reference_service.wrong_request_forms import REQUEST_FORMS
from reference_service.wrong_responses import ANSWERS
from reference_service.wrong_robustness import ROBUSTNESS
from reference_service.wrong_unjudged import UNJUDGED
from reference_service.wrong_validation import VALIDATION

DEVIATIONS: Final[dict[str, Deviation]] = {
    **ANSWERS,
    **VALIDATION,
    **CREDENTIALS,
    **ROBUSTNESS,
    **DELIVERIES,
    **PAYLOADS,
    **CREDENTIAL_FORMS,
    **UNJUDGED,
    **REQUEST_FORMS,
    **FAILED_DELIVERIES,
}
