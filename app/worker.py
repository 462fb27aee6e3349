"""The worker: one process that runs the periodic upkeep until it is told to stop.

A plain loop on purpose. The shortest interval is a second, and a job table would take a row for each tick; what runs
here is idempotent and looks at the database itself for what is due, so that nothing needs remembering.
"""

import signal
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from types import FrameType

import structlog
from flask import Flask

from app.core.jobs import Periodic
from app.errors import DomainError, Unavailable, explained
from app.identity.acting import acting
from app.identity.actor import UPKEEP

LONGEST_WAIT = 30.0

log = structlog.get_logger(__name__)


@dataclass
class Schedule:
    """When a job is due next, in seconds of the monotonic clock; a failing one is tried after 1, 2, 4 ... 30 s."""

    job: Periodic
    due: float
    failures: int = 0
    traced: bool = False

    def run(self, app: Flask) -> None:
        try:
            with app.app_context(), acting(UPKEEP):
                self.job.run()
        except Exception as error:  # noqa: BLE001 (a database that is away, a wrong job: neither ends it)
            self._failed(error)
        else:
            if self.failures:
                log.info("upkeep works again", job=self.job.name, failures=self.failures)
            self.failures, self.traced = 0, False
            self.due = time.monotonic() + self.job.every_seconds

    def _failed(self, error: Exception) -> None:
        wait = min(2.0**self.failures, LONGEST_WAIT)
        self.failures += 1
        self.due = time.monotonic() + wait
        # A database that is away is nothing to look for in the code; a bug is, and says nothing new each time.
        away = isinstance(error, Unavailable)
        told = explained(error) if isinstance(error, DomainError) else str(error)
        trace = not away and not self.traced
        self.traced = self.traced or trace
        log.error("upkeep failed", job=self.job.name, error=told, again_in=wait, exc_info=trace)


def run_upkeep(app: Flask, jobs: Iterable[Periodic], stop: threading.Event) -> None:
    """Run each job when it is due, one at a time, until ``stop`` is set; those that run apart meanwhile, each in a
    thread of its own that isn't waited for."""
    jobs = list(jobs)
    for job in (job for job in jobs if job.apart):
        threading.Thread(target=_run_in_turn, args=(app, [job], stop), name=job.name, daemon=True).start()
    _run_in_turn(app, [job for job in jobs if not job.apart], stop)


def _run_in_turn(app: Flask, jobs: Iterable[Periodic], stop: threading.Event) -> None:
    schedules = [Schedule(job, due=time.monotonic()) for job in jobs]
    while not stop.is_set():
        for schedule in schedules:
            if schedule.due <= time.monotonic() and not stop.is_set():
                schedule.run(app)
        next_due = min((schedule.due for schedule in schedules), default=time.monotonic() + LONGEST_WAIT)
        stop.wait(max(0.0, next_due - time.monotonic()))


def upkeep() -> tuple[Periodic, ...]:
    """Every domain's."""
    from app.analytics import jobs as analytics
    from app.attachments import jobs as attachments
    from app.audit import jobs as audit
    from app.capture import jobs as capture
    from app.exchange import jobs as exchange
    from app.identity import jobs as identity
    from app.insights import jobs as insights
    from app.search import jobs as search

    domains = (analytics, attachments, audit, capture, exchange, identity, insights, search)
    return tuple(job for domain in domains for job in domain.UPKEEP)


def run_worker(app: Flask) -> None:
    """Run the application's upkeep until SIGTERM or SIGINT, which also cut off a job that is running."""
    jobs = upkeep()
    stop = threading.Event()

    def end(signum: int, frame: FrameType | None) -> None:
        stop.set()
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    log.info("worker started", jobs=[job.name for job in jobs])
    run_upkeep(app, jobs, stop)
