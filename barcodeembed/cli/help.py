"""Help texts: options are shown in groups, and every command also lists the options that all commands take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

OPTIONS = "Options"
FILES = "Other files to write"
SELECTION = "Which records become references"
SAMPLES = "Samples and abundances"
MACHINE = "Model and machine"
COMMON = "Common options"
"""Names of the groups of options, given as ``rich_help_panel`` of an option."""

COMMON_OPTIONS = (
    ("-q, --quiet", "Show errors and warnings only."),
    ("-v, --verbose", "Show more messages."),
    ("--log-json <path>", "Append all messages to a file, as one JSON object per line."),
    ("--max-record-length <n>", "Read records of up to this many characters; by default 100 million."),
    ("--debug", "Show the traceback of an error."),
)
"""Options that the program takes before or after any command (``app._GlobalOptions`` parses them)."""

_NO_LIMIT = 1000  # characters of the first sentence of a command's help; none is as long


def make_app(help: str, **settings: Any) -> typer.Typer:
    """Return a group of commands with grouped help texts, and with ``-h`` beside ``--help``."""
    usual = {
        "cls": GroupedHelp,
        "no_args_is_help": True,
        "rich_markup_mode": None,
        "pretty_exceptions_enable": False,
        "context_settings": {"help_option_names": ["-h", "--help"]},
    }
    return _App(help=help, **{**usual, **settings})


class CommandHelp(TyperCommand):
    """A command whose options are shown in groups."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, then options group by group."""
        _write_options(self, ctx, formatter)


class GroupedHelp(TyperGroup):
    """A group of commands whose help lists commands before options, in the order ``order`` if that is given."""

    order: tuple[str, ...] = ()

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands."""
        place = {name: i for i, name in enumerate(self.order)}
        return sorted(super().list_commands(ctx), key=lambda name: place.get(name, len(place)))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands with their whole first sentence, then the options."""
        shown = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            rows = [(name, command.get_short_help_str(_NO_LIMIT)) for name, command in shown.items() if command]
            formatter.write_dl(rows)
        _write_options(self, ctx, formatter)


class _App(typer.Typer):
    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        return super().command(name, **{"cls": CommandHelp, **settings})


def option_groups(command: TyperCommand | TyperGroup, ctx: Any) -> dict[str, list[tuple[str, str]]]:
    """Return arguments and options of a command with their help, by group, in the order in which they are shown."""
    groups: dict[str, list[tuple[str, str]]] = {"Arguments": [], OPTIONS: []}
    last: dict[str, list[tuple[str, str]]] = {COMMON: list(COMMON_OPTIONS)}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is None:
            continue
        if parameter.param_type_name == "argument":
            groups["Arguments"].append(record)
        elif parameter.name in ("help", "version", "install_completion", "show_completion"):
            last[COMMON].append(record)
        else:
            groups.setdefault(getattr(parameter, "rich_help_panel", None) or OPTIONS, []).append(record)
    return {name: rows for name, rows in (groups | last).items() if rows}


def _write_options(command: TyperCommand | TyperGroup, ctx: Any, formatter: Any) -> None:
    for name, rows in option_groups(command, ctx).items():
        with formatter.section(name):
            formatter.write_dl(rows)
