"""The worker: relays the outbox to its subscribers and runs what is scheduled.

Handlers stay in their domains; the composition root says who subscribes. Any number of
workers may run: a cursor's lock gives each subscriber one reader at a time.
"""

from tael.jobs.worker import Worker

__all__ = ["Worker"]
