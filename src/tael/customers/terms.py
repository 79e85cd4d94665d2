"""The terms that a customer accepts when opening a wallet."""

from typing import Final

TERMS_VERSION: Final = "2026-01"
"""The version in force. A new text is a new version, and asks every customer again."""

TERMS_SUBJECT: Final = "terms"
"""What the consent row is about."""

TERMS_URL: Final = "/terms"
"""Where the app shows the text in force, in both languages."""
