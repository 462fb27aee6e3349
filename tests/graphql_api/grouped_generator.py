"""Groups at random, beside what else may be asked for."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.graphql_api.generator import Generator
from tests.graphql_api.groups import WEEKDAYS
from tests.graphql_api.oracle import INT, TEXT, TIME
from tests.graphql_api.writing import Field, Given, Token

# In the last two the first of the insights are from another year.
ZONES = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Etc/GMT+12"]
PLAIN = ["status", "priority", "visibility", "author", "source"]
ROWS = {"category": "categories", "tag": "tags"}
TIMES = ["created_at", "updated_at", "published_at"]
BUCKETS = [f"{column}_{unit}" for column in TIMES for unit in ("day", "week", "month", "quarter", "year")]
KEY, ORDER, GROUP, BUCKET = "insights_group_key!", "insights_group_order_by!", "insights_group", "calendar_bucket"


class GroupedGenerator(Generator):
    """Of queries most of which ask for groups."""

    def _root(self) -> Field:
        return self._grouped() if self._chance(0.85) else super()._root()

    def _grouped(self) -> Field:
        by = self._keys()
        filled = self._chance(0.5)
        zone = self._maybe(TEXT, 0.6, lambda: Given(TEXT, self.random.choice(ZONES)))
        local = ZoneInfo(zone.value if zone and zone.value else "UTC")
        found = {
            "by": Given(f"[{KEY}]!", [Given(KEY, Token(name)) for name in by]),
            "where": self._maybe("insights_bool_exp", 0.6, lambda: self._bounded(by, local, filled)),
            "time_zone": zone,
            "week_start": self._maybe("weekday", 0.5, lambda: Given("weekday", Token(self.random.choice(WEEKDAYS)))),
            "fill": Given("Boolean", True) if filled else self._maybe("Boolean", 0.2, lambda: Given("Boolean", False)),
            "order_by": self._maybe(f"[{ORDER}]", 0.5, lambda: self._order_of(by)),
            "limit": self._maybe(INT, 0.25, lambda: Given(INT, self.random.choice([0, 1, 3, 10, 100]))),
            "offset": self._maybe(INT, 0.2, lambda: Given(INT, self.random.choice([0, 1, 2, 5]))),
        }
        given = [(name, value) for name, value in found.items() if value]
        self.random.shuffle(given)
        return Field("insights_grouped", "", dict(given), GROUP, self._group(by))

    def _keys(self) -> list[str]:
        """One to three, units of the same timestamp now and then."""
        if self._chance(0.15):
            column = self.random.choice(TIMES)
            return self.random.sample([name for name in BUCKETS if name.startswith(column)], 2)
        names = [*PLAIN, *ROWS, *self.random.sample(BUCKETS, 7)]
        return self.random.sample(names, self.random.choice([1, 1, 2, 2, 3]))

    def _bounded(self, by: list[str], zone: ZoneInfo, filled: bool) -> Given:
        """A condition that often says between which instants a timestamp lies."""
        where = self.where("insights", 2)
        if not self._chance(0.8 if filled else 0.2):
            return where
        columns = [column for column in TIMES for name in by if name.startswith(column)] or TIMES
        bounds = [Given(where.kind, {self.random.choice(columns): self._bounds(zone)}) for _ in range(self._upto(2))]
        if len(bounds) == 1 and self._chance(0.5):
            return Given(where.kind, {**where.value, **bounds[0].value})
        parts = [Given(f"{where.kind}!", part.value) for part in (where, *bounds)]
        self.random.shuffle(parts)
        return Given(where.kind, {"_and": Given(f"[{where.kind}!]", parts)})

    def _bounds(self, zone: ZoneInfo) -> Given:
        several = [["_gte", "_lt"], ["_gt", "_lte"], ["_gte"], ["_lt"], ["_eq"], ["_gt", "_gte", "_lt", "_lte"]]
        given = {name: Given(TIME, self._instant(name, zone).isoformat()) for name in self.random.choice(several)}
        return Given(f"{TIME}_comparison_exp", given)

    def _instant(self, operator: str, zone: ZoneInfo) -> datetime:
        """Of some insight, or days away from one, to the side from which on there is something; often a midnight."""
        at: datetime = self.random.choice(self.rows["insights"])["created_at"]
        days = self.random.choice([0, 0, 1, 3, 40])
        at = (at + timedelta(days=-days if operator.startswith("_g") else days)).astimezone(zone)
        return at.replace(hour=0, minute=0, second=0, microsecond=0) if self._chance(0.6) else at

    def _order_of(self, by: list[str]) -> Given:
        names = self.random.sample(["count", *by], self._upto(len(by) + 1))
        return Given(f"[{ORDER}]", [Given(ORDER, {name: self._way()}) for name in names])

    def _way(self) -> Given:
        return Given("order_by", None) if self._chance(0.05) else self._direction()

    def _group(self, by: list[str]) -> list[Field]:
        found = [field for name in by if self._chance(0.85) for field in self._key_fields(name)]
        if self._chance(0.8):
            found.append(Field("count", ""))
        if self._chance(0.6):
            kind = "insights_aggregate_fields"
            parts = [
                self._count("insights") if self._chance(0.3) else self._function("insights")
                for _ in range(self._upto(3))
            ]
            found.append(Field("aggregate", "", {}, kind, self._named(parts, kind)))
        self.random.shuffle(found)
        return self._named(found, GROUP)

    def _key_fields(self, name: str) -> list[Field]:
        if name in ROWS:
            row = Field(name, "", {}, ROWS[name], self._row(ROWS[name], self.random.choice([0, 1, 2])))
            return self.random.choice([[row], [Field(f"{name}_id", "")], [row, Field(f"{name}_id", "")]])
        if name in PLAIN:
            return [Field(name, "")]
        parts: Any = [Field(part, "") for part in self._some(["label", "start", "end", "date"])]
        return [Field(name, "", {}, BUCKET, self._named(parts, BUCKET))]
