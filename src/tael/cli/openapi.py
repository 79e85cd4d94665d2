"""`tael openapi`: the API's description, from which the app's client is made."""

import base64
import json
from typing import Any

from tael.http import create_app
from tael.kernel.sealed import KEY_BYTES
from tael.kernel.settings import Settings


def openapi() -> None:
    """Print the OpenAPI 3.1 document of the API, the sandbox's operations included."""
    print(json.dumps(document(), indent=1, ensure_ascii=False, sort_keys=True))


def document() -> dict[str, Any]:
    """The OpenAPI document; needs neither a database nor keys that protect anything."""
    key = "1:" + base64.b64encode(bytes(KEY_BYTES)).decode()
    settings = Settings.load(
        {
            "TAEL_DATABASE_URL": "postgresql://nowhere",
            "TAEL_SEALING_KEYS": key,
            "TAEL_PIN_KEYS": key,
            "TAEL_SANDBOX": "1",
        }
    )
    return create_app(settings).openapi()
