"""The edge's own refusals."""

from tael.kernel.refusals import Advice, Refusal


class BodyTooLarge(Refusal):
    """The request is larger than this operation takes."""

    code = "request.body_too_large"
    advice = Advice.NEVER


class DeviceMissing(Refusal):
    """This browser is not known yet: ask for the session first."""

    code = "request.device_missing"
    advice = Advice.NEW_KEY


class ForeignOrigin(Refusal):
    """This request came from another site, so it was not carried out."""

    code = "request.foreign_origin"
    advice = Advice.NEVER


class NotFound(Refusal):
    """There is nothing here, or nothing that is yours to see."""

    code = "request.not_found"
    advice = Advice.NEVER


class MethodNotAllowed(Refusal):
    """This address does not take that method."""

    code = "request.method_not_allowed"
    advice = Advice.NEVER


class MalformedHttp(Refusal):
    """What arrived is not HTTP, so nothing was carried out."""

    code = "request.malformed_http"
    advice = Advice.NEVER


class Busy(Refusal):
    """Something else holds what this needs: try again in a moment with the same key."""

    code = "kernel.busy"
    advice = Advice.SAME_KEY


class InvalidCursor(Refusal):
    """That cursor was not given out by this list: begin at its first page."""

    code = "request.invalid_cursor"
    advice = Advice.NEVER
