"""``insights import`` and ``insights export``."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from app.cli_context import application, instance_option
from app.errors import Invalid, Unavailable
from app.exchange.mapping import Names, read_map
from app.exchange.output import output, printable
from app.exchange.progress import Progress, progress
from app.exchange.records import Exported, Reader
from app.exchange.rows import Defaults
from app.identity.audience import Audience
from app.identity.permissions import ROLES, Role
from app.insights.models import Status

# What writes is imported inside `application`, which first sets up where its counters go.
if TYPE_CHECKING:
    from app.exchange.importing import Outcome
    from app.search.queries.wanted import Search

Command = TypeVar("Command", bound=Callable[..., object])
ROLE = click.Choice([str(role) for role in Role])
STATUS = click.Choice([str(status) for status in Status])
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUTPUT = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


@click.group("import")
def import_command() -> None:
    """Read insights from files. A row that was imported before is updated when it has changed."""


@click.group("export")
def export_command() -> None:
    """Write insights to files, which "import" reads again."""


def import_options(command: Command) -> Command:
    """The options of every import; the command gets them as keywords for `_import`."""
    for option in (
        instance_option,
        click.option("--verbose", "-v", is_flag=True, help="Tell what becomes of every row (a dry run always does)."),
        click.option(
            "--status", type=STATUS, default=str(Status.PUBLISHED), show_default=True,
            help="Status of new insights whose row names none.",
        ),
        click.option(
            "--batch-size", type=click.IntRange(1, 10_000), default=500, show_default=True,
            help="Rows that are written together or not at all.",
        ),
        click.option("--map", "map_file", type=FILE, help="YAML file that tells what other names stand for."),
        click.option("--dry-run", is_flag=True, help="Tell what would be done, and change nothing."),
    ):  # fmt: skip
        command = option(command)
    return command


@import_command.command("markdown")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, path_type=Path))
@import_options
def import_markdown(folder: Path, **options: Any) -> None:
    """Every Markdown file with YAML front matter below DIR."""
    from app.exchange.formats.markdown import MarkdownReader

    reader = MarkdownReader(folder)
    if not reader.total:
        raise Invalid(f"{printable(str(folder))}: holds no .md file")
    _import(reader, **options)


@import_command.command("csv")
@click.argument("file", type=FILE)
@import_options
def import_csv(file: Path, **options: Any) -> None:
    """A table with a header row, separated by commas, semicolons or tabs."""
    from app.exchange.formats.csv import CsvReader

    _import(CsvReader(file), **options)


@import_command.command("json")
@click.argument("file", type=FILE)
@import_options
def import_json(file: Path, **options: Any) -> None:
    """An array of objects, or one object a line."""
    from app.exchange.formats.json import JsonReader

    _import(JsonReader(file), **options)


def _import(
    reader: Reader,
    instance: Path | None,
    map_file: Path | None,
    status: str,
    batch_size: int,
    dry_run: bool,
    verbose: bool,
) -> None:
    """Exit status 1 when a row could not be written."""
    names = _names(map_file)
    with application(instance, writes=True), progress(reader.total) as shown:
        from app.exchange.importing import Options, run_import

        options = Options(names, Defaults(status=status), batch_size, dry_run)
        report = run_import(reader, options, _teller(shown, verbose or dry_run))
        if not dry_run:
            from app.analytics.commands import fold_counts

            with suppress(Unavailable):  # the rows are written, and the worker folds too
                fold_counts()
    for note in report.notes:
        click.echo(note)
    click.echo(f"{'Dry run, nothing was written. ' if dry_run else ''}{report}")
    if not report.complete:
        raise click.exceptions.Exit(1)


def _names(map_file: Path | None) -> Names:
    if map_file is None:
        return Names()
    try:
        return read_map(map_file)
    except Invalid as error:
        raise click.UsageError("\n".join(map(printable, error.detail.split("\n")))) from error


def _teller(shown: Progress, every_row: bool) -> Callable[["Outcome", int], None]:
    from app.exchange.importing import FAILED

    def tell(outcome: "Outcome", position: int) -> None:
        if every_row or outcome.what == FAILED:
            click.echo(printable(f"{outcome.row.place}: {outcome.what}  {outcome.row.label}".rstrip()))
        for problem in outcome.row.problems:
            click.echo(printable(f"error: {problem}"))
        for warning in outcome.row.warnings:
            click.echo(printable(f"warning: {warning}"))
        shown.advance(position)

    return tell


def export_options(command: Command) -> Command:
    """The filters of every export; the command gets them as keywords for `exported`."""
    for option in (
        instance_option,
        click.option(
            "--visible-to",
            type=ROLE,
            default=str(Role.ADMIN),
            show_default=True,
            help="Only insights that the role sees.",
        ),
        click.option("--author", help="Only insights whose author's name holds this."),
        click.option("--tag", "tags", multiple=True, help="Only insights with this tag; given twice, with both."),
        click.option("--category", help="Only insights directly in this category."),
        click.option("--status", type=STATUS, help="Only insights with this status."),
        click.option("--query", help="Only what a search for this text finds, in the query language."),
    ):
        command = option(command)
    return command


@export_command.command("markdown")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@export_options
def export_markdown(folder: Path, instance: Path | None, **wanted: Any) -> None:
    """One file with YAML front matter for each insight."""
    with application(instance):
        from app.exchange.formats.markdown import write_markdown

        _tell_number(write_markdown(_exported(wanted), folder))


@export_command.command("csv")
@click.argument("file", type=OUTPUT)
@export_options
def export_csv(file: Path, instance: Path | None, **wanted: Any) -> None:
    """A table with a header row. FILE may be - for standard output."""
    from app.exchange.formats.csv import write_csv

    _export(write_csv, file, instance, wanted)


@export_command.command("json")
@click.argument("file", type=OUTPUT)
@export_options
def export_json(file: Path, instance: Path | None, **wanted: Any) -> None:
    """An array with one object a line. FILE may be - for standard output."""
    from app.exchange.formats.json import write_json

    _export(write_json, file, instance, wanted)


def _export(
    write: Callable[[Iterable[Exported], TextIO], int], file: Path, instance: Path | None, wanted: dict[str, Any]
) -> None:
    with application(instance):
        insights = _exported(wanted)
        with output(file) as opened:
            number = write(insights, opened)
        _tell_number(number)


def _exported(wanted: dict[str, Any]) -> Iterator[Exported]:
    """The audit log tells of the attempt, however much of it is read."""
    from app.audit.commands import record
    from app.core.db import transact
    from app.exchange.queries import exported

    role = Role(wanted.pop("visible_to"))
    told = {name: (None, value) for name, value in wanted.items() if value}
    insights = exported(Audience.of([ROLES[role]]), _search(wanted))
    transact(record, "insight.export", diff={"visible_to": (None, role), **told})
    return insights


def _search(wanted: dict[str, Any]) -> "Search":
    """Raises `NotFound` for a category or tag that there isn't: an empty file would look like an answer."""
    from app.errors import NotFound
    from app.exchange.queries import tag_ids_named
    from app.search.queries.wanted import Search
    from app.taxonomy.models import Category
    from app.taxonomy.queries.names import ids_named

    tags, category = wanted.pop("tags"), wanted["category"]
    if category is not None and category not in ids_named(Category, [category]):
        raise NotFound.of("Category", repr(category))
    return Search.of({**wanted, "tag_ids": tag_ids_named(tags)})


def _tell_number(number: int) -> None:
    click.echo(f"{number} {'insight' if number == 1 else 'insights'} exported", err=True)
