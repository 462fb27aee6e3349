import threading
import time

import pytest
from flask import Flask, current_app

from app.core.jobs import Periodic
from app.worker import Schedule, run_upkeep


def test_each_job_runs_when_it_is_due_in_an_application_context() -> None:
    stop, runs = threading.Event(), []

    def often() -> None:
        runs.append(current_app.name)
        if len(runs) == 4:
            stop.set()

    def seldom() -> None:
        runs.append("seldom")

    started = time.monotonic()
    run_upkeep(Flask("example"), [Periodic("often", 0.05, often), Periodic("seldom", 60, seldom)], stop)
    assert runs == ["example", "seldom", "example", "example"]
    assert 0.1 <= time.monotonic() - started < 1


def test_without_jobs_it_waits_to_be_stopped() -> None:
    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()
    run_upkeep(Flask("example"), [], stop)


def test_a_failing_job_is_tried_again_ever_later_and_then_as_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    now, working = 1000.0, False
    monkeypatch.setattr(time, "monotonic", lambda: now)

    def run() -> None:
        if not working:
            raise ConnectionError("the database is away")

    schedule = Schedule(Periodic("example", 5, run), due=now)
    waits = []
    for _ in range(7):
        schedule.run(Flask("example"))
        waits.append(schedule.due - now)
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    working = True
    schedule.run(Flask("example"))
    assert (schedule.due - now, schedule.failures) == (5, 0)
