"""Calls of the vendors' libraries of PyPI: one JSON object a line in, one a line out.

It runs in the virtual environment that has the libraries, which the tests do not have.
"""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

Call = Mapping[str, Any]
COMPONENTS = ("@method", "@target-uri", "content-type", "content-digest")


def _header(call: Call, name: str) -> str:
    return next(str(v) for n, v in call["headers"].items() if n.lower() == name.lower())


def _webhook_verify(module: str) -> Callable[[Call], bool]:
    """Return the verification of Standard Webhooks by `module`, which svix and its origin share."""

    def verify(call: Call) -> bool:
        library = import_module(module)
        try:
            library.Webhook(call["secret"]).verify(call["body"], dict(call["headers"]))
        except library.WebhookVerificationError:
            return False
        return True

    return verify


def _webhook_sign(module: str, prefix: str) -> Callable[[Call], dict[str, str]]:
    def sign(call: Call) -> dict[str, str]:
        at = datetime.fromtimestamp(call["at"], UTC)
        webhook = import_module(module).Webhook(call["secret"])
        return {
            f"{prefix}-id": call["id"],
            f"{prefix}-timestamp": str(call["at"]),
            f"{prefix}-signature": webhook.sign(call["id"], at, call["body"]),
        }

    return sign


def _stripe_verify(call: Call) -> bool:
    stripe = import_module("stripe")
    try:
        stripe.WebhookSignature.verify_header(
            call["body"], _header(call, "Stripe-Signature"), call["secret"], 300
        )
    except stripe.SignatureVerificationError:
        return False
    return True


def _stripe_sign(call: Call) -> dict[str, str]:
    signature = import_module("stripe").WebhookSignature
    value = signature.generate_signature_header(call["body"], call["secret"], call["at"])
    return {"Stripe-Signature": value}


def _slack_verify(call: Call) -> bool:
    verifier = import_module("slack_sdk.signature").SignatureVerifier(call["secret"])
    return bool(verifier.is_valid_request(call["body"], dict(call["headers"])))


def _slack_sign(call: Call) -> dict[str, str]:
    verifier = import_module("slack_sdk.signature").SignatureVerifier(call["secret"])
    stamp = str(call["at"])
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": verifier.generate_signature(timestamp=stamp, body=call["body"]),
    }


class _Fields(dict[str, list[str]]):
    """Fields of a form, as a web framework gives them to Twilio's validator."""

    def getlist(self, name: str) -> list[str]:
        """Return the values of a field."""
        return self[name]


def _twilio_parameters(call: Call) -> Any:
    if "form" in _header(call, "Content-Type"):
        return _Fields(parse_qs(call["body"], keep_blank_values=True))
    return call["body"]


def _twilio_verify(call: Call) -> bool:
    validator = import_module("twilio.request_validator").RequestValidator(call["secret"])
    signature = _header(call, "X-Twilio-Signature")
    return bool(validator.validate(call["url"], _twilio_parameters(call), signature))


def _twilio_sign(call: Call) -> dict[str, str]:
    validator = import_module("twilio.request_validator").RequestValidator(call["secret"])
    parameters = _twilio_parameters(call)
    if isinstance(parameters, str):  # only the URL is signed, which has the hash of the body
        parameters = {}
    return {"X-Twilio-Signature": validator.compute_signature(call["url"], parameters)}


def _message(call: Call) -> Any:
    request = import_module("requests").Request(
        "POST", call["url"], headers=dict(call["headers"]), data=call["body"].encode()
    )
    return request.prepare()


def _message_algorithm(call: Call) -> Any:
    algorithms = import_module("http_message_signatures").algorithms
    return algorithms.ED25519 if call["algorithm"] == "ed25519" else algorithms.HMAC_SHA256


def _message_verify(call: Call) -> bool:
    library = import_module("http_message_signatures")
    resolver = library.MappingKeyResolver(
        public_keys={call["key_id"]: call["secret"].encode()}, private_keys={}
    )
    verifier = library.HTTPMessageVerifier(
        signature_algorithm=_message_algorithm(call), key_resolver=resolver
    )
    try:
        verifier.verify(
            _message(call),
            max_age=timedelta(seconds=300),
            require_components=COMPONENTS,
            body=call["body"].encode(),
        )
    except library.InvalidSignature:
        return False
    return True


def _message_sign(call: Call) -> dict[str, str]:
    library = import_module("http_message_signatures")
    resolver = library.MappingKeyResolver(
        public_keys={}, private_keys={call["key_id"]: call["secret"].encode()}
    )
    signer = library.HTTPMessageSigner(
        signature_algorithm=_message_algorithm(call), key_resolver=resolver
    )
    message = _message(call)
    signer.sign(
        message,
        key_id=call["key_id"],
        created=datetime.fromtimestamp(call["at"], UTC),
        covered_component_ids=COMPONENTS[:3],
        body=call["body"].encode(),
    )
    names = ("Signature", "Signature-Input", "Content-Digest")
    return {name: message.headers[name] for name in names}


CALLS: Mapping[str, Mapping[str, Callable[[Call], Any]]] = {
    "standardwebhooks": {
        "verify": _webhook_verify("standardwebhooks.webhooks"),
        "sign": _webhook_sign("standardwebhooks.webhooks", "webhook"),
    },
    "svix": {
        "verify": _webhook_verify("svix.webhooks"),
        "sign": _webhook_sign("svix.webhooks", "svix"),
    },
    "stripe": {"verify": _stripe_verify, "sign": _stripe_sign},
    "slack_sdk": {"verify": _slack_verify, "sign": _slack_sign},
    "twilio": {"verify": _twilio_verify, "sign": _twilio_sign},
    "http-message-signatures": {"verify": _message_verify, "sign": _message_sign},
}


def main() -> None:
    """Serve calls until the end of stdin."""
    for line in sys.stdin:
        call = json.loads(line)
        try:
            answer = {"result": CALLS[call["library"]][call["action"]](call)}
        except Exception as error:  # the test fails with it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
