"""Whichever call to the database fails: what was asked for is done wholly or not at all, and who asked is told so.

Each write is sent with its first call broken, then its second, until it has fewer calls than that.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path as Folder
from typing import Any

import pytest
from flask import Flask

from tests.faults.breaking import Breaker, Fault
from tests.faults.paths import PATHS, Path, Writer
from tests.faults.states import Store, alike
from tests.faults.world import build


@dataclass
class Trial:
    """One write in the world that it finds, again and again."""

    path: Path
    writer: Writer
    breaker: Breaker
    store: Store

    def write(self) -> bool:
        return self.path.write(self.writer)

    def prepare(self) -> None:
        build(self.store.connection)
        assert self.path.first is None or self.path.first(self.writer)

    def stages(self) -> list[Any]:
        """What is stored before the write, after each of its commits but the last, and in the end."""
        self.prepare()
        found: list[Any] = []
        self.breaker.before_commit = lambda: found.append(alike(self.store.rows()))
        assert self.write()
        self.breaker.before_commit = lambda: None
        return [*found, alike(self.store.rows())]

    def each_call(self, fault: Fault, stages: list[Any], calls: Iterable[int]) -> Iterator[bool]:
        """Break each of the calls, until there is none to break; whether the write was done all the same."""
        self.prepare()
        before = self.store.rows()
        for at in calls:
            with self.breaker.breaking(fault, at):
                done = self.write()
            after = self.store.rows()
            assert self.store.broken() == []
            self.judge(fault, done, stages, alike(after))
            if not self.breaker.struck:
                assert done
                return
            yield done
            if after != before:
                self.prepare()
                before = self.store.rows()

    @staticmethod
    def judge(fault: Fault, done: bool, stages: list[Any], stored: Any) -> None:
        """Who is told that it was done may rely on it. Else it was not, but for the commits whose answers came in vain
        or that came before; a lost race is nobody's trouble."""
        if done:
            assert stored == stages[-1]
        elif fault is Fault.ANSWER:
            assert stored in stages[1:]
        else:
            assert fault is not Fault.RACE
            assert stored in stages[:-1]


@pytest.mark.parametrize("path", [pytest.param(path, id=name.replace(" ", "-")) for name, path in PATHS.items()])
def test_each_call(
    path: Path, application: Flask, commands: None, breaker: Breaker, store: Store, tmp_path: Folder
) -> None:
    trial = Trial(path, Writer(application.test_client(), tmp_path), breaker, store)
    stages = trial.stages()
    assert store.broken() == []
    lost = list(trial.each_call(Fault.LOST, stages, count(1)))
    # Where it could go on with another session there may be none.
    list(trial.each_call(Fault.AWAY, stages, [at for at, done in enumerate(lost, 1) if done]))
    races = list(trial.each_call(Fault.RACE, stages, count(1)))
    commits = list(trial.each_call(Fault.ANSWER, stages, count(1)))
    assert len(lost) >= len(races) > len(commits) >= len(stages) - 1
