"""Properties of a receiver, one module for each group: rows of a table, with their functions.

The order is that of the run. A property that looks at all deliveries comes last. How a delivery is
sent and recorded belongs in the folder above.
"""

from collections.abc import Mapping

from contracts.receivers.properties.acceptance import ACCEPTANCE, AFTER_FAILURE
from contracts.receivers.properties.content import CONTENT
from contracts.receivers.properties.disclosure import DISCLOSURE
from contracts.receivers.properties.forged_forms import FORGED_FORMS
from contracts.receivers.properties.forgeries import FORGERIES
from contracts.receivers.properties.freshness import FRESHNESS
from contracts.receivers.properties.raw_bytes import RAW_BYTES
from contracts.receivers.properties.repetition import REPETITION
from contracts.receivers.properties.transport import TIME_AND_REDIRECTS, TRANSPORT
from contracts.receivers.trials.trial import Property

PROPERTIES: Mapping[str, Property] = {
    row.name: row
    for row in (
        *ACCEPTANCE,
        *FORGERIES,
        *FORGED_FORMS,
        *FRESHNESS,
        *RAW_BYTES,
        *REPETITION,
        *CONTENT,
        *TRANSPORT,
        AFTER_FAILURE,
        *TIME_AND_REDIRECTS,
        *DISCLOSURE,
    )
}
"""Properties by the name of their check."""
