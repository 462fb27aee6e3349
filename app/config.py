"""Settings: one typed, frozen class and the only reader of the environment and of ``instance/config.yaml``."""

import contextlib
import difflib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator

Environment = Literal["dev", "staging", "prod", "offline"]

SECRET_LENGTH = 32
# Kubernetes tells every container about a service that is named "insights".
OF_ORCHESTRATOR = re.compile(r"INSIGHTS_(SERVICE_|PORT(_|$))")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")
REPOSITORY = Path(__file__).resolve().parent.parent
DEFAULT_SECRETS = frozenset({"", "insights", "changeme", "change-me", "secret", "dev", "default", "password"})


class SettingsError(Exception):
    """The configuration can't be used; ``problems`` holds one sentence for each wrong key."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def _key(*names: str) -> Any:
    return AliasChoices(*names)


class Settings(BaseModel):
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
    redis_url: str | None = Field(None, validation_alias=_key("REDIS_URL"))
    postgres_bin: Path | None = Field(None, validation_alias=_key("INSIGHTS_POSTGRES_BIN"))
    sql_echo: bool = Field(False, validation_alias=_key("SQL_ECHO"))
    allowed_hosts: tuple[str, ...] = Field((), validation_alias=_key("INSIGHTS_ALLOWED_HOSTS"))
    cors_allowed_origins: tuple[str, ...] = Field((), validation_alias=_key("CORS_ALLOWED_ORIGINS"))
    secret_key: str = Field("", validation_alias=_key("SECRET_KEY"), repr=False)
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", validation_alias=_key("LOG_LEVEL"))
    log_format: Literal["console", "json"] | None = Field(None, validation_alias=_key("LOG_FORMAT"))
    web_workers: int | None = Field(None, ge=1, le=256, validation_alias=_key("WEB_CONCURRENCY"))
    web_threads: int = Field(2, ge=1, le=64, validation_alias=_key("INSIGHTS_WEB_THREADS"))
    statement_timeout_seconds: int = Field(
        15, ge=0, le=3600, validation_alias=_key("INSIGHTS_STATEMENT_TIMEOUT_SECONDS")
    )
    max_body_bytes: int = Field(4 * 2**20, ge=1024, validation_alias=_key("INSIGHTS_MAX_BODY_BYTES"))

    @field_validator("allowed_hosts", "cors_allowed_origins", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("cors_allowed_origins")
    @classmethod
    def _plain_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """No patterns: one that is meant for our own hosts easily fits somebody else's."""
        for origin in value:
            if origin != "*" and not ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin} is not an origin such as https://app.example.org, nor *")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _use_psycopg(cls, value: str | None) -> str | None:
        """Accept the common URL spellings; the driver is always psycopg 3."""
        if not value:
            return None
        scheme, separator, rest = value.partition("://")
        if not separator or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
            raise ValueError("must start with postgresql://")
        return f"postgresql+psycopg://{rest}"

    @field_validator("redis_url")
    @classmethod
    def _redis_scheme(cls, value: str | None) -> str | None:
        if not value:
            return None
        if urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("must start with redis://, rediss:// or unix://")
        return value

    @field_validator("instance")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @property
    def guarded(self) -> bool:
        """Whether this is an environment in which defaults for secrets are refused."""
        return self.env in ("staging", "prod")

    @property
    def listens_on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    def unsafe_secrets(self) -> list[str]:
        """A sentence for each secret that is missing or a well-known default (staging and prod refuse to start)."""
        problems = []
        if self.secret_key.strip().lower() in DEFAULT_SECRETS or len(self.secret_key) < SECRET_LENGTH:
            problems.append(f"SECRET_KEY: {self.env} needs a secret of its own, {SECRET_LENGTH} characters or more")
        password = urlsplit(self.database_url).password if self.database_url else None
        if password is not None and password.lower() in DEFAULT_SECRETS:
            problems.append(f"DATABASE_URL: {self.env} refuses the default database password")
        return problems

    def with_servers(self, database_url: str, redis_url: str | None) -> Self:
        """A copy that names the servers to connect to (the embedded ones, once they run)."""
        return self.model_copy(update={"database_url": self._use_psycopg(database_url), "redis_url": redis_url})


VARIABLES: dict[str, str] = {
    str(alias): name
    for name, field in Settings.model_fields.items()
    if isinstance(field.validation_alias, AliasChoices)
    for alias in field.validation_alias.choices
}


def load_settings(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Read the environment and ``instance/config.yaml``; ``overrides`` (from the command line) win.

    Raises `SettingsError` naming every wrong key at once.
    """
    environ = os.environ if environ is None else environ
    given = {name: value for name, value in overrides.items() if value is not None}
    problems: list[str] = []
    from_environment = _read_environment(environ, problems)
    instance = Path(str({**from_environment, **given}.get("instance", Settings.model_fields["instance"].default)))
    merged = {**_read_yaml(instance / "config.yaml", problems), **from_environment, **given}
    settings = _validate(merged, problems)
    if settings is not None and settings.guarded:
        problems.extend(settings.unsafe_secrets())
    if problems or settings is None:
        raise SettingsError(problems)
    if not settings.secret_key:
        settings = settings.model_copy(update={"secret_key": _local_secret(settings.instance)})
    return settings


def _read_environment(environ: Mapping[str, str], problems: list[str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for variable, value in environ.items():
        base = variable.removesuffix("_FILE")
        if variable in VARIABLES:
            values[VARIABLES[variable]] = value
        elif base in VARIABLES and variable != base:
            try:
                values[VARIABLES[base]] = Path(value).read_text(encoding="utf-8").strip()
            except OSError as error:
                problems.append(f"{variable}: {value} can't be read ({error.strerror})")
            except ValueError as error:  # no text, or no path
                problems.append(f"{variable}: {value!r} can't be read ({error})")
        elif variable.startswith("INSIGHTS_") and not OF_ORCHESTRATOR.match(variable):
            problems.append(f"{variable}: no such setting{_suggest(variable, VARIABLES)}")
    return values


def _read_yaml(path: Path, problems: list[str]) -> dict[str, object]:
    if not path.is_file():
        return {}
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problems.append(f"{path}: {' '.join(str(error).split())}")
        return {}
    if not isinstance(document, dict):
        problems.append(f"{path}: must be a mapping of settings")
        return {}
    known = {name: field for name, field in Settings.model_fields.items() if name != "instance"}
    unknown = (str(key) for key in document if key not in known)
    problems.extend(f"{path}: {key}: no such setting{_suggest(key, known)}" for key in unknown)
    return {key: value for key, value in document.items() if key in known}


def _validate(values: dict[str, object], problems: list[str]) -> Settings | None:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        names = {name: variable for variable, name in VARIABLES.items()}
        for problem in error.errors(include_url=False):
            name = str(problem["loc"][0])
            message = problem["msg"].removeprefix("Value error, ")
            problems.append(f"{names.get(name, name)}: {message}")
        return None


def _suggest(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _local_secret(instance: Path) -> str:
    """The secret of a dev or offline instance: made once, kept in the instance folder, readable by its owner only."""
    path = instance / "secret_key"
    if not path.exists():
        instance.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=instance, encoding="ascii") as file:  # mode 0600
            file.write(secrets.token_urlsafe(48))
            file.flush()
            # Complete from the first moment, and only one: of two processes that start at once, both read the winner's.
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text(encoding="ascii").strip()
