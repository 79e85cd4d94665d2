"""The other end of the SMS gateway: takes messages, and shows them as the phones got them."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tael.sandbox.world.inbox import Inbox


def routes(inbox: Inbox) -> list[Route]:
    """`POST /sms/messages` as gateways take it, and `GET /sms/inbox?to=` for the tester."""

    async def take(request: Request) -> Response:
        try:
            body = await request.json()
            message_id, to, text = str(body["id"]), str(body["to"]), str(body["text"])
        except (KeyError, TypeError, ValueError):
            return JSONResponse({"error": "id, to and text are needed"}, status_code=422)
        fresh = inbox.put(to, text, message_id=message_id)
        return JSONResponse({"id": message_id, "repeat": not fresh}, status_code=202)

    async def show(request: Request) -> Response:
        newest_first = inbox.messages(request.query_params.get("to"))
        shown = [
            {**message, "sent_at": _rfc3339(message["sent_at"])} for message in newest_first[::-1]
        ]
        return JSONResponse({"messages": shown})

    return [
        Route("/sms/messages", take, methods=["POST"]),
        Route("/sms/inbox", show, methods=["GET"]),
    ]


def _rfc3339(moment: object) -> str:
    assert isinstance(moment, float), "the inbox keeps Unix time"
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")
