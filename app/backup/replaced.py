"""What a restore would take away, as it is told before the question."""

from datetime import datetime
from typing import NamedTuple

from app.backup.database import OURS, count_rows, driver_of, owner

# What somebody would miss, in the order in which it is told: one, and more than one.
MISSED = {
    "insights": ("insight", "insights"),
    "insight_trash": ("insight in the trash", "insights in the trash"),
    "users": ("person or service", "people and services"),
    "api_tokens": ("API token", "API tokens"),
    "sessions": ("signed-in device", "signed-in devices"),
}
LAST_CHANGE = "SELECT max(updated_at) AT TIME ZONE 'UTC' FROM public.insights"


class Replaced(NamedTuple):
    """``held`` is "25 insights", "1 API token" ..., nothing in a new instance; ``changed`` is when the newest insight
    was last changed (UTC), None without insights."""

    held: list[str]
    changed: datetime | None


def replaced() -> Replaced:
    with owner() as connection:
        driver = driver_of(connection)
        tables = {name for (name,) in driver.execute(OURS).fetchall()}
        counted = count_rows(driver, [name for name in MISSED if name in tables])
        newest = driver.execute(LAST_CHANGE).fetchone() if "insights" in tables else None
    return Replaced([_told(table, rows) for table, rows in counted.items() if rows], newest[0] if newest else None)


def _told(table: str, rows: int) -> str:
    one, more = MISSED[table]
    return f"{rows:,} {one if rows == 1 else more}"
