"""Tael: a bank's digital wallet and the money engine under it."""
