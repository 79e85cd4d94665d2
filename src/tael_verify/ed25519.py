"""Ed25519 verification (RFC 8032, section 5.1), in plain integers.

Verification handles public values only, so it need not run in constant time. Like the RFC's
own code it checks the equation without cofactor, and refuses encodings that are not canonical.
"""

from hashlib import sha512
from typing import Final, TypeAlias

_P: Final = 2**255 - 19
_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, _P - 2, _P) % _P
_SQRT_MINUS_ONE: Final = pow(2, (_P - 1) // 4, _P)
_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_WINDOW: Final = 4

_Point: TypeAlias = tuple[int, int, int, int]
"""Extended coordinates: x = X/Z, y = Y/Z, xy = T/Z."""

_NEUTRAL: Final[_Point] = (0, 1, 1, 0)


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is this key's for this message."""
    if len(public) != _KEY_BYTES or len(signature) != _SIGNATURE_BYTES:
        return False
    key = _decode(public)
    commitment = _decode(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or scalar >= _ORDER:
        return False
    challenge = (
        int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % _ORDER
    )
    # sB = R + kA, so sB - kA is R.
    x, y, z, t = key
    return _equal(_both(scalar, _BASE, challenge, (-x % _P, y, z, -t % _P)), commitment)


def _both(first: int, base: _Point, second: int, point: _Point) -> _Point:
    """Compute first * base + second * point, doubling once for both."""
    base_table, point_table = _table(base), _table(point)
    total = _NEUTRAL
    for shift in range(252, -1, -_WINDOW):
        for _ in range(_WINDOW):
            total = _double(total)
        if digit := first >> shift & 15:
            total = _add(total, base_table[digit])
        if digit := second >> shift & 15:
            total = _add(total, point_table[digit])
    return total


def _table(point: _Point) -> list[_Point]:
    multiples = [_NEUTRAL, point]
    while len(multiples) < 1 << _WINDOW:
        multiples.append(_add(multiples[-1], point))
    return multiples


def _add(left: _Point, right: _Point) -> _Point:
    x1, y1, z1, t1 = left
    x2, y2, z2, t2 = right
    a = (y1 - x1) * (y2 - x2) % _P
    b = (y1 + x1) * (y2 + x2) % _P
    c = 2 * t1 * t2 * _D % _P
    d = 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _double(point: _Point) -> _Point:
    x, y, z, _ = point
    a, b = x * x % _P, y * y % _P
    h = a + b
    e = h - (x + y) * (x + y) % _P
    g = a - b
    f = 2 * z * z % _P + g
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _equal(left: _Point, right: _Point) -> bool:
    x1, y1, z1, _ = left
    x2, y2, z2, _ = right
    return (x1 * z2 - x2 * z1) % _P == 0 and (y1 * z2 - y2 * z1) % _P == 0


def _decode(octets: bytes) -> _Point | None:
    """Section 5.1.3; None when the octets are no point."""
    y = int.from_bytes(octets, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if (v * x * x - u) % _P:
        x = x * _SQRT_MINUS_ONE % _P
        if (v * x * x - u) % _P:
            return None
    if not x and sign:
        return None
    if x & 1 != sign:
        x = _P - x
    return (x, y, 1, x * y % _P)


def _base() -> _Point:
    point = _decode((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
    assert point is not None
    return point


_BASE: Final = _base()
