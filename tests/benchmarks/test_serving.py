"""What the benchmark makes of what it measured; nothing is timed here."""

import pytest

from benchmarks.data import CATEGORIES, FIRST_OF_LEVELS, parent
from benchmarks.load import Cell, LoadError, answer_length, cell, percentile, request_bytes
from benchmarks.serving import Turn, spread


def turn(product: float, limit: float) -> Turn:
    return Turn(*(Cell(requests=1, per_second=rate, p50=0, p95=0, own_microseconds=0) for rate in (product, limit)))


def test_the_spread_is_of_ratios_taken_turn_by_turn():
    turns = [turn(80, 100), turn(30, 60), turn(180, 200)]
    assert spread(turns) == (0.8, 0.5, 0.9)
    assert str(spread(turns)) == "0.80 [0.50-0.90]"


@pytest.mark.parametrize(("share", "value"), [(0.5, 10), (0.95, 19), (1.0, 20), (0.01, 1)])
def test_a_percentile_is_one_of_the_values(share, value):
    assert percentile(list(range(1, 21)), share) == value


def test_a_cell_sums_up_latencies_in_milliseconds():
    assert cell([0.004, 0.001, 0.003, 0.002], elapsed=2, own=0.00002) == Cell(4, 2.0, 2.0, 4.0, 20.0)


def test_a_request_with_a_body_names_its_length():
    assert request_bytes("POST", "/insights", b'{"a":1}').endswith(b'Content-Length: 7\r\n\r\n{"a":1}')


def test_an_answer_is_as_long_as_its_head_and_its_body():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"
    assert answer_length(bytearray(head[:-1])) is None
    assert answer_length(bytearray(head)) == len(head) + 12


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 503 No\r\nContent-Length: 0", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"]
)
def test_an_answer_that_can_not_be_measured_ends_the_load(head):
    with pytest.raises(LoadError):
        answer_length(bytearray(head + b"\r\n\r\n"))


def test_the_category_tree_has_four_levels():
    def depth(number):
        above = parent(number)
        return 1 if above is None else 1 + depth(above)

    depths = [depth(number) for number in range(1, CATEGORIES + 1)]
    assert [depths.count(level) for level in (1, 2, 3, 4)] == [8, 32, 80, 80]
    assert len(FIRST_OF_LEVELS) == 4
