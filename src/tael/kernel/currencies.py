"""Look a currency up by its code as it came over the wire."""

from tael.kernel.money import CURRENCIES, Currency
from tael.kernel.refusals import UnknownCurrency


def currency(code: str) -> Currency:
    """The currency with this ISO 4217 (or own) code; refuses `request.unknown_currency`."""
    unit = CURRENCIES.get(code)
    if unit is None:
        raise UnknownCurrency(currency=code[:8])
    return unit
