"""The manual page and the command reference, made from the program itself.

``python packaging/pages.py man > barcodeembed.1``, ``python packaging/pages.py markdown > commands.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import typer

from barcodeembed.cli.help import COMMON, option_groups
from barcodeembed.cli.program import app
from barcodeembed.version import __version__


class Page(NamedTuple):
    """What is said of one command: its name as typed, its help in paragraphs, its options by group."""

    name: str
    usage: str
    paragraphs: list[str]
    groups: dict[str, list[tuple[str, str]]]


def pages() -> Iterator[Page]:
    """The program, then every command in the order of its help."""
    yield from _pages(typer.main.get_command(app), "barcodeembed", None)


def _pages(command: Any, name: str, parent: Any) -> Iterator[Page]:
    settings = command.context_settings
    context = command.context_class(command, info_name=name.rpartition(" ")[2], parent=parent, **settings)
    usage = f"{name} {' '.join(command.collect_usage_pieces(context))}"
    text = (command.help or "").replace("\b\n", "\b")
    yield Page(name, usage, [part for part in text.split("\n\n") if part.strip()], option_groups(command, context))
    for child in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from _pages(command.get_command(context, child), f"{name} {child}", context)


def manual() -> str:
    """The manual page, in roff."""
    first, *others = pages()
    lines = [f'.TH BARCODEEMBED 1 "" "barcodeembed {__version__}" "User Commands"']
    lines += [".SH NAME", r"barcodeembed \- name DNA barcodes by reference libraries"]
    lines += [".SH SYNOPSIS", ".B barcodeembed", r"\fICOMMAND\fR [\fIOPTIONS\fR] [\fIARGUMENTS\fR]"]
    lines += [".SH DESCRIPTION", *_paragraphs(first)]
    for page in others:
        lines += [f'.SH "{page.name.removeprefix("barcodeembed ").upper()}"', f".B {_roff(page.usage)}"]
        lines += [".PP", *_paragraphs(page)]
        for group, rows in page.groups.items():
            lines += _definitions(group, rows) if group != COMMON else []
    lines += _definitions("COMMON OPTIONS", first.groups[COMMON], heading=".SH")
    lines += [".SH EXIT STATUS", "0 done; 1 run-time failure; 2 usage; 3 bad input data; 4 model and data don't match;"]
    lines += ["130 interrupted; 141 closed pipe; 143 terminated."]
    return "\n".join(lines) + "\n"


def _paragraphs(page: Page) -> Iterator[str]:
    for text in page.paragraphs:
        if text.startswith("\b"):
            yield from (".nf", *map(_roff, text.removeprefix("\b").splitlines()), ".fi")
        else:
            yield from (_roff(" ".join(text.split())), ".PP")


def _definitions(group: str, rows: list[tuple[str, str]], heading: str = ".SS") -> list[str]:
    lines = [f'{heading} "{group}"']
    for name, text in rows:
        lines += [".TP", f".B {_roff(name)}", _roff(text) or r"\&"]
    return lines


def _roff(text: str) -> str:
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


def reference() -> str:
    """The command reference, in Markdown."""
    parts = ["# Commands", "Made from the program."]
    for page in pages():
        parts.append(f"{'##' if page.name.count(' ') < 2 else '###'} {page.name}")
        parts.append(f"```\n{page.usage}\n```")
        for text in page.paragraphs:
            if text.startswith("\b"):
                parts.append(f"```\n{text.removeprefix(chr(8))}\n```")
            elif text.startswith("Example:"):
                parts.append(f"```\n{' '.join(text.removeprefix('Example:').split())}\n```")
            else:
                parts.append(_cell(" ".join(text.split())))
        for group, rows in page.groups.items():
            if group != COMMON or page.name == "barcodeembed":
                table = [f"| {group} | |", "|---|---|", *(f"| `{name}` | {_cell(text)} |" for name, text in rows)]
                parts.append("\n".join(table))
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;") if "`" not in text else text


FORMS = {"man": manual, "markdown": reference}

if __name__ == "__main__":
    print(FORMS[sys.argv[1]](), end="")
