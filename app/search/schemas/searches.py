"""What a search takes, and the contract of what it answers."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validates_schema

from app.core.fields import Flag, Id, JsonObject, Many, Message, Schema, Text, Token, Whole
from app.identity.permissions import Visibility
from app.insights.models import AUTHOR_LENGTH, Priority, Status
from app.insights.schemas import MOST_TAGS, SORTS, InsightAnswer, InsightPage, PageSchema
from app.search.models import QUERY_LENGTH
from app.taxonomy.models import CATEGORY_NAME_LENGTH

RELEVANCE = "relevance"
SEARCH_SORTS = (RELEVANCE, *SORTS)
# How the library shows what it lists; the first one unless somebody chose.
VIEWS = ("table", "cards")
TOTAL_RELATIONS = ("exact", "estimate")
QUERY = 'What is looked for: words, "phrases", -not, OR, and fields such as `tag:`; see the reference of the language.'
SORT = (
    "The order; with a minus the greatest come first. What has no value comes last, equals go by id. Without it: the"
    " text's own `sort:`, else `relevance` where there is text, else `-created_at`."
)
CURSOR = (
    "Where the page before ended (its `next_cursor`); empty for the first page. In place of `page` or `offset`. Pages"
    " that follow cursors have no order by relevance: without another sort the newest come first."
)
FACETS = "Whether to count the matches by status, category and so on. Without it: where there is text."
EXPLAIN = "Whether to tell what each score is made of."
TOTAL_RELATION = "`exact`, or `estimate` beyond the number up to which matches are counted. Only of searches."
SCORE = "The more, the better the text fits; comparable within one answer. Null beyond the ranked hits."
HIGHLIGHTS = (
    "By field, where the text was found: HTML with nothing but `<mark>` in it. Of a title all, else fragments; of the"
    " content without the signs of Markdown."
)
SAMPLED = "True when only the best hits were counted, because there are too many matches."
SEARCH_ID = "For telling what was opened of the answer (`POST /search/{search_id}/opened`); only of searches for text."
CORRECTED = "The query as it was understood, when mistyped words were replaced in it."


class FilterSchema(PageSchema):
    """The list's filters; all must hold."""

    status = Token(Status)
    priority = Token(Priority)
    visibility = Token(Visibility)
    category_id = Id()
    category = Text(most=CATEGORY_NAME_LENGTH, strip=True, metadata={"description": "A category's name."})
    author = Text(most=AUTHOR_LENGTH, metadata={"description": "Part of the author's name, regardless of case."})
    sort = Token(SEARCH_SORTS, metadata={"description": SORT})
    facets = Flag(metadata={"description": FACETS})
    explain = Flag(metadata={"description": EXPLAIN})


class ListSchema(FilterSchema):
    """The query of the list: text and filters, and a page by its number or after a cursor."""

    q = Text(most=QUERY_LENGTH, metadata={"description": QUERY})
    cursor = Text(metadata={"description": CURSOR})

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _begin_in_one_way(self, data: dict[str, Any], original: Mapping[str, Any], **_: Any) -> None:
        if "cursor" in original and (others := [name for name in ("page", "offset") if name in original]):
            beside = Message("can't be given beside cursor", "beside_cursor")
            raise ValidationError({name: [beside] for name in others})


class SearchSchema(FilterSchema):
    """A search: text and the list's filters. Explicit nulls count as absent."""

    as_text = False

    query = Text(most=QUERY_LENGTH, metadata={"description": QUERY})
    tag_ids = Many(Id(), most=MOST_TAGS, metadata={"description": "An insight must carry all of them."})

    @pre_load
    def _drop_nulls(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, Mapping):  # inside another schema it may be anything
            return data
        return {key: value for key, value in data.items() if value is not None or key not in self.fields}


class LibrarySchema(FilterSchema):
    """The query of the library page: the list's filters, tags and the search box; categories by id only."""

    class Meta:
        exclude = ("category", "limit", "offset", "facets", "explain")

    q = Text(most=QUERY_LENGTH, strip=True)
    tag_ids = Many(Id(), most=MOST_TAGS)
    view = Token(VIEWS)


class HighlightAnswer(Schema):
    """Fragments of the fields in which the text was found."""

    title = fields.List(Text())
    description = fields.List(Text())
    content = fields.List(Text())


class HitAnswer(InsightAnswer):
    """An insight and, of searches with text, how well and where it fits."""

    score = fields.Float(allow_none=True, metadata={"description": SCORE})
    highlights = fields.Nested(HighlightAnswer, metadata={"description": HIGHLIGHTS})
    explanation = JsonObject(allow_none=True, metadata={"description": "What the score is made of."})


class FacetAnswer(Schema):
    """How many matches have a value; of categories and tags it is the slug. Null: those without a category."""

    value = Text(required=True, allow_none=True)
    id = Id(allow_none=True)
    name = Text(allow_none=True)
    count = Whole(required=True)


class FacetsAnswer(Schema):
    """The matches counted, the most frequent values first; months newest first."""

    status = fields.List(fields.Nested(FacetAnswer), required=True)
    priority = fields.List(fields.Nested(FacetAnswer), required=True)
    category = fields.List(fields.Nested(FacetAnswer), required=True)
    tags = fields.List(fields.Nested(FacetAnswer), required=True)
    author = fields.List(fields.Nested(FacetAnswer), required=True)
    month = fields.List(fields.Nested(FacetAnswer), required=True)
    sampled = fields.Boolean(required=True, metadata={"description": SAMPLED})


class SearchPage(InsightPage):
    """One page of insights and, of searches, what is known of all matches."""

    total_relation = Token(TOTAL_RELATIONS, metadata={"description": TOTAL_RELATION})
    insights = fields.List(fields.Nested(HitAnswer), required=True)
    facets = fields.Nested(FacetsAnswer)
    corrected_query = Text(allow_none=True, metadata={"description": CORRECTED})
    took_ms = fields.Float(metadata={"description": "How long the search took, in milliseconds."})
    search_id = Text(metadata={"description": SEARCH_ID})
