"""Settings: where they come from, and every wrong one named at once."""

import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from app.config import REPOSITORY, VARIABLES, Settings, SettingsError, load_settings

SECRET = "s" * 40


def problems(environ: dict[str, str], **overrides: object) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, **overrides)
    assert str(caught.value) == "; ".join(caught.value.problems)
    return caught.value.problems


def test_the_defaults(tmp_path: Path) -> None:
    settings = load_settings({}, instance=tmp_path)
    assert settings.model_dump(exclude={"secret_key"}) == {
        "env": "dev",
        "instance": tmp_path,
        "host": "127.0.0.1",
        "port": 8000,
        "database_url": None,
        "database_owner_url": None,
        "redis_url": None,
        "postgres_bin": None,
        "sql_echo": False,
        "allowed_hosts": (),
        "trusted_proxies": (),
        "cors_allowed_origins": (),
        "rate_limit_per_token": None,
        "rate_limit_per_ip": None,
        "log_level": "info",
        "log_format": None,
        "web_workers": None,
        "web_threads": 2,
        "statement_timeout_seconds": 15,
        "max_body_bytes": 4 * 2**20,
        "max_import_bytes": 64 * 2**20,
        "max_attachment_bytes": 10 * 2**20,
        "object_store_url": None,
        "vocabulary": "open",
        "graphql_max_tokens": 5_000,
        "graphql_max_depth": 15,
        "graphql_max_fields": 1_000,
        "graphql_max_breadth": 200,
        "graphql_max_nesting": 30,
        "graphql_max_where_relations": 10,
        "graphql_max_relations": 300,
        "graphql_max_variable_values": 5_000,
        "graphql_max_cost": 1_000_000,
        "graphql_max_rows": 100_000,
        "graphql_max_batch": 10,
        "graphql_timeout_seconds": 5,
        "graphql_introspection": True,
        "auth_mode": None,
        "anonymous_reading": False,
        "public_url": None,
        "session_idle_hours": 168,
        "session_days": 30,
        "trash_days": 30,
        "search_exact_total": 5000,
        "jwt_secret": None,
        "jwt_jwks_url": None,
        "jwt_issuer": None,
        "jwt_audience": None,
        "oidc_issuer": None,
        "oidc_client_id": None,
        "oidc_client_secret": None,
        "oidc_label": "Single sign-on",
        "oidc_scopes": "openid email profile",
        "oidc_groups_claim": "groups",
        "oidc_group_roles": {},
        "oidc_default_role": None,
        "smtp_host": None,
        "smtp_port": 587,
        "smtp_security": "starttls",
        "smtp_username": None,
        "smtp_password": None,
        "smtp_sender": None,
    }
    assert Settings().instance == REPOSITORY / "instance"


def test_every_setting_has_a_variable() -> None:
    assert set(VARIABLES.values()) == set(Settings.model_fields)
    documented = {"DATABASE_URL", "SQL_ECHO", "CORS_ALLOWED_ORIGINS", "PORT", "HOST", "SECRET_KEY", "REDIS_URL"}
    assert documented <= set(VARIABLES)


