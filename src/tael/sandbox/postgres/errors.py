"""The one way in which the embedded PostgreSQL says that it cannot serve."""

from tael.kernel.faults import OperatorFault


class PostgresUnavailable(OperatorFault):
    """The embedded PostgreSQL cannot run here; the message is one line for the person there."""
