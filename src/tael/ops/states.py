"""Identifiers of operations."""

from typing import NewType
from uuid import UUID

PayoutId = NewType("PayoutId", UUID)
