"""Customers with cards, and the world whose cards they are."""

from factories.wallets_with_cards import (
    bank,
    debit,
    debit_number,
    services,
    settings,
    wang,
    world,
)

__all__ = ["bank", "debit", "debit_number", "services", "settings", "wang", "world"]
