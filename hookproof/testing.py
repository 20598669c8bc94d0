"""Public API for tests: import what a test needs from here.

The names in `__all__` are public, like the fixtures of the pytest plugin: CHANGELOG.md announces a
change to one of them. Every other module may change in any release.
"""

from hookproof.sending.sender import EventResponse, EventSender
from openapi.complaint import ContractError
from openapi.contract import Contract, Event
from openapi.finding import Finding
from openapi.loading.loader import load_contract
from openapi.signatures.message import Message
from openapi.signatures.scheme import SignatureScheme
from webhook_sink.client import SinkClient, SinkError
from webhook_sink.delivery import Delivery
from webhook_sink.destination import Destination, ForwardPolicy, parse_destination
from webhook_sink.server import Sink
from webhook_sink.verdicts.verdict import Verdict
from webhook_sink.wait_for import NoSuchDelivery

__all__ = [
    "Contract",
    "ContractError",
    "Delivery",
    "Destination",
    "Event",
    "EventResponse",
    "EventSender",
    "Finding",
    "ForwardPolicy",
    "Message",
    "NoSuchDelivery",
    "SignatureScheme",
    "Sink",
    "SinkClient",
    "SinkError",
    "Verdict",
    "load_contract",
    "parse_destination",
]
