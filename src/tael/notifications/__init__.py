"""Notifications: what the bank tells people, by SMS and on their open screens.

An SMS is an intent written in the transaction of what it tells about; a schedule sends it
afterwards, at least once and with an id by which the gateway knows a repeat. Number and text
are sealed while they wait and erased when the message has ended. A live note is a row and a
`NOTIFY tael_live` with the customer's id; its position orders what one customer is told.
No text carries a link: customers learn that a link in our name is a fraud.
"""

from tael.notifications.jobs import schedules
from tael.notifications.live import LIVE_CHANNEL, LiveNote, live_position, live_since, tell
from tael.notifications.queries import Delivery, delivery
from tael.notifications.sms import Sms, send_sms
from tael.notifications.sms_gateway import HttpSmsGateway, SmsGateway, SmsRejected, SmsUnsure
from tael.notifications.templates import LANGUAGES, Template

__all__ = [
    "LANGUAGES",
    "LIVE_CHANNEL",
    "Delivery",
    "HttpSmsGateway",
    "LiveNote",
    "Sms",
    "SmsGateway",
    "SmsRejected",
    "SmsUnsure",
    "Template",
    "delivery",
    "live_position",
    "live_since",
    "schedules",
    "send_sms",
    "tell",
]
