"""The knowledge base: categories, tags, insights and their links, with what the database promises about them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FUNCTIONS = """
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Two spellings are the same word when they fold to the same text: case, accents and width do not count.
CREATE FUNCTION folded(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(public.unaccent('public.unaccent'::regdictionary,
                             CASE WHEN value IS NFKC NORMALIZED THEN value ELSE normalize(value, NFKC) END));

-- RFC 3339 in UTC, as every answer writes time.
CREATE FUNCTION iso_utc(value timestamptz) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN to_char(value AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- The beginning of a text, folded. Folding can lengthen it, so it is cut again.
CREATE FUNCTION folded_start(value text, most integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN "left"(folded("left"(coalesce(value, ''), most)), most);

-- What text search looks at. A tsvector holds 1 MB at most and a hyphenated word counts twice, so very long texts are
-- searched by their beginning.
CREATE FUNCTION search_vector(title text, description text, content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector('pg_catalog.english', folded_start(title, 1000)), 'A')
    || setweight(to_tsvector('pg_catalog.english', folded_start(description, 10000)), 'B')
    || setweight(to_tsvector('pg_catalog.english', folded_start(content, 100000)), 'D');
"""

TRIGGERS = """
-- Every real change makes a new version; an update that changes nothing does not.
CREATE FUNCTION raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.updated_at = OLD.updated_at THEN NEW.updated_at := greatest(clock_timestamp(), OLD.updated_at); END IF;
  RETURN NEW;
END $$;
-- Set when an insight is first published, kept ever after.
CREATE FUNCTION first_publication() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN NEW.published_at := coalesce(NEW.published_at, OLD.published_at); END IF;
  IF NEW.status = 'published' AND NEW.published_at IS NULL THEN NEW.published_at := now(); END IF;
  RETURN NEW;
END $$;

-- A stored column, as the planner can't know what computing it costs; not a generated one, as the triggers that
-- compare whole rows may not look at those.
CREATE FUNCTION keep_search_vector() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search_vector := search_vector(NEW.title, NEW.description, NEW.content);
  RETURN NEW;
END $$;

-- Row triggers run in the order of their names.
CREATE TRIGGER a_search_vector_insert BEFORE INSERT ON insights FOR EACH ROW EXECUTE FUNCTION keep_search_vector();
CREATE TRIGGER a_search_vector_update BEFORE UPDATE ON insights FOR EACH ROW
  WHEN ((OLD.title, OLD.description, OLD.content, OLD.search_vector)
        IS DISTINCT FROM (NEW.title, NEW.description, NEW.content, NEW.search_vector))
  EXECUTE FUNCTION keep_search_vector();
CREATE TRIGGER a_first_publication BEFORE INSERT OR UPDATE ON insights
  FOR EACH ROW EXECUTE FUNCTION first_publication();
CREATE TRIGGER b_touch BEFORE UPDATE ON insights
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION touch();
CREATE TRIGGER c_raise_version BEFORE UPDATE ON insights
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
CREATE TRIGGER b_touch BEFORE UPDATE ON categories
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION touch();
CREATE TRIGGER c_raise_version BEFORE UPDATE ON categories
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
-- Not for usage_count: counting a tag does not change it.
CREATE TRIGGER c_raise_version BEFORE UPDATE OF name, slug, description, color ON tags
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
"""


def upgrade() -> None:
    op.execute(FUNCTIONS)
    _create_categories()
    _create_tags()
    _create_insights()
    _create_insight_tags()
    op.execute(TRIGGERS)


def downgrade() -> None:
    for table in ("insight_tags", "insights", "tags", "categories"):
        op.drop_table(table)
    op.execute(
        "DROP FUNCTION raise_version, touch, first_publication, keep_search_vector, search_vector, iso_utc,"
        " folded_start, folded"
    )


def _moment(name: str, **options: object) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), **options)


def _version() -> sa.Column:
    return sa.Column("version", sa.Integer, server_default=sa.text("1"), nullable=False)


def _create_categories() -> None:
    op.create_table(
        "categories",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("slug", sa.String(100), nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("parent_id", sa.Integer, sa.ForeignKey("categories.id", name="fk_categories_parent_id")),
        sa.Column("color", sa.String(7)),
        sa.Column("icon", sa.String(50)),
        _moment("created_at", server_default=sa.func.now(), nullable=False),
        _moment("updated_at", server_default=sa.func.now(), nullable=False),
        _version(),
        sa.CheckConstraint("btrim(name) <> ''", "name_not_blank"),
        sa.CheckConstraint("btrim(slug) <> ''", "slug_not_blank"),
        sa.CheckConstraint("color ~ '^#[0-9A-Fa-f]{6}$'", "color"),
        sa.UniqueConstraint("slug", name="uq_categories_slug"),
    )
    op.create_index("ix_categories_parent_id", "categories", ["parent_id"])
    op.create_index("uq_categories_name", "categories", ["name"], unique=True)
    op.create_index("uq_categories_folded_name", "categories", [sa.text("folded(name)")], unique=True)


def _create_tags() -> None:
    op.create_table(
        "tags",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("slug", sa.String(50), nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("color", sa.String(7)),
        _moment("created_at", server_default=sa.func.now(), nullable=False),
        sa.Column("usage_count", sa.Integer, server_default=sa.text("0"), nullable=False),
        _version(),
        sa.CheckConstraint("btrim(name) <> ''", "name_not_blank"),
        sa.CheckConstraint("btrim(slug) <> ''", "slug_not_blank"),
        sa.CheckConstraint("color ~ '^#[0-9A-Fa-f]{6}$'", "color"),
        sa.UniqueConstraint("slug", name="uq_tags_slug"),
    )
    op.create_index("uq_tags_name", "tags", ["name"], unique=True)
    op.create_index("uq_tags_folded_name", "tags", [sa.text("folded(name)")], unique=True)


def _create_insights() -> None:
    op.create_table(
        "insights",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("public_id", sa.Uuid, server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("external_key", sa.String(255)),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("content", sa.Text),
        sa.Column("source", sa.String(255)),
        sa.Column("author", sa.String(255), nullable=False),
        sa.Column("category_id", sa.Integer, sa.ForeignKey("categories.id", name="fk_insights_category_id")),
        sa.Column("priority", sa.String(20), server_default="medium", nullable=False),
        sa.Column("status", sa.String(20), server_default="draft", nullable=False),
        sa.Column("visibility", sa.String(20), server_default="INTERNAL", nullable=False),
        sa.Column("metadata", postgresql.JSONB, server_default=sa.text("'{}'"), nullable=False),
        _version(),
        _moment("created_at", server_default=sa.func.now(), nullable=False),
        _moment("updated_at", server_default=sa.func.now(), nullable=False),
        _moment("published_at"),
        sa.Column("search_vector", postgresql.TSVECTOR),
        sa.CheckConstraint("priority IN ('low', 'medium', 'high', 'critical')", "priority"),
        sa.CheckConstraint("status IN ('draft', 'published', 'archived')", "status"),
        sa.CheckConstraint("visibility IN ('PUBLIC', 'INTERNAL', 'RESTRICTED', 'ANONYMISED')", "visibility"),
        sa.CheckConstraint("btrim(title) <> ''", "title_not_blank"),
        sa.CheckConstraint("jsonb_typeof(metadata) = 'object'", "metadata_object"),
        sa.CheckConstraint("status <> 'published' OR published_at IS NOT NULL", "published_at"),
        sa.UniqueConstraint("public_id", name="uq_insights_public_id"),
        sa.UniqueConstraint("external_key", name="uq_insights_external_key"),
    )
    for column in ("title", "author", "category_id", "priority", "status"):
        op.create_index(f"ix_insights_{column}", "insights", [column])
    op.create_index("ix_insights_created_at", "insights", [sa.text("created_at DESC"), sa.text("id DESC")])
    op.create_index(
        "ix_insights_published_at", "insights", ["published_at"], postgresql_where=sa.text("published_at IS NOT NULL")
    )
    op.create_index(
        "ix_insights_search",
        "insights",
        ["search_vector"],
        postgresql_using="gin",
    )
    # Told that a word is common, the planner would read every row's vector from where large values are kept, which
    # takes ten times as long as the index and is not in its prices. Without statistics it takes every word for rare.
    op.execute("ALTER TABLE insights ALTER search_vector SET STATISTICS 0")
    op.create_index(
        "ix_insights_author_part",
        "insights",
        ["author"],
        postgresql_using="gin",
        postgresql_ops={"author": "gin_trgm_ops"},
    )
    op.create_index("idx_insights_status_priority", "insights", ["status", "priority"])
    op.create_index("idx_insights_category_status", "insights", ["category_id", "status"])
    op.create_index("idx_insights_author_status", "insights", ["author", "status"])


def _create_insight_tags() -> None:
    def key(table: str, column: str) -> sa.Column:
        link = sa.ForeignKey(f"{table}.id", name=f"fk_insight_tags_{column}", ondelete="CASCADE")
        return sa.Column(column, sa.Integer, link, primary_key=True)

    op.create_table(
        "insight_tags",
        key("insights", "insight_id"),
        key("tags", "tag_id"),
        sa.Column("counted_status", sa.String(20)),
        sa.Column("counted_visibility", sa.String(20)),
    )
    op.create_index("idx_insight_tags_insight_id", "insight_tags", ["insight_id"])
    op.create_index("idx_insight_tags_tag_id", "insight_tags", ["tag_id"])
