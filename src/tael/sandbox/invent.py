"""Invented people: names from common parts, resident ID numbers that pass GB 11643."""

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from stdnum.cn import ric

_FAMILY: Final = "赵钱孙周吴郑冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"
_GIVEN: Final = "安宁嘉怡子涵思远雨桐明哲欣然书瑶景行若溪一诺清扬知夏"
_REGIONS: Final = ("110101", "310101", "330102", "440103", "510104", "420102")

_YOUNGEST_DAYS: Final = 20 * 366
_SPREAD_DAYS: Final = 45 * 365


@dataclass(frozen=True, slots=True)
class Invented:
    """Somebody who does not exist."""

    name: str
    id_number: str


def person(today: date) -> Invented:
    """Invent an adult."""
    name = secrets.choice(_FAMILY) + secrets.choice(_GIVEN) + secrets.choice(_GIVEN)
    while True:
        born = today - timedelta(days=_YOUNGEST_DAYS + secrets.randbelow(_SPREAD_DAYS))
        body = f"{secrets.choice(_REGIONS)}{born:%Y%m%d}{secrets.randbelow(1000):03d}"
        number = body + ric.calc_check_digit(body)
        # A district may not have existed yet in the year of birth.
        if ric.is_valid(number):
            return Invented(name, number)
