"""Interest: what wallets of a proven name earn, day by day, and how it becomes money.

A wallet of class 1 to 3 earns the bank's demand-deposit rate on its balance at the end of each
business day, act/360, in units so small that nothing is rounded before it is paid. What has
accrued to the 20th of a quarter's last month is credited on the 21st, in whole fen; the rest
stays due. A movement that becomes known later changes the days it counts for, and what is paid
next. A day is accrued once a wallet, a quarter is paid once, whoever tries and however often.
Touches CNY INTEREST_EXPENSE and the holders' CUSTOMER_CASH; SUSPENSE when a wallet was closed.
"""

from tael.interest.jobs import SCHEDULES, accrue_days
from tael.interest.queries import Earned, earned
from tael.interest.rate_table import RatesInvalid, load_rates, rates_in_force, use_rates
from tael.interest.settle import pay_out

__all__ = [
    "SCHEDULES",
    "Earned",
    "RatesInvalid",
    "accrue_days",
    "earned",
    "load_rates",
    "pay_out",
    "rates_in_force",
    "use_rates",
]
