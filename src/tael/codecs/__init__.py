"""Pure wire formats: EMVCo merchant-presented QR, and the card switch's ISO 8583.

No codec opens a file, a socket or a clock, and none knows a domain: text or bytes in, frozen
values out, and everything malformed is one of the codec's own refusals, whatever the input.
They are imported by topic: `from tael.codecs.emvco import parse`.
"""
