"""Why a text is not a payment code that we can read, or one that we would not print.

Every refusal carries `rule`, the broken rule in words, and `where`, the tag that breaks it
(`26.00` is tag 00 inside template 26; empty when it is the code as a whole).
"""

from tael.kernel.refusals import Advice, Refusal


class QrRefusal(Refusal):
    """The base of every refusal of a QR payload; has no code of its own."""

    advice = Advice.NEVER

    def __init__(self, rule: str, *, where: str = "") -> None:
        super().__init__(rule=rule, where=where)
        self.rule = rule
        self.where = where

    def __str__(self) -> str:
        return f"{self.where}: {self.rule}" if self.where else self.rule


class NotEmvco(QrRefusal):
    """This is not a payment code of the kind that we can read."""

    code = "qr.not_emvco"


class TooLong(QrRefusal):
    """This code holds more characters than a payment code may."""

    code = "qr.too_long"


class BadCharacter(QrRefusal):
    """This code holds a character that no payment code may hold."""

    code = "qr.bad_character"


class BadTag(QrRefusal):
    """This code is damaged: the name of one of its fields is not two digits."""

    code = "qr.bad_tag"


class BadLength(QrRefusal):
    """This code is damaged: the length of one of its fields is not right."""

    code = "qr.bad_length"


class DuplicateTag(QrRefusal):
    """This code states one of its fields twice."""

    code = "qr.duplicate_tag"


class BadFormatIndicator(QrRefusal):
    """This code does not begin with the version of the standard that we read."""

    code = "qr.bad_format_indicator"


class CrcMissing(QrRefusal):
    """This code does not end with its check sum: part of it may be missing."""

    code = "qr.crc_missing"


class CrcMismatch(QrRefusal):
    """The check sum of this code is wrong: it was misread or changed."""

    code = "qr.crc_mismatch"


class BadAmount(QrRefusal):
    """The amount in this code is not an amount."""

    code = "qr.bad_amount"


class BadCurrency(QrRefusal):
    """The currency in this code is not a three-digit currency number."""

    code = "qr.bad_currency"


class BadCountry(QrRefusal):
    """The country in this code is not a two-letter country code."""

    code = "qr.bad_country"


class BadCategory(QrRefusal):
    """The merchant category in this code is not of four characters."""

    code = "qr.bad_category"


class BadField(QrRefusal):
    """A field of this code is not of the form that the standard gives it."""

    code = "qr.bad_field"


class MissingField(QrRefusal):
    """A code that we make has every field that the standard asks for, and one is missing."""

    code = "qr.missing_field"
