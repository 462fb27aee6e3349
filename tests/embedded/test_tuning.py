import pytest

from app.embedded.tuning import machine_memory, postgres_options

GB = 2**30


@pytest.mark.parametrize(
    ("memory", "shared_buffers", "work_mem"),
    [(GB // 4, "128MB", "4MB"), (2 * GB, "512MB", "4MB"), (8 * GB, "1024MB", "16MB"), (64 * GB, "1024MB", "32MB")],
)
def test_memory_is_shared_within_bounds(memory: int, shared_buffers: str, work_mem: str) -> None:
    options = postgres_options(memory)
    assert (options["shared_buffers"], options["work_mem"]) == (shared_buffers, work_mem)


def test_safety_is_never_traded_for_speed() -> None:
    assert not {"fsync", "synchronous_commit", "full_page_writes"} & set(postgres_options(8 * GB))


def test_the_machine_has_memory() -> None:
    assert machine_memory() > 2**26
