"""The HTTP status of every refusal. A test fails for a code that has none."""

from typing import Final

STATUS: Final[dict[str, int]] = {
    "kernel.busy": 503,
    "kernel.overloaded": 503,
    "kernel.write_refused": 409,
    "request.body_too_large": 413,
    "request.device_missing": 400,
    "request.foreign_origin": 403,
    "request.in_progress": 409,
    "request.invalid": 422,
    "request.key_missing": 400,
    "request.key_reused": 422,
    "request.malformed_id": 422,
    "request.method_not_allowed": 405,
    "request.not_found": 404,
    "request.too_many": 429,
    "request.unknown_currency": 422,
}
