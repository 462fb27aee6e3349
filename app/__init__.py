"""The insights tracker: all wiring on one page.

What the application needs is imported inside `create_app`: every module of the package imports this one first, and the
command line must stay light and set up metrics before they are loaded.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import URL

    from app.config import Settings

DEFAULT_DATABASE = "postgresql+psycopg://insights:insights@localhost/insights"
# Of each process, shared by those that read and those that write; half as many more have the time limit of GraphQL.
CONNECTIONS = 10
LOCK_TIMEOUT_SECONDS = 5
# The largest form has some dozens of fields.
FORM_PARTS = 200


def create_app(settings: "Settings | None" = None, *, serves: bool = True) -> "Flask":
    """Build the application. Nothing connects to a server before the first request needs it.

    One that ``serves`` nothing, a command's, does without routes: they cost half of its start.
    """
    from flask import Flask

    from app.attachments import store
    from app.config import REPOSITORY, load_settings
    from app.core import cache, telemetry
    from app.core.http import compression, cors, pages, problems, proxies, security
    from app.core.http.sessions import NoSessions
    from app.core.patience import lose_patience
    from app.extensions import db
    from app.identity import mail

    settings = settings or load_settings()
    app = Flask(
        __name__,
        template_folder=str(REPOSITORY / "templates"),
        static_folder=str(REPOSITORY / "static" / "dist"),
        static_url_path="/static",
        instance_path=str(settings.instance),
    )
    app.session_interface = NoSessions()
    # Nothing here is a coroutine: else each of a request's twenty handlers would be asked whether it is one.
    app.ensure_sync = lambda func: func  # type: ignore[method-assign]
    _configure(app, settings)
    telemetry.configure_logging(settings)
    telemetry.echo_reads(settings)
    telemetry.observe(app)
    proxies.trust(app, settings.trusted_proxies)
    security.protect(app, settings)
    cors.allow(app, settings.cors_allowed_origins)
    problems.register(app)
    pages.equip(app)
    compression.compress(app)
    cache.connect(app, settings)
    store.connect(app, settings)
    db.init_app(app)
    with app.app_context():
        lose_patience(db.engine, settings.statement_timeout_seconds)
    mail.connect(app, settings)
    if serves:
        _watch_the_door(app, settings)
        _register_routes(app, settings)
    return app


def _watch_the_door(app: "Flask", settings: "Settings") -> None:
    """In this order: who asks, how often, from where; then whether they may."""
    from app.core.http import cross_site, rate_limits, uploads
    from app.identity import guard, pages
    from app.identity.acting import current_actor
    from app.identity.pages import oidc

    uploads.admit_uploads(app)
    guard.know_callers(app, settings)
    rate_limits.limit(app, settings, lambda: current_actor().credential)
    cross_site.refuse(app, settings)
    guard.admit_callers(app)
    pages.equip(app)
    oidc.connect(app, settings)


def _configure(app: "Flask", settings: "Settings") -> None:
    from app.core.http.routing import IdConverter, NamedIdConverter

    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_IDLE_HOURS=settings.session_idle_hours,
        TRASH_DAYS=settings.trash_days,
        SEARCH_EXACT_TOTAL=settings.search_exact_total,
        VOCABULARY=settings.vocabulary,
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        MAX_IMPORT_BYTES=settings.max_import_bytes,
        MAX_ATTACHMENT_BYTES=settings.max_attachment_bytes,
        MAX_FORM_PARTS=FORM_PARTS,
        SQLALCHEMY_DATABASE_URI=_database(settings, settings.database_url),
        MIGRATIONS_DATABASE_URI=_database(settings, settings.database_owner_url or settings.database_url),
        SQLALCHEMY_ECHO=settings.sql_echo,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": max(CONNECTIONS // 2, settings.web_threads),
            "max_overflow": 0,
            "pool_timeout": LOCK_TIMEOUT_SECONDS,
            "pool_pre_ping": True,
            "pool_recycle": 3600,
            # What is bound to a statement may be anybody's secret: an error in a log doesn't repeat it.
            "hide_parameters": not settings.sql_echo,
        },
    )
    app.url_map.strict_slashes = False
    app.url_map.converters.update(id=IdConverter, named=NamedIdConverter)


def _database(settings: "Settings", url: str | None) -> "URL":
    """Where to connect, and how long a statement or a lock may take: a slow one must not keep a thread for ever.

    Times are read in UTC, and statements are planned for flash storage and not compiled, also on servers that others
    have set up.
    """
    from sqlalchemy import make_url

    options = (
        f"-c statement_timeout={settings.statement_timeout_seconds}s"
        f" -c lock_timeout={LOCK_TIMEOUT_SECONDS if settings.statement_timeout_seconds else 0}s"
        " -c idle_in_transaction_session_timeout=5min"
        " -c timezone=UTC -c jit=off -c random_page_cost=1.1"
    )
    connecting = {"connect_timeout": "3", "application_name": "insights", "options": options}
    return make_url(url or DEFAULT_DATABASE).update_query_dict(connecting)


def _register_routes(app: "Flask", settings: "Settings") -> None:
    from app.analytics import pages as overview
    from app.analytics import rest as analytics
    from app.attachments import rest as attachments
    from app.audit import pages as audit_log
    from app.audit import rest as audit
    from app.capture.pages import copies, edit, fragments, new
    from app.capture.pages import templates as content_templates
    from app.core.http import health, reference
    from app.core.http.openapi import create_api
    from app.curation.pages import bulk as bulk_pages
    from app.curation.pages import categories as category_pages
    from app.curation.pages import receipts as acts
    from app.curation.pages import single as single_acts
    from app.curation.pages import tags as tag_pages
    from app.curation.rest import bulk, receipts
    from app.curation.rest import categories as category_care
    from app.curation.rest import tags as tag_care
    from app.exchange.pages import exporting, importing
    from app.graphql_api import rest as graphql
    from app.identity import rest as identity
    from app.identity.pages import (
        devices,
        forgotten,
        links,
        oidc,
        profile,
        second_factor,
        service_tokens,
        signing_in,
        tokens,
        users,
    )
    from app.insights.pages import history
    from app.insights.pages import trash as trash_pages
    from app.insights.rest import insights, revisions, trash
    from app.search.pages import gaps, insight, library, saved
    from app.search.rest import feeds, log, related, suggestions
    from app.search.rest import insights as finding
    from app.search.rest import saved as saved_searches
    from app.taxonomy.rest import categories, tags

    knowledge = (insights, finding, related, suggestions, revisions, trash, attachments, tags, categories)
    searches = (saved_searches, feeds, log)
    many = (bulk, receipts, tag_care, category_care)
    figures = (analytics, graphql)
    create_api(app, tuple(room.api for room in (*knowledge, *searches, *many, *figures, identity, audit, health)))
    graphql.connect(app, settings)
    account = (profile, second_factor, tokens, devices)
    administration = (users, service_tokens, audit_log)
    reading = (overview, library, insight, history, saved, gaps, reference)
    care = (acts, trash_pages, single_acts)
    capture = (new, edit, copies, fragments, content_templates)
    vocabulary = (category_pages, tag_pages, bulk_pages)
    files = (importing, exporting)
    door = (signing_in, forgotten, oidc, links)
    for pages in (*reading, *capture, *care, *vocabulary, *files, *door, *account, *administration):
        app.register_blueprint(pages.blueprint)
