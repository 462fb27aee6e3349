"""``statistics``: the figures of the REST API, from the same cells."""

from app.analytics.queries.statistics import FIGURES, RECENT, counted
from app.graphql_api.compiler.cost import Cost
from app.graphql_api.compiler.json import Member, json_list, json_object
from app.graphql_api.compiler.lists import Listed
from app.graphql_api.compiler.objects import Made, row_object, typename
from app.graphql_api.compiler.rows import Row
from app.graphql_api.compiler.selections import TYPENAME, Selected, selected
from app.graphql_api.compiler.statement import Statement
from app.graphql_api.model import INSIGHTS
from app.graphql_api.schema.figures import STATISTICS

# Cells are read, and no insight is.
CELLS = 1_000


def statistics(statement: Statement, asked: Selected) -> Made:
    """What is selected of the figures."""
    members, below = [], [Cost(CELLS)]
    for part in selected(statement, STATISTICS, asked):
        if part.name == TYPENAME:
            members.append(typename(part, STATISTICS))
        elif part.name in FIGURES:
            members.append(Member(part.key, FIGURES[part.name]))
        else:
            recent = _recent(statement, part)
            members.append(Member(part.key, recent.sql))
            below.append(recent.cost)
    cells = statement.seen(counted(statement.sources))
    return Made(f"(WITH {cells} SELECT {json_object(members)})", Cost(below=below))


def _recent(statement: Statement, asked: Selected) -> Made:
    row = Row.of(statement, INSIGHTS)
    shape = row_object(statement, row, selected(statement, INSIGHTS.name, asked))
    newest = f"{row.column('created_at')} DESC, {row.column('id')} DESC"
    found = Listed(row, None, where="true", order=newest, distinct="", limit=str(RECENT), offset="")
    return Made(f"(SELECT {json_list(shape.sql)} FROM {found.sql(statement)})", Cost(RECENT, below=shape.below))
