"""Faults of a deployment: what its operator can mend."""


class OperatorFault(Exception):
    """Nothing can start or go on; the message tells the operator why, a line a fault."""
