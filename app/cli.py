"""The ``insights`` command. Each subcommand is imported when it is called: ``--help`` answers at once."""

import importlib
from pathlib import Path
from typing import Any

import click

from app.cli_context import application, instance_option
from app.config import SettingsError, load_settings
from app.errors import DomainError, explained
from app.identity.acting import acting
from app.identity.actor import command_line


class LazyGroup(click.Group):
    """A group with subcommands that live elsewhere, and that turns users' errors into messages.

    ``elsewhere`` maps a name to ``module:command`` and the line that ``--help`` shows for it.
    """

    def __init__(self, *args: Any, elsewhere: dict[str, tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.elsewhere = elsewhere or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self.elsewhere])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.elsewhere:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self.elsewhere[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._summary(name)) for name in self.list_commands(ctx)])

    def _summary(self, name: str) -> str:
        return self.elsewhere[name][1] if name in self.elsewhere else self.commands[name].get_short_help_str(100)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with acting(command_line()):
                return super().invoke(ctx)
        except SettingsError as error:
            for problem in error.problems:
                click.echo(problem, err=True)
            ctx.exit(2)
        except DomainError as error:
            click.echo(explained(error), err=True)
            ctx.exit(1)
        except OSError as error:
            click.echo(f"{error.filename or 'The system'}: {error.strerror or error}", err=True)
            ctx.exit(1)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    elsewhere={
        "import": ("app.exchange.cli:import_command", "Read insights from a file."),
        "export": ("app.exchange.cli:export_command", "Write insights to a file."),
        "counts": ("app.analytics.cli:counts", "Check or rebuild the maintained counts."),
        "search": ("app.search.cli:search", "Refresh or rebuild what search knows."),
        "graphql-schema": ("app.graphql_api.cli:graphql_schema", "Print the schema that GraphQL serves."),
        "tokens": ("app.identity.cli.tokens:tokens", "Make, list and revoke API tokens."),
        "users": ("app.identity.cli.users:users", "Add, list and disable people."),
        "backup": ("app.backup.cli:backup", "Write everything into one file."),
        "restore": ("app.backup.cli:restore", "Make an instance what a backup holds."),
        "verify": ("app.verification:verify", "Check every promise about the stored data."),
    },
)
@click.version_option(package_name="insights-tracker", message="%(version)s")
def cli() -> None:
    """The insights tracker: what the organisation has learned."""


@cli.command()
@click.option("--host", help="Address to listen on.  [env: HOST; default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [env: PORT; default: 8000]")
@click.option("--demo/--no-demo", default=None, help="Write the example insights.  [default: in dev and offline only]")
@instance_option
def up(host: str | None, port: int | None, demo: bool | None, instance: Path | None) -> None:
    """Run everything: the servers, the web application and the worker."""
    from app.supervisor import run_up

    settings = load_settings(host=host, port=port, instance=instance)
    run_up(settings, demo=not settings.guarded if demo is None else demo)


@cli.command()
@instance_option
def worker(instance: Path | None) -> None:
    """Run the periodic upkeep until stopped ("up" does this itself)."""
    # It waits for a schema like for a database that is away: migrating is the web server's part.
    with application(instance, migrated=False) as app:
        from app.worker import run_worker

        run_worker(app)


@cli.group()
def config() -> None:
    """Look at the configuration."""


@config.command()
@instance_option
def check(instance: Path | None) -> None:
    """Print "ok", or one line for each wrong setting."""
    try:
        load_settings(instance=instance)
    except SettingsError as error:
        click.echo("\n".join(error.problems))
        raise SystemExit(1) from None
    click.echo("ok")


@cli.command()
@instance_option
def migrate(instance: Path | None) -> None:
    """Bring the database to the newest schema."""
    with application(instance):
        click.echo("The database has the newest schema.")


@cli.command()
@instance_option
def seed(instance: Path | None) -> None:
    """Write the standard categories and tags, where they are missing."""
    with application(instance):
        from app.taxonomy.seeds import seed_taxonomy

        seed_taxonomy()
    click.echo("The standard categories and tags are there.")


def main() -> None:
    cli()


if __name__ == "__main__":
    main()
