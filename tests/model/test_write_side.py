"""The whole write side against a small model of its promises: 10,000 random steps, the same ones in each run.

``make soak`` runs ten times as many, other ones each time (`benchmarks.write_side_soak`).
"""

from collections.abc import Iterator
from functools import partial

import pytest
from flask import Flask
from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from tests.model.care import WholeWriteSide
from tests.model.runs import runs
from tests.model.stack import Stack

SEED, RUNS, STEPS = 4, 75, 170


@pytest.fixture
def stack(application: Flask, database_url: str, owner_url: str) -> Iterator[Stack]:
    stack = Stack(application, database_url, owner_url)
    yield stack
    stack.empty()
    stack.close()


def test_every_answer_is_the_model_s(stack: Stack) -> None:
    print(f"seed {SEED}")
    run_state_machine_as_test(seed(SEED)(partial(WholeWriteSide, stack)), settings=runs(RUNS, STEPS))
    assert stack.done.total() >= 10_000
