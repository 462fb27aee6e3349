"""The whole write side against a small model of its promises: 10,000 random steps, the same ones in each run.

``make soak`` runs more, other ones each time (`benchmarks.write_side_soak`).
"""

from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.care import WholeWriteSide
from tests.model.stack import Stack

RUNS, STEPS = 100, 100
FIXED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=RUNS,
    stateful_step_count=STEPS,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def stack(application: Flask, database_url: str, owner_url: str) -> Iterator[Stack]:
    stack = Stack(application, database_url, owner_url)
    yield stack
    stack.empty()
    stack.close()


def test_every_answer_is_the_model_s(stack: Stack) -> None:
    run_state_machine_as_test(lambda: WholeWriteSide(stack), settings=FIXED)
    print(f"{stack.done.total()} steps")
    assert stack.done.total() >= 0.9 * RUNS * STEPS
