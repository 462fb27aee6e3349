"""Everything an installation can set, typed and frozen."""

from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, ConfigDict, Field

from app.config.rules import DEFAULT_SECRETS, SECRET_LENGTH, Rules, is_loopback, psycopg_url

Environment = Literal["dev", "staging", "prod", "offline"]
GivenRole = Literal["viewer", "contributor", "editor", "analyst", "admin"]

OPEN_TO_OTHERS = (
    "AUTH_MODE: open is for one's own machine: not in staging or prod, and only with HOST on the loopback and without"
    " INSIGHTS_ALLOWED_HOSTS, INSIGHTS_TRUSTED_PROXIES and INSIGHTS_PUBLIC_URL for others; use required"
)
REPOSITORY = Path(__file__).resolve().parent.parent.parent


def _key(*names: str) -> Any:
    return AliasChoices(*names)


class Settings(Rules):
    """Everything an installation can set.

    Each field is read from its environment variable (the alias below), else from the key of the same name in
    ``instance/config.yaml`` (lower case, without ``INSIGHTS_``), else the default. ``<NAME>_FILE`` names a file that
    holds the value, for secrets.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    env: Environment = Field("dev", validation_alias=_key("INSIGHTS_ENV"))
    instance: Path = Field(REPOSITORY / "instance", validation_alias=_key("INSIGHTS_INSTANCE"))
    host: str = Field("127.0.0.1", validation_alias=_key("HOST"))
    port: int = Field(8000, ge=1, le=65535, validation_alias=_key("PORT"))
    database_url: str | None = Field(None, validation_alias=_key("DATABASE_URL"))
    database_owner_url: str | None = Field(None, validation_alias=_key("DATABASE_OWNER_URL"), repr=False)
    redis_url: str | None = Field(None, validation_alias=_key("REDIS_URL"))
    postgres_bin: Path | None = Field(None, validation_alias=_key("INSIGHTS_POSTGRES_BIN"))
    sql_echo: bool = Field(False, validation_alias=_key("SQL_ECHO"))
    allowed_hosts: tuple[str, ...] = Field((), validation_alias=_key("INSIGHTS_ALLOWED_HOSTS"))
    trusted_proxies: tuple[str, ...] = Field((), validation_alias=_key("INSIGHTS_TRUSTED_PROXIES"))
    cors_allowed_origins: tuple[str, ...] = Field((), validation_alias=_key("CORS_ALLOWED_ORIGINS"))
    rate_limit_per_token: str | None = Field(None, validation_alias=_key("INSIGHTS_RATE_LIMIT_PER_TOKEN"))
    rate_limit_per_ip: str | None = Field(None, validation_alias=_key("INSIGHTS_RATE_LIMIT_PER_IP"))
    secret_key: str = Field("", validation_alias=_key("SECRET_KEY"), repr=False)
    auth_mode: Literal["open", "required"] | None = Field(None, validation_alias=_key("AUTH_MODE"))
    anonymous_reading: bool = Field(False, validation_alias=_key("INSIGHTS_ANONYMOUS_READING"))
    public_url: str | None = Field(None, validation_alias=_key("INSIGHTS_PUBLIC_URL"))
    session_idle_hours: int = Field(24 * 7, ge=1, le=24 * 90, validation_alias=_key("INSIGHTS_SESSION_IDLE_HOURS"))
    session_days: int = Field(30, ge=1, le=365, validation_alias=_key("INSIGHTS_SESSION_DAYS"))
    trash_days: int = Field(30, ge=1, le=3650, validation_alias=_key("TRASH_DAYS"))
    search_exact_total: int = Field(5000, ge=1, le=100_000, validation_alias=_key("SEARCH_EXACT_TOTAL"))
    jwt_secret: str | None = Field(None, validation_alias=_key("JWT_SECRET"), repr=False)
    jwt_jwks_url: str | None = Field(None, validation_alias=_key("JWT_JWKS_URL"))
    jwt_issuer: str | None = Field(None, validation_alias=_key("JWT_ISSUER"))
    jwt_audience: str | None = Field(None, validation_alias=_key("JWT_AUDIENCE"))
    oidc_issuer: str | None = Field(None, validation_alias=_key("OIDC_ISSUER"))
    oidc_client_id: str | None = Field(None, validation_alias=_key("OIDC_CLIENT_ID"))
    oidc_client_secret: str | None = Field(None, validation_alias=_key("OIDC_CLIENT_SECRET"), repr=False)
    oidc_label: str = Field("Single sign-on", validation_alias=_key("OIDC_LABEL"))
    oidc_scopes: str = Field("openid email profile", validation_alias=_key("OIDC_SCOPES"))
    oidc_groups_claim: str = Field("groups", validation_alias=_key("OIDC_GROUPS_CLAIM"))
    oidc_group_roles: dict[str, GivenRole] = Field({}, validation_alias=_key("OIDC_GROUP_ROLES"))
    oidc_default_role: GivenRole | None = Field(None, validation_alias=_key("OIDC_DEFAULT_ROLE"))
    smtp_host: str | None = Field(None, validation_alias=_key("SMTP_HOST"))
    smtp_port: int = Field(587, ge=1, le=65535, validation_alias=_key("SMTP_PORT"))
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", validation_alias=_key("SMTP_SECURITY"))
    smtp_username: str | None = Field(None, validation_alias=_key("SMTP_USERNAME"))
    smtp_password: str | None = Field(None, validation_alias=_key("SMTP_PASSWORD"), repr=False)
    smtp_sender: str | None = Field(None, validation_alias=_key("SMTP_SENDER"))
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", validation_alias=_key("LOG_LEVEL"))
    log_format: Literal["console", "json"] | None = Field(None, validation_alias=_key("LOG_FORMAT"))
    web_workers: int | None = Field(None, ge=1, le=256, validation_alias=_key("WEB_CONCURRENCY"))
    web_threads: int = Field(2, ge=1, le=64, validation_alias=_key("INSIGHTS_WEB_THREADS"))
    statement_timeout_seconds: int = Field(
        15, ge=0, le=3600, validation_alias=_key("INSIGHTS_STATEMENT_TIMEOUT_SECONDS")
    )
    max_body_bytes: int = Field(4 * 2**20, ge=1024, validation_alias=_key("INSIGHTS_MAX_BODY_BYTES"))
    max_import_bytes: int = Field(64 * 2**20, ge=1024, le=2**29, validation_alias=_key("INSIGHTS_MAX_IMPORT_BYTES"))
    max_attachment_bytes: int = Field(
        10 * 2**20, ge=1024, le=2**29, validation_alias=_key("INSIGHTS_MAX_ATTACHMENT_BYTES")
    )
    object_store_url: str | None = Field(None, validation_alias=_key("OBJECT_STORE_URL"))
    vocabulary: Literal["open", "curated", "closed"] = Field("open", validation_alias=_key("VOCABULARY"))
    graphql_max_tokens: int = Field(5_000, ge=1, le=100_000, validation_alias=_key("INSIGHTS_GRAPHQL_MAX_TOKENS"))
    graphql_max_depth: int = Field(15, ge=1, le=50, validation_alias=_key("INSIGHTS_GRAPHQL_MAX_DEPTH"))
    graphql_max_fields: int = Field(1_000, ge=1, le=10_000, validation_alias=_key("INSIGHTS_GRAPHQL_MAX_FIELDS"))
    graphql_max_breadth: int = Field(200, ge=1, le=10_000, validation_alias=_key("INSIGHTS_GRAPHQL_MAX_BREADTH"))
    graphql_max_nesting: int = Field(30, ge=1, le=100, validation_alias=_key("INSIGHTS_GRAPHQL_MAX_NESTING"))
    graphql_max_where_relations: int = Field(
        10, ge=1, le=30, validation_alias=_key("INSIGHTS_GRAPHQL_MAX_WHERE_RELATIONS")
    )
    graphql_max_relations: int = Field(300, ge=1, le=1_000, validation_alias=_key("INSIGHTS_GRAPHQL_MAX_RELATIONS"))
    graphql_max_variable_values: int = Field(
        5_000, ge=1, le=100_000, validation_alias=_key("INSIGHTS_GRAPHQL_MAX_VARIABLE_VALUES")
    )
    graphql_max_cost: int = Field(1_000_000, ge=1, le=1_000_000_000, validation_alias=_key("INSIGHTS_GRAPHQL_MAX_COST"))
    graphql_max_rows: int = Field(100_000, ge=1, le=1_000_000, validation_alias=_key("INSIGHTS_GRAPHQL_MAX_ROWS"))
    graphql_max_batch: int = Field(10, ge=1, le=100, validation_alias=_key("INSIGHTS_GRAPHQL_MAX_BATCH"))
    graphql_timeout_seconds: int = Field(5, ge=1, le=3600, validation_alias=_key("INSIGHTS_GRAPHQL_TIMEOUT_SECONDS"))
    graphql_introspection: bool = Field(True, validation_alias=_key("INSIGHTS_GRAPHQL_INTROSPECTION"))

    @property
    def guarded(self) -> bool:
        """Whether this is an environment in which defaults for secrets are refused."""
        return self.env in ("staging", "prod")

    @property
    def listens_on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def own_address(self) -> str:
        """Where this machine reaches the server: "all addresses" is not one to call."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 (recognised, not bound)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def address(self) -> str:
        """Where people reach it: what links in mails and on the console begin with."""
        return (self.public_url or self.own_address).rstrip("/")

    @property
    def open_access(self) -> bool:
        """Whether nobody has to sign in, because whoever reaches us sits at this machine."""
        if self.auth_mode is not None:
            return self.auth_mode == "open"
        return self.known_to_nobody_else and not self.guarded

    @property
    def known_to_nobody_else(self) -> bool:
        """Whether nothing says that others reach us: no address but the loopback's, no other name, no proxy."""
        names = {*self.allowed_hosts} - {"localhost", "127.0.0.1", "[::1]", "::1"}
        return self.listens_on_loopback and not names and not self.trusted_proxies and not self.public_url

    def unsafe_access(self) -> list[str]:
        """A sentence when open access was asked for where others could reach it."""
        if self.auth_mode != "open" or (self.known_to_nobody_else and not self.guarded):
            return []
        return [OPEN_TO_OTHERS]

    def incomplete_sign_in(self) -> list[str]:
        """A sentence for each setting that another one needs."""
        problems = []
        if self.jwt_jwks_url and not self.jwt_audience:
            problems.append(
                "JWT_AUDIENCE: JWT_JWKS_URL needs it, for its issuer signs tokens for other applications too"
            )
        if self.oidc_issuer and not self.oidc_client_id:
            problems.append("OIDC_CLIENT_ID: OIDC_ISSUER needs it")
        if self.oidc_client_id and not self.oidc_issuer:
            problems.append("OIDC_ISSUER: OIDC_CLIENT_ID needs it")
        return problems

    def unsafe_secrets(self) -> list[str]:
        """A sentence for each secret that is missing or a well-known default (staging and prod refuse to start)."""
        problems = []
        if self.secret_key.strip().lower() in DEFAULT_SECRETS or len(self.secret_key) < SECRET_LENGTH:
            problems.append(f"SECRET_KEY: {self.env} needs a secret of its own, {SECRET_LENGTH} characters or more")
        for name, url in (("DATABASE_URL", self.database_url), ("DATABASE_OWNER_URL", self.database_owner_url)):
            password = urlsplit(url).password if url else None
            if password is not None and password.lower() in DEFAULT_SECRETS:
                problems.append(f"{name}: {self.env} refuses the default database password")
        return problems

    def with_servers(self, database_url: str, redis_url: str | None, database_owner_url: str | None = None) -> Self:
        """A copy that names the servers to connect to (the embedded ones, once they run), and no others.

        Without an owner's URL the migrations, too, run as the role of ``database_url``.
        """
        databases = {"database_url": database_url, "database_owner_url": database_owner_url}
        named = {name: psycopg_url(url) for name, url in databases.items()}
        return self.model_copy(update={**named, "redis_url": redis_url})