@pytest.mark.parametrize(
    ("variable", "value", "name", "read"),
    [
        ("PORT", "9000", "port", 9000),
        ("SQL_ECHO", "true", "sql_echo", True),
        ("SQL_ECHO", "0", "sql_echo", False),
        (
            "CORS_ALLOWED_ORIGINS",
            "https://a.example/, https://b.example ,",
            "cors_allowed_origins",
            ("https://a.example", "https://b.example"),
        ),
        ("DATABASE_URL", "postgres://u:p@h:5/d?x=1", "database_url", "postgresql+psycopg://u:p@h:5/d?x=1"),
        ("DATABASE_URL", "postgresql://h/d", "database_url", "postgresql+psycopg://h/d"),
        ("DATABASE_URL", "postgresql+psycopg://h/d", "database_url", "postgresql+psycopg://h/d"),
        ("DATABASE_URL", "", "database_url", None),
        ("DATABASE_OWNER_URL", "", "database_owner_url", None),
        ("REDIS_URL", "unix:///run/valkey.sock", "redis_url", "unix:///run/valkey.sock"),
        ("REDIS_URL", "", "redis_url", None),
        ("WEB_CONCURRENCY", "3", "web_workers", 3),
        ("INSIGHTS_ENV", "offline", "env", "offline"),
        ("LOG_FORMAT", "json", "log_format", "json"),
        ("INSIGHTS_MAX_BODY_BYTES", "2048", "max_body_bytes", 2048),
        ("INSIGHTS_MAX_ATTACHMENT_BYTES", "2048", "max_attachment_bytes", 2048),
        ("INSIGHTS_GRAPHQL_MAX_WHERE_RELATIONS", "3", "graphql_max_where_relations", 3),
        ("INSIGHTS_GRAPHQL_TIMEOUT_SECONDS", "60", "graphql_timeout_seconds", 60),
        ("INSIGHTS_GRAPHQL_INTROSPECTION", "false", "graphql_introspection", False),
        ("OBJECT_STORE_URL", "s3://bucket/folder", "object_store_url", "s3://bucket/folder"),
        ("OBJECT_STORE_URL", "file:///srv/objects", "object_store_url", "file:///srv/objects"),
        ("OBJECT_STORE_URL", "", "object_store_url", None),
        ("INSIGHTS_STATEMENT_TIMEOUT_SECONDS", "0", "statement_timeout_seconds", 0),
        ("LOG_LEVEL", "INFO", "log_level", "info"),
        ("CORS_ALLOWED_ORIGINS", "*", "cors_allowed_origins", ("*",)),
    ],
)
def test_the_environment_is_read(tmp_path: Path, variable: str, value: str, name: str, read: object) -> None:
    assert getattr(load_settings({variable: value}, instance=tmp_path), name) == read


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PORT", "0", "PORT: Input should be greater than or equal to 1"),
        ("PORT", "http", "PORT: Input should be a valid integer, unable to parse string as an integer"),
        ("SQL_ECHO", "perhaps", "SQL_ECHO: Input should be a valid boolean, unable to interpret input"),
        ("INSIGHTS_ENV", "production", "INSIGHTS_ENV: Input should be 'dev', 'staging', 'prod' or 'offline'"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'"),
        ("DATABASE_URL", "mysql://h/d", "DATABASE_URL: must start with postgresql://"),
        ("DATABASE_URL", "sqlite:///x.db", "DATABASE_URL: must start with postgresql://"),
        ("DATABASE_OWNER_URL", "mysql://h/d", "DATABASE_OWNER_URL: must start with postgresql://"),
        (
            "DATABASE_OWNER_URL",
            "postgresql://o@h/d",
            "DATABASE_OWNER_URL: names the owner of the database of DATABASE_",
        ),
        ("REDIS_URL", "memcached://h", "REDIS_URL: must start with redis://, rediss:// or unix://"),
        *(
            (
                "OBJECT_STORE_URL",
                wrong,
                "OBJECT_STORE_URL: must be an address such as s3://bucket/folder, gs://, az:// or file:///folder",
            )
            for wrong in ("ftp://h/x", "s3:///folder", "file://", "bucket/folder", "http://h/x")
        ),
        ("INSIGHTS_MAX_BODY_BYTES", "5", "INSIGHTS_MAX_BODY_BYTES: Input should be greater than or equal to 1024"),
        (
            "CORS_ALLOWED_ORIGINS",
            "https://.*.example.org",
            "CORS_ALLOWED_ORIGINS: https://.*.example.org is not an origin",
        ),
        ("INSIGHTS_PORTS", "1", "INSIGHTS_PORTS: no such setting"),
        ("INSIGHTS_ENVIRONMENT", "dev", "INSIGHTS_ENVIRONMENT: no such setting (did you mean INSIGHTS_ENV?)"),
        ("INSIGHTS_WEB_THREAD", "2", "INSIGHTS_WEB_THREAD: no such setting (did you mean INSIGHTS_WEB_THREADS?)"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, variable: str, value: str, said: str) -> None:
    [problem] = problems({variable: value}, instance=tmp_path)
    assert problem.startswith(said)


def test_the_owner_of_a_database_is_named_beside_it(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": "postgresql://a@h/d", "DATABASE_OWNER_URL": "postgres://owner:t0p@h/d"}
    settings = load_settings(environ, instance=tmp_path)
    assert settings.database_owner_url == "postgresql+psycopg://owner:t0p@h/d"
    assert "t0p" not in repr(settings)
    assert settings.with_servers("postgresql://b@h/e", None).database_owner_url is None


def test_variables_of_other_programs_are_none_of_ours(tmp_path: Path) -> None:
    load_settings({"HOME": "/root", "PATH": "/bin", "PORT_RANGE": "x"}, instance=tmp_path)


def test_what_kubernetes_tells_about_a_service_named_insights_is_ignored(tmp_path: Path) -> None:
    told = {
        "INSIGHTS_PORT": "tcp://10.0.0.7:8000",
        "INSIGHTS_PORT_8000_TCP_ADDR": "10.0.0.7",
        "INSIGHTS_SERVICE_HOST": "10.0.0.7",
        "INSIGHTS_SERVICE_PORT": "8000",
    }
    assert load_settings(told, instance=tmp_path).port == 8000


def test_every_wrong_key_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("prot: 1\nlog_level: loud\n")
    environ = {"PORT": "x", "INSIGHTS_ENVS": "dev", "SECRET_KEY_FILE": str(tmp_path / "absent")}
    said = problems(environ, instance=tmp_path)
    assert [problem.split(":")[0] for problem in said] == [
        "INSIGHTS_ENVS",
        "SECRET_KEY_FILE",
        str(tmp_path / "config.yaml"),
        "PORT",
        "LOG_LEVEL",
    ]
    assert said[2].endswith("prot: no such setting (did you mean port?)")


def test_a_file_holds_the_value(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://u:p@h/d\n")
    settings = load_settings({"DATABASE_URL_FILE": str(tmp_path / "url")}, instance=tmp_path)
    assert settings.database_url == "postgresql+psycopg://u:p@h/d"


def test_a_file_that_can_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "absent"
    said = f"SECRET_KEY_FILE: {path} can't be read (No such file or directory)"
    assert problems({"SECRET_KEY_FILE": str(path)}, instance=tmp_path) == [said]


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    path = str(tmp_path / "key")
    [said] = problems({"SECRET_KEY_FILE": path}, instance=tmp_path)
    assert said.startswith(f"SECRET_KEY_FILE: {path!r} can't be read ('utf-8' codec")


def test_the_order_of_sources(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("port: 1111\nhost: file\nlog_level: debug\n")
    settings = load_settings({"PORT": "2222", "HOST": "environment"}, instance=tmp_path, port=3333, host=None)
    assert (settings.port, settings.host, settings.log_level) == (3333, "environment", "debug")


@pytest.mark.parametrize("source", ["environment", "argument"])
def test_the_file_lies_in_the_instance_folder(tmp_path: Path, source: str) -> None:
    (tmp_path / "config.yaml").write_text("cors_allowed_origins: [https://a.example]\nweb_workers: 2\n")
    environ = {"INSIGHTS_INSTANCE": str(tmp_path)} if source == "environment" else {}
    settings = load_settings(environ, instance=tmp_path if source == "argument" else None)
    assert (settings.cors_allowed_origins, settings.web_workers) == (("https://a.example",), 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- port", "must be a mapping of settings"),
        ("text", "must be a mapping of settings"),
        ("port: [", "while parsing a flow node"),
        ("port: high", "PORT: Input should be a valid integer"),
        ("1: x", "1: no such setting"),
        ("instance: x", "instance: no such setting"),
    ],
)
def test_a_wrong_file(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    [problem] = problems({}, instance=tmp_path)
    assert said in problem
    assert "\n" not in problem


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "{}"])
def test_an_empty_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    assert load_settings({}, instance=tmp_path).port == 8000


SECRET_WANTED = "SECRET_KEY: {} needs a secret of its own, 32 characters or more"
PASSWORD_REFUSED = "DATABASE_URL: {} refuses the default database password"


@pytest.mark.parametrize("env", ["staging", "prod"])
@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, [SECRET_WANTED]),
        ({"SECRET_KEY": "short"}, [SECRET_WANTED]),
        ({"SECRET_KEY": "s" * 31}, [SECRET_WANTED]),
        ({"SECRET_KEY": SECRET, "DATABASE_URL": "postgresql://insights:insights@h/insights"}, [PASSWORD_REFUSED]),
        ({"SECRET_KEY": SECRET, "DATABASE_URL": "postgresql://insights:ChangeMe@h/insights"}, [PASSWORD_REFUSED]),
        ({"DATABASE_URL": "postgresql://insights:insights@h/insights"}, [SECRET_WANTED, PASSWORD_REFUSED]),
        (
            {
                "SECRET_KEY": SECRET,
                "DATABASE_URL": "postgresql://insights:t0p@h/insights",
                "DATABASE_OWNER_URL": "postgresql://owner:insights@h/insights",
            },
            ["DATABASE_OWNER_URL: {} refuses the default database password"],
        ),
    ],
)
def test_guarded_environments_refuse_default_secrets(
    tmp_path: Path, env: str, environ: dict[str, str], said: list[str]
) -> None:
    assert problems({**environ, "INSIGHTS_ENV": env}, instance=tmp_path) == [each.format(env) for each in said]
    assert list(tmp_path.iterdir()) == []


