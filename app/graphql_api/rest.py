"""``/graphql``, which other servers of the dialect call ``/v1/graphql``."""

from flask import Flask, Response, current_app, request

from app.config import Settings
from app.core import cache
from app.core.db import domain_errors
from app.core.http.endpoint import Endpoints
from app.core.http.negotiation import prefers_html
from app.core.http.problems import say_otherwise
from app.graphql_api.answering import GraphQL, limits_of
from app.graphql_api.described import ASKED_BY_GET, ASKED_BY_POST
from app.graphql_api.errors import Code, Rejected
from app.graphql_api.execution import Engine
from app.graphql_api.http import answered, cacheable, read_body, refused, rejected
from app.graphql_api.pages import query_page
from app.graphql_api.persisted import Documents, kept_files
from app.graphql_api.schema.served import served_schema
from app.identity.acting import current_actor

api = Endpoints("graphql", __name__, description="Operations in Hasura's dialect, read-only; kept ones also by GET.")
BY_POST = "GET answers operations that are kept, by documentId or by hash: send a query by POST"
KEPT = {"documentId", "extensions"}  # one of them says which operation is meant
_EXTENSION = "graphql"


def connect(app: Flask, settings: Settings) -> None:
    """Give the application its engine, and its errors the form of GraphQL's."""
    engine = Engine(
        limits_of(settings),
        introspection=settings.graphql_introspection,
        exact_total=settings.search_exact_total,
        timeout=settings.graphql_timeout_seconds,
    )
    app.extensions[_EXTENSION] = GraphQL(engine, Documents(kept_files(), cache.client(app)))
    say_otherwise(app, api.name, refused)
    served_schema()  # now, not in the first request


def graphql() -> GraphQL:
    """The application's."""
    found: GraphQL = current_app.extensions[_EXTENSION]
    return found


def _post() -> Response:
    """Answer an operation, or a batch.

    The schema, the limits and the codes of errors are described in `docs/reference/graphql.md`. Errors of an operation
    come with 200, unless `application/graphql-response+json` is asked for.
    """
    body = read_body(request)
    try:
        with domain_errors():
            return answered(graphql().answer_body(body, current_actor().audience))
    except Rejected as rejection:
        return rejected(rejection)


def _get() -> Response:
    """Answer a kept operation.

    Those of `graphql/operations/` have names; others are known by their hash once they were sent by POST with it.
    Browsers that ask for none get a page to try queries on.
    """
    if prefers_html() and not request.args.keys() & KEPT:
        return query_page()
    if "query" in request.args:
        return rejected(Rejected(BY_POST, "$.query", Code.METHOD))
    try:
        with domain_errors():
            return cacheable(graphql().answer_address(request.args, current_actor().audience))
    except Rejected as rejection:
        return rejected(rejection)


for _rule in ("/graphql", "/v1/graphql"):
    _suffix = _rule.replace("/", "_")
    api.route(_rule, endpoint=f"post{_suffix}", methods=["POST"])(api.doc(**ASKED_BY_POST)(_post))
    api.route(_rule, endpoint=f"get{_suffix}", methods=["GET"])(api.doc(**ASKED_BY_GET)(_get))
