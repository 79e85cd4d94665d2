"""The HTTP edge: the whole attack surface in one place, a file a domain.

Here requests are parsed, principals recognised, transactions opened and committed, and
refusals put on the wire as RFC 9457 problems. No business rule lives here.
"""

from tael.http.app import create_app
from tael.http.connections import Connection
from tael.http.services import Services, open_services
from tael.http.web_app import APP_DIR

__all__ = ["APP_DIR", "Connection", "Services", "create_app", "open_services"]