def test_a_guarded_environment_with_its_own_secrets(tmp_path: Path) -> None:
    environ = {"INSIGHTS_ENV": "prod", "SECRET_KEY": SECRET, "DATABASE_URL": "postgresql://insights:t0p@h/insights"}
    assert load_settings(environ, instance=tmp_path).secret_key == SECRET


@pytest.mark.parametrize("env", ["dev", "offline"])
def test_a_local_secret_is_made_once_for_its_owner_only(tmp_path: Path, env: Any) -> None:
    instance = tmp_path / "new" / "instance"
    first = load_settings({}, instance=instance, env=env)
    assert len(first.secret_key) == 64
    assert (instance / "secret_key").read_text() == first.secret_key
    assert stat.S_IMODE((instance / "secret_key").stat().st_mode) == 0o600
    assert load_settings({}, instance=instance, env=env).secret_key == first.secret_key


MAKE_SECRET = """
import sys, time
from pathlib import Path
from app.config import load_settings
while not Path(sys.argv[1], "go").exists(): time.sleep(0.001)
print(load_settings({}, instance=Path(sys.argv[1], "instance")).secret_key)
"""


def test_processes_that_start_at_once_share_one_secret(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAKE_SECRET, str(tmp_path)]
    started = [subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    time.sleep(0.5)  # both have their imports behind them and wait for the word
    (tmp_path / "go").touch()
    told = {process.communicate(timeout=30)[0].strip() for process in started}
    assert told == {(tmp_path / "instance" / "secret_key").read_text()}
    assert [path.name for path in (tmp_path / "instance").iterdir()] == ["secret_key"]


def test_a_secret_is_not_shown(tmp_path: Path) -> None:
    settings = load_settings({"SECRET_KEY": SECRET}, instance=tmp_path)
    assert SECRET not in repr(settings)
    assert not (tmp_path / "secret_key").exists()


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings = load_settings({}, instance=tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1
    other = settings.with_servers("postgresql://h/d", "redis://h")
    assert (other.database_url, other.redis_url) == ("postgresql+psycopg://h/d", "redis://h")
    assert (settings.database_url, settings.redis_url) == (None, None)


@pytest.mark.parametrize(
    ("environ", "is_open"),
    [
        ({}, True),
        ({"INSIGHTS_ENV": "offline"}, True),
        ({"AUTH_MODE": "required"}, False),
        ({"AUTH_MODE": "open", "HOST": "::1"}, True),
        ({"HOST": "0.0.0.0"}, False),
        ({"INSIGHTS_ENV": "staging", "SECRET_KEY": "x" * 32}, False),
        ({"INSIGHTS_ALLOWED_HOSTS": "localhost"}, True),
        ({"INSIGHTS_ALLOWED_HOSTS": "insights.example.org"}, False),
        ({"INSIGHTS_TRUSTED_PROXIES": "127.0.0.1"}, False),
        ({"INSIGHTS_PUBLIC_URL": "https://insights.example.org"}, False),
    ],
)
def test_access_is_open_only_where_nobody_else_comes(tmp_path: Path, environ: dict[str, str], is_open: bool) -> None:
    assert load_settings(environ, instance=tmp_path).open_access is is_open


@pytest.mark.parametrize(
    "environ",
    [
        {"HOST": "0.0.0.0"},
        {"HOST": "192.0.2.7"},
        {"INSIGHTS_ENV": "prod", "SECRET_KEY": "x" * 32},
        {"INSIGHTS_ALLOWED_HOSTS": "insights.example.org"},
        {"INSIGHTS_TRUSTED_PROXIES": "127.0.0.1"},
    ],
)
def test_open_access_is_refused_where_others_come(environ: dict[str, str]) -> None:
    [problem] = problems({"AUTH_MODE": "open", **environ})
    assert problem.startswith("AUTH_MODE: open is for one's own machine")


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"HOST": "0.0.0.0"}, "http://127.0.0.1:8000"),
        ({"HOST": "::", "PORT": "81"}, "http://[::1]:81"),
        ({"INSIGHTS_PUBLIC_URL": "https://insights.example.org/"}, "https://insights.example.org"),
    ],
)
def test_links_begin_with_where_people_reach_us(tmp_path: Path, environ: dict[str, str], address: str) -> None:
    assert load_settings(environ, instance=tmp_path).address == address
