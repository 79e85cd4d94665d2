"""What every module stands on and no module owns: money, ids, clocks, refusals, sessions.

The kernel knows no domain. It is imported by topic: `from tael.kernel.money import Money`.
"""
