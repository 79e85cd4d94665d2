"""CRC-16/CCITT-FALSE, the check sum of EMVCo QR codes (EMVCo QRCPS MPM, tag 63)."""

from typing import Final

POLYNOMIAL: Final = 0x1021
INITIAL: Final = 0xFFFF


def _table() -> tuple[int, ...]:
    """The remainder of every byte, so that a payload costs one look-up a byte."""
    remainders = []
    for byte in range(256):
        remainder = byte << 8
        for _ in range(8):
            carry = remainder & 0x8000
            remainder = (remainder << 1) & 0xFFFF
            if carry:
                remainder ^= POLYNOMIAL
        remainders.append(remainder)
    return tuple(remainders)


_REMAINDERS: Final = _table()


def crc16_ccitt_false(octets: bytes) -> int:
    """The check sum of these octets: not reflected, no final xor; of `123456789` it is 29B1."""
    crc = INITIAL
    for octet in octets:
        crc = ((crc << 8) & 0xFFFF) ^ _REMAINDERS[(crc >> 8) ^ octet]
    return crc
