"""Postgres settings for the machine it finds itself on."""

import os
from pathlib import Path

MB = 2**20


def postgres_options(memory: int) -> dict[str, str]:
    """Server options for a machine with ``memory`` bytes, of which the application takes the larger part.

    ``fsync`` and ``synchronous_commit`` keep their safe defaults: an answered write survives a power cut.
    """
    return {
        "max_connections": "200",
        "shared_buffers": _megabytes(memory // 4, 128, 1024),
        "effective_cache_size": _megabytes(memory // 2, 256, 65536),
        "work_mem": _megabytes(memory // 512, 4, 32),
        "maintenance_work_mem": _megabytes(memory // 16, 64, 512),
        # Flash storage: a random page costs about as much as the next one.
        "random_page_cost": "1.1",
        # Our statements are short: compiling them costs more than it saves.
        "jit": "off",
        "autovacuum_naptime": "10s",
        "idle_in_transaction_session_timeout": "5min",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
    }


def machine_memory() -> int:
    """Bytes of RAM, or the limit of the container when that is lower."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return min(physical, int(Path(limit).read_text(encoding="ascii")))
        except (OSError, ValueError):  # no such file, or the word "max"
            continue
    return physical


def _megabytes(size: int, least: int, most: int) -> str:
    return f"{max(least, min(size // MB, most))}MB"
