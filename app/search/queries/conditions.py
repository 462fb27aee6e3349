"""A query as SQL: conditions on an insight ``i`` and its document ``d``.

The tree is read in two ways. Loosely it decides what is found: of words that stand side by side one is enough.
Strictly it decides who comes first: all of them are there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.core.db import like_literal
from app.identity.audience import Audience
from app.insights.queries.listing import InsightFilter
from app.search.language.tree import Condition, Either, Every, Node, Not, Phrase, Query, Sequence, Word, wanted_text
from app.search.queries.filters import filter_sql
from app.search.queries.reading import all_text, parts_that_hold
from app.search.queries.tsquery import bracketed, necessary_tokens, of_term
from app.search.queries.words import Understood

MOST_READ_AS_IT_STANDS = 5_000
# Of more than that reading all documents costs less than what the index says of each page.
MOST_BY_INDEX = 50_000

ALL = "true"
HAS = "d.stems @@ CAST({query} AS tsquery)"
SAID = "d.words @@ phraseto_tsquery('pg_catalog.simple', folded({text}))"
# Asked first: stems lie in the row itself, and few of the documents that have all of a phrase's stems have the phrase.
STEMS_SAID = "d.stems @@ phraseto_tsquery('pg_catalog.english', folded({text}))"
AS_IT_STANDS = rf"""
(i.id IN (SELECT i.id FROM insights i WHERE {{sees}} ORDER BY i.created_at DESC, i.id DESC
          LIMIT {MOST_READ_AS_IT_STANDS})
 AND concat_ws(E'\n', i.title, i.description, i.content) ILIKE {{pattern}} ESCAPE '\')"""

# The ids come out of the index first: a planner who expects many matches would walk all insights in some order.
FOUND_BY_TOKENS = """
SELECT i.id, i.{column} FROM (
  SELECT d.insight_id, d.stems, d.words FROM search_documents d
  WHERE search_tokens(d.stems, d.length) @@ CAST(:tokens AS tsquery) OFFSET 0) d
JOIN insights i ON i.id = d.insight_id WHERE {where}"""
FOUND = "SELECT i.id, i.{column} FROM insights i JOIN search_documents d ON d.insight_id = i.id WHERE {where}"
FOUND_BY_FILTERS = "SELECT i.id, i.{column} FROM insights i WHERE {where}"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query's conditions, all values bound; none of them says who sees what.

    ``matches``: the loose reading, complete. ``strict``: that all wanted text is there, of what matches; "true" when it
    always is. ``filters``: the part of ``matches`` that is about ``i`` alone and must hold. ``tokens``: a tsquery on
    `search_tokens` that every match fulfils, and ``most`` how many documents do, at most, as far as they were counted;
    None when documents without any of the words can match. ``simple``: one sequence of words and phrases beside filters
    and nots. ``reads_documents``: whether anything is said about ``d``.
    """

    matches: str
    strict: str
    filters: str
    tokens: str | None
    parameters: Mapping[str, object]
    simple: bool
    most: int | None = None
    reads_documents: bool = True


@dataclass(frozen=True, slots=True)
class Stems:
    """A condition on stems alone, as the text of a tsquery."""

    query: str


# What a part of a query comes to in one of the readings; None when nothing is left of it, as of a stop word.
Meaning = Stems | str | None


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles the parts of one query and keeps what they bind."""

    understood: Understood
    audience: Audience
    parameters: dict[str, object] = field(default_factory=dict)

    def bind(self, value: object) -> str:
        """The name of a parameter with that value; equal ones share one."""
        for name, bound in self.parameters.items():
            if type(bound) is type(value) and bound == value:
                return f":{name}"
        self.parameters[f"asked_{len(self.parameters)}"] = value
        return f":asked_{len(self.parameters) - 1}"

    def sql(self, meaning: Meaning) -> str:
        if isinstance(meaning, Stems):
            return HAS.format(query=self.bind(meaning.query))
        return meaning or ALL

    def loose(self, node: Node | None) -> Meaning:
        return self._meaning(node, strict=False)

    def strict(self, node: Node | None) -> Meaning:
        return self._meaning(node, strict=True)

    def _meaning(self, node: Node | None, *, strict: bool) -> Meaning:
        match node:
            case Word() if node in self.understood.terms:
                return Stems(of_term(self.understood.terms[node]))
            case Phrase() if node in self.understood.phrases:
                return self._phrase(node)
            case Condition():
                return f"({filter_sql(node, self.audience, self.bind)})"
            case Not(part) if self.understood.means(part):
                # What the part would find by itself: a query and its negation share nothing and leave nothing out.
                return f"({self.sql(self.loose(part))}) IS NOT TRUE"
            case Either(nodes):
                return self._joined("|", [self._meaning(part, strict=strict) for part in nodes])
            case Every(nodes):
                return self._joined("&", [self._meaning(part, strict=strict) for part in nodes])
            case Sequence(nodes):
                return self._strict_sequence(nodes) if strict else self._loose_sequence(nodes)
        return None

    def _phrase(self, phrase: Phrase) -> Meaning:
        text = self.bind(phrase.text)
        said = SAID.format(text=text)
        return f"({STEMS_SAID.format(text=text)} AND {said})" if self.understood.phrases[phrase] else said

    def _strict_sequence(self, nodes: Iterable[Node]) -> Meaning:
        return self._joined("&", map(self.strict, nodes))

    def _loose_sequence(self, nodes: Iterable[Node]) -> Meaning:
        words, others = self.understood.words_and_others(nodes)
        return self._joined("&", [self._joined("|", map(self.loose, words)), *map(self.loose, others)])

    def _joined(self, sign: str, meanings: Iterable[Meaning]) -> Meaning:
        parts = [part for part in meanings if part is not None]
        stems = [part.query for part in parts if isinstance(part, Stems)]
        together = Stems(bracketed(sign, stems)) if stems else None
        if len(stems) == len(parts):
            return together
        conditions = [self.sql(together)] if together else []
        conditions += [part for part in parts if isinstance(part, str)]
        return f"({(' AND ' if sign == '&' else ' OR ').join(conditions)})"


def compiled(understood: Understood, audience: Audience) -> Compiled:
    """The conditions of a query. The audience decides whose ``is:mine`` are, and among which insights a text is looked
    for as it stands."""
    compiler = Compiler(understood, audience)
    parts = list(parts_that_hold(understood.query.root))
    filters = _all_hold(compiler.sql(compiler.loose(part)) for part in parts if not any(all_text(part)))
    if understood.as_it_stands:
        return _as_it_stands(compiler, filters, [part for part in parts if not any(wanted_text(part))])
    root = understood.query.root
    loose, strict = compiler.loose(root), compiler.strict(root)
    text = [part for part in parts if any(wanted_text(part))] if strict != loose else []
    tokens = necessary_tokens(understood, root)
    return Compiled(
        matches=compiler.sql(loose),
        strict=_all_hold(compiler.sql(compiler.strict(part)) for part in text),
        filters=filters,
        tokens=tokens.query if tokens else None,
        parameters=compiler.parameters,
        simple=root is not None and _is_simple(root),
        most=tokens.documents if tokens else None,
        reads_documents=any(map(understood.means, all_text(root))),
    )


def matching_ids_sql(
    compiled: Compiled, audience: Audience, wanted: InsightFilter, column: str = "created_at"
) -> tuple[str, dict[str, object]]:
    """A statement for the ``id`` and a ``column`` of every match that the audience sees and that the structured filters
    let pass, and what it binds. Frequent words alone cost reading all documents."""
    where = f"{wanted.where(audience)} AND {compiled.matches}"
    bound = {**wanted.parameters, **audience.parameters, **compiled.parameters}
    if compiled.tokens is not None and compiled.most is not None and compiled.most <= MOST_BY_INDEX:
        return FOUND_BY_TOKENS.format(column=column, where=where), {**bound, "tokens": compiled.tokens}
    body = FOUND if compiled.reads_documents else FOUND_BY_FILTERS
    return body.format(column=column, where=where), bound


def _as_it_stands(compiler: Compiler, filters: str, others: list[Node]) -> Compiled:
    pattern = compiler.bind(f"%{like_literal(standing_text(compiler.understood.query))}%")
    standing = AS_IT_STANDS.format(sees=compiler.audience.sources.sees, pattern=pattern)
    return Compiled(
        matches=_all_hold([*(compiler.sql(compiler.loose(part)) for part in others), standing]),
        strict=ALL,
        filters=filters,
        tokens=None,
        parameters=compiler.parameters,
        simple=False,
        reads_documents=any(compiler.understood.means(part) for other in others for part in all_text(other)),
    )


def standing_text(query: Query) -> str:
    """The text without fields and the signs of the language; a text of nothing but words as it was typed."""
    pieces = list(wanted_text(query.root))
    plain = all(isinstance(part, Word) for part in parts_that_hold(query.root)) and query.sort is None
    return query.text.strip() if plain else " ".join(piece.text for piece in pieces)


def _is_simple(node: Node) -> bool:
    match node:
        case Word() | Phrase():
            return True
        case Sequence(nodes) | Every(nodes):
            text = [part for part in nodes if any(wanted_text(part))]
            if len(text) == 1:
                return _is_simple(text[0])
            return isinstance(node, Sequence) and all(isinstance(part, (Word, Phrase)) for part in text)
    return False


def _all_hold(conditions: Iterable[str]) -> str:
    return " AND ".join(conditions) or ALL
