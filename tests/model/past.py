"""Edges beside the API: the importer, and whoever types SQL."""

from typing import Any

from hypothesis import strategies as st

from tests.model import values
from tests.model.checks import equal
from tests.model.machine import WriteSide, step
from tests.model.model import Act, Insight

OUTCOMES = ("created", "updated", "unchanged", "left out, in the trash")
BY_SQL = Act(actor="database")
SQL = {
    "title": "UPDATE insights SET title = %(title)s WHERE id = %(insight)s",
    "no link": "DELETE FROM insight_tags WHERE insight_id = %(insight)s AND tag_id = %(tag)s",
    "link": "INSERT INTO insight_tags (insight_id, tag_id) VALUES (%(insight)s, %(tag)s) ON CONFLICT DO NOTHING",
    "gone": "DELETE FROM insights WHERE id = %(insight)s",
}


class EveryEdge(WriteSide):
    """The API, the importer and SQL, in any order."""

    @step(
        rows=st.dictionaries(
            st.sampled_from(("k1", "k2", "k3")),
            st.fixed_dictionaries(
                {"title": values.PLAIN["title"], "description": st.sampled_from(("Short.", "Imported."))},
                optional={
                    "author": st.sampled_from(values.AUTHORS),
                    "category": values.plain_category,
                    "tags": st.lists(values.plain_tag, max_size=3),
                    "status": values.status,
                    "content": values.PLAIN["content"],
                },
            ),
            min_size=1,
        )
    )
    def import_rows(self, rows: dict[str, dict[str, Any]]) -> None:
        """New keys make insights, known ones change what differs, those in the trash stay there; a row says nothing of
        what it leaves out. Rows are written many at a time, so which of two spellings is first nobody promises: there
        is one of each here."""
        report = self.stack.import_rows({"external_key": key, **row} for key, row in rows.items())
        outcomes = [self.imported(key, row) for key, row in rows.items()]
        told = {name: report.counts[name] for name in (*OUTCOMES, "failed", "left out")}
        equal("outcome", told, {name: outcomes.count(name) for name in told})
        self.check.page(self.listed("/insights"))

    def imported(self, key: str, row: dict[str, Any]) -> str:
        given = {name: value for name, value in row.items() if name != "category"}
        given |= {"category_name": row["category"].strip()} if "category" in row else {}
        given |= {"content": row["content"] or None} if "content" in row else {}  # an empty one is none
        for insight in self.model.insights.values():
            if insight.state["external_key"] == key:
                return "updated" if self.model.update(insight.id, given, None, Act()) else "unchanged"
        if any(insight.state["external_key"] == key for insight in self.model.trash.values()):
            return "left out, in the trash"
        draft = {"status": "published", "author": "Unknown", **given, "external_key": key}
        self.model.create(lambda: self.id_of(key), draft, Act())
        return "created"

    def id_of(self, key: str) -> int:
        [found] = self.stack.rows("SELECT id FROM insights WHERE external_key = %s", key)
        return int(found["id"])

    @step(
        needs="insights",
        insight=values.insight,
        tag=values.tag,
        title=values.PLAIN["title"],
        what=st.sampled_from(("title, no link", "no link, title", "title", "no link", "link", "gone")),
    )
    def by_sql(self, insight: int, tag: int, title: str, what: str) -> None:
        """All in one transaction."""
        known = tag in self.model.tags.words and insight in self.model.insights
        with self.stack.sql.transaction():
            for part in what.split(", "):
                if part != "link" or known:
                    self.stack.sql.execute(SQL[part].encode(), {"insight": insight, "tag": tag, "title": title})
        if stored := self.model.insights.get(insight):
            self.done_by_sql(stored, tag, title, what)

    def done_by_sql(self, stored: Insight, tag: int, title: str, what: str) -> None:
        """A change of the row is a version, links alone are none; what comes after a row's change in the same
        transaction belongs to its revision."""
        tags = stored.state["tags"]
        fewer = {"tags": tags - {tag}}
        match what:
            case "gone":  # past the trash: its history goes too
                del self.model.insights[stored.id]
            case "link" if tag in self.model.tags.words:
                self.model.retag(stored, tags | {tag}, BY_SQL)
            case "no link":
                self.model.retag(stored, fewer["tags"], BY_SQL)
            case "title":
                self.model.change(stored, {"title": title}, BY_SQL)
            case "title, no link" if stored.state["title"] != title:
                self.model.change(stored, {"title": title, **fewer}, BY_SQL)
            case "title, no link" | "no link, title":
                self.model.retag(stored, fewer["tags"], BY_SQL)
                self.model.change(stored, {"title": title}, BY_SQL)
