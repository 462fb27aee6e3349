"""What the product's GraphQL is compared with: strawberry's resolvers over ORM entities, loaded eagerly.

    python -m benchmarks.resolvers --database-url URL --port PORT --workers 2 --threads 2

As much of the schema as the bench asks for, on the same server as `benchmarks.limit`, as strawberry comes; with
``--caches`` its caches are on, and texts are parsed and checked once. Entities are whole, as an ORM loads them. It does
not import `app`.
"""

from datetime import datetime
from enum import Enum
from functools import cache
from http import HTTPStatus
from typing import Any

import click
import orjson
import strawberry
from flask import Flask, Response, request
from sqlalchemy import Column, ForeignKey, Table, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from benchmarks.limit import serve

KEPT = 2_000  # documents


class Base(DeclarativeBase):
    """The same tables, as an ORM knows them."""


LINKS = Table(
    "insight_tags",
    Base.metadata,
    Column("insight_id", ForeignKey("insights.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class StoredCategory(Base):
    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    slug: Mapped[str]
    description: Mapped[str | None]
    color: Mapped[str | None]
    icon: Mapped[str | None]


class StoredTag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    slug: Mapped[str]
    description: Mapped[str | None]
    color: Mapped[str | None]


class StoredInsight(Base):
    __tablename__ = "insights"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    description: Mapped[str]
    content: Mapped[str | None]
    source: Mapped[str | None]
    author: Mapped[str]
    priority: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[datetime]
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    category: Mapped[StoredCategory | None] = relationship()
    tags: Mapped[list[StoredTag]] = relationship(secondary=LINKS)


@strawberry.type(name="categories")
class Category:
    """Strawberry reads the attributes of entities."""

    name: str
    color: str | None
    icon: str | None


@strawberry.type(name="tags")
class Tag:
    name: str
    color: str | None


@strawberry.type(name="insights")
class Insight:
    id: int
    title: str
    priority: str
    status: str
    author: str
    created_at: datetime
    category: Category | None
    tags: list[Tag]


@strawberry.type(name="insights_aggregate_fields")
class Fields:
    count: int


@strawberry.type(name="insights_aggregate")
class Aggregate:
    aggregate: Fields


@strawberry.enum(name="order_by")
class Direction(Enum):
    asc = "asc"
    desc = "desc"


@strawberry.input(name="String_comparison_exp")
class Comparison:
    _eq: str = strawberry.field(name="_eq")


@strawberry.input(name="categories_bool_exp")
class CategoryCondition:
    name: Comparison


@strawberry.input(name="insights_bool_exp")
class Condition:
    status: Comparison
    category: CategoryCondition


@strawberry.input(name="insights_order_by")
class Order:
    created_at: Direction


def _found(where: Condition) -> Any:
    named = StoredCategory.name == where.category.name._eq  # noqa: SLF001
    # An id that is known lets the planner walk an index: the best that is usually written.
    category = select(StoredCategory.id).where(named).scalar_subquery()
    return (StoredInsight.status == where.status._eq) & (StoredInsight.category_id == category)  # noqa: SLF001


@strawberry.type(name="query_root")
class Query:
    @strawberry.field
    def insights(self, info: strawberry.Info[Session], where: Condition, order_by: Order, limit: int) -> list[Insight]:
        key = StoredInsight.created_at
        rows = select(StoredInsight).where(_found(where)).limit(limit)
        rows = rows.order_by(key.desc() if order_by.created_at is Direction.desc else key.asc())
        eager = rows.options(selectinload(StoredInsight.category), selectinload(StoredInsight.tags))
        return list(info.context.scalars(eager))

    @strawberry.field
    def insights_aggregate(self, info: strawberry.Info[Session], where: Condition) -> Aggregate:
        statement = select(func.count()).select_from(StoredInsight).where(_found(where))
        return Aggregate(aggregate=Fields(count=info.context.scalar(statement)))


def resolver_schema(*, caches: bool = False) -> strawberry.Schema:
    parsed, validated = ParserCache(KEPT), ValidationCache(KEPT)
    extensions = [lambda: parsed, lambda: validated] if caches else []
    return strawberry.Schema(Query, config=StrawberryConfig(auto_camel_case=False), extensions=extensions)


def create_resolvers(url: str, threads: int, *, caches: bool) -> Flask:
    app = Flask(__name__)
    schema = resolver_schema(caches=caches)
    engine = cache(lambda: create_engine(url, pool_size=threads, max_overflow=0))  # each worker makes its own

    def answer() -> Response:
        asked = orjson.loads(request.get_data())
        with Session(engine()) as session:
            result = schema.execute_sync(asked["query"], asked.get("variables"), context_value=session)
        body = {"data": result.data} if not result.errors else {"errors": [error.message for error in result.errors]}
        status = HTTPStatus.BAD_REQUEST if result.errors else HTTPStatus.OK
        return Response(orjson.dumps(body), status, content_type="application/json")

    app.add_url_rule("/graphql", "graphql", answer, methods=["POST"])
    app.add_url_rule("/empty", "empty", lambda: Response(b"{}", content_type="application/json"))
    return app


@click.command()
@click.option("--database-url", required=True, help="As SQLAlchemy wants it.")
@click.option("--port", required=True, type=int)
@click.option("--workers", required=True, type=int)
@click.option("--threads", required=True, type=int)
@click.option("--caches", is_flag=True)
def main(database_url: str, port: int, workers: int, threads: int, caches: bool) -> None:
    serve(create_resolvers(database_url, threads, caches=caches), port, workers, threads)


if __name__ == "__main__":
    main()
