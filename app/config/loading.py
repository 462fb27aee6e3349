"""Read the settings: the environment, then ``instance/config.yaml``; nothing else in the product reads either."""

import contextlib
import difflib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import AliasChoices, ValidationError

from app.config.settings import Settings

# Kubernetes tells every container about a service that is named "insights".
OF_ORCHESTRATOR = re.compile(r"INSIGHTS_(SERVICE_|PORT(_|$))")


class SettingsError(Exception):
    """The configuration can't be used; ``problems`` holds one sentence for each wrong key."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


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
    if settings is not None:
        problems.extend(settings.unsafe_access() + settings.incomplete_sign_in())
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
