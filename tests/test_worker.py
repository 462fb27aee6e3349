import threading
import time

import pytest
from flask import Flask, current_app
from structlog.testing import capture_logs

from app.core.jobs import Periodic
from app.errors import Unavailable
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


def test_what_runs_apart_and_the_others_do_not_wait_for_each_other() -> None:
    stop, begun, ended = threading.Event(), threading.Event(), threading.Event()

    def long() -> None:
        begun.set()
        assert ended.wait(10)

    def other() -> None:
        assert begun.wait(10)
        ended.set()
        stop.set()

    jobs = [Periodic("other", 60, other), Periodic("long", 60, long, apart=True)]
    run_upkeep(Flask("example"), jobs, stop)
    assert ended.is_set()


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


def test_a_database_that_is_away_is_a_line_and_a_bug_a_traceback_once() -> None:
    away = Unavailable("The database can't be reached.")
    away.__cause__ = ConnectionError("connection refused\nIs it running?")
    bug = ValueError("a bug")
    outcomes: list[Exception | None] = [away, bug, away, bug, None, bug]

    def run() -> None:
        if (error := outcomes.pop(0)) is not None:
            raise error

    schedule = Schedule(Periodic("example", 5, run), due=0.0)
    with capture_logs() as logs:
        for _ in range(6):
            schedule.run(Flask("example"))
    unreachable = "The database can't be reached. (connection refused)"
    assert [(told["error"], told["exc_info"]) for told in logs if told["event"] == "upkeep failed"] == [
        (unreachable, False), ("a bug", True), (unreachable, False), ("a bug", False), ("a bug", True),
    ]  # fmt: skip
