"""The plan of ``benchmark objectives``: one TOML file, read and checked before anything starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from barcodeembed.errors import InputError, UsageError
from barcodeembed.model.training.objectives import OBJECTIVES
from barcodeembed.outputs.identity import why_no_file
from barcodeembed.workflows.pretraining.settings import RunConfig, read_toml

_TABLES = ("corpus", "labelled", "queries", "seeds", "umap", "budget", "model", "training", "objectives")


@dataclass(frozen=True)
class ObjectivesPlan:
    """The content of the TOML file.

    Attributes
    ----------
    corpus, labelled, queries
        input files. ``queries`` may be empty; then ``labelled`` is split (see :mod:`splits`).
    seeds
        each objective is trained once for each seed.
    budget
        ``("barcodes", n)`` or ``("seconds", n)``: how much each run may use.
    umap
        whether vectors go through UMAP before they are clustered, as published.
    tables
        ``model`` and ``training`` settings for all objectives.
    objectives
        for each name in ``OBJECTIVES``, the training settings that only this objective has.
    """

    corpus: Sequence[Path]
    labelled: Sequence[Path]
    queries: Sequence[Path]
    seeds: Sequence[int]
    budget: tuple[str, float]
    umap: bool
    tables: Mapping[str, Mapping[str, Any]]
    objectives: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, path: Path) -> ObjectivesPlan:
        """Read the TOML file; paths in it are relative to its folder.

        Raises
        ------
        InputError
            if it is not TOML, or a file that it names is missing.
        UsageError
            for an unknown table or objective, or without a budget.
        """
        given = read_toml(path)
        if unknown := sorted(set(given) - set(_TABLES)):
            raise UsageError(f"{path}: unknown setting {unknown[0]!r}, choose from {', '.join(_TABLES)}")
        budget = dict(given.get("budget", {}))
        if len(budget) != 1 or not set(budget) <= {"barcodes", "seconds"} or not min(budget.values()) > 0:
            raise UsageError(f"{path}: [budget] must have one of barcodes = N and seconds = N, above 0")
        objectives = given.get("objectives") or {name: {} for name, made in OBJECTIVES.items() if not made.taught}
        if wrong := [name for name in objectives if name not in OBJECTIVES]:
            raise UsageError(f"{path}: unknown objective {wrong[0]!r}, choose from {', '.join(OBJECTIVES)}")
        files = {name: [path.parent / file for file in _listed(given.get(name))] for name in _TABLES[:3]}
        for name in ("corpus", "labelled"):
            if not files[name]:
                raise UsageError(f"{path}: {name} = [...] must name one or more files")
        if missing := [file for listed in files.values() for file in listed if not file.is_file()]:
            raise InputError(why_no_file(missing[0]), path=missing[0], hint=f"{path.name} names it")
        tables = {name: given.get(name, {}) for name in ("model", "training")}
        seeds = [int(seed) for seed in given.get("seeds", [1, 2, 3])]
        ((kind, amount),) = budget.items()
        umap = bool(given.get("umap", False))
        return cls(**files, seeds=seeds, budget=(kind, amount), umap=umap, tables=tables, objectives=objectives)

    def config(self, objective: str, seed: int, steps: int) -> RunConfig:
        """Return the settings of one run."""
        training = {**self.tables["training"], **self.objectives.get(objective, {}), "seed": seed, "steps": steps}
        return RunConfig.from_tables({"model": self.tables["model"], "training": training}).with_objective(objective)


def _listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])
