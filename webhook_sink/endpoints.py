"""Every endpoint of the sink's own, with its place under /_hookproof/."""

from collections.abc import Sequence

from starlette.routing import Route

from webhook_sink.api import Api
from webhook_sink.copies_api import CopiesApi
from webhook_sink.judge_api import Anew
from webhook_sink.parts import Parts
from webhook_sink.passing_api import PassingApi
from webhook_sink.stream import Stream


def endpoints(parts: Parts) -> Sequence[Route]:
    """Return them; the first that fits a path answers."""
    api, copies = Api(parts), CopiesApi(parts)
    return [
        Route("/healthz", api.healthz),
        Route("/api/deliveries", api.list),
        Route("/api/deliveries", api.clear, methods=["DELETE"]),
        Route("/api/deliveries/wait", api.wait),
        Route("/api/deliveries/stream", Stream(parts).answer),
        Route("/api/deliveries/export", copies.export),
        Route("/api/deliveries/{id:int}", api.get),
        Route("/api/deliveries/{id:int}/judge", Anew(parts).answer, methods=["POST"]),
        Route("/api/deliveries/{id:int}/resend", PassingApi(parts).resend, methods=["POST"]),
        Route("/api/deliveries/{id:int}/body", copies.body),
        Route("/api/deliveries/{id:int}/copy", copies.copy),
    ]
