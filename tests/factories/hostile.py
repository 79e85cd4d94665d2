"""What a hostile request must get: a problem body with a code and nothing of our insides."""

import httpx

from tael.http.problems import MEDIA_TYPE
from tael.http.statuses import STATUS
from tael.kernel.refusals import Advice

_INSIDES = ("Traceback", "asyncpg", "pydantic", "SELECT ", "INSERT ", "site-packages", "/src/")
_ADVICE = {advice.value for advice in Advice}


def fault_of(reply: httpx.Response) -> str | None:
    """What breaks the promise about this reply; None if it is kept."""
    if reply.status_code >= 500 and reply.status_code != 503:
        return f"{reply.status_code}: {reply.text[:200]}"
    leaked = [word for word in _INSIDES if word in reply.text]
    if leaked and reply.request.url.path != "/api/openapi.json":
        return f"shows {leaked}: {reply.text[:200]}"
    if reply.status_code < 400:
        return None
    if reply.headers.get("content-type") != MEDIA_TYPE:
        return f"{reply.status_code} is {reply.headers.get('content-type')}"
    if reply.request.method == "HEAD":
        return None
    problem = reply.json()
    if not STATUS.get(problem.get("code")) == reply.status_code == problem.get("status"):
        return f"{reply.status_code} has code {problem.get('code')}"
    if problem.get("advice") not in _ADVICE:
        return f"advises {problem.get('advice')}"
    # A replay names the request that was settled in its body, and itself in its header.
    if not problem.get("request_id") or not reply.headers.get("x-request-id"):
        return "has no request id"
    if not problem.get("title") or problem.get("type") != f"/docs/errors/{problem['code']}":
        return "has no title or type"
    return None
