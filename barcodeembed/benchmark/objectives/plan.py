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

_MOST = 1 << 40  # far more than any sensible budget or seed

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
        objectives = given.get("objectives") or {name: {} for name, made in OBJECTIVES.items() if not made.taught}
        tables = {name: given.get(name, {}) for name in ("model", "training")}
        for name, table in {"objectives": objectives, **tables}.items():
            _check(isinstance(table, dict), path, f"[{name}] must be a table")
        if wrong := [name for name in objectives if name not in OBJECTIVES]:
            raise UsageError(f"{path}: unknown objective {wrong[0]!r}, choose from {', '.join(OBJECTIVES)}")
        for name, table in objectives.items():
            _check(isinstance(table, dict), path, f"[objectives.{name}] must be a table")
        files = {name: [path.parent / file for file in _listed(given, name, path)] for name in _TABLES[:3]}
        for name in ("corpus", "labelled"):
            _check(bool(files[name]), path, f"{name} = [...] must name one or more files")
        if missing := [file for listed in files.values() for file in listed if not file.is_file()]:
            raise InputError(why_no_file(missing[0]), path=missing[0], hint=f"{path.name} names it")
        umap = given.get("umap", False)
        _check(type(umap) is bool, path, "umap must be true or false")
        seeds, budget = _seeds(given, path), _budget(given, path)
        plan = cls(**files, seeds=seeds, budget=budget, umap=umap, tables=tables, objectives=objectives)
        for objective in objectives:
            plan.config(objective, 1, 1)  # what is not allowed is found before anything starts
        return plan

    def config(self, objective: str, seed: int, steps: int) -> RunConfig:
        """Return the settings of one run."""
        training = {**self.tables["training"], **self.objectives.get(objective, {}), "seed": seed, "steps": steps}
        return RunConfig.from_tables({"model": self.tables["model"], "training": training}).with_objective(objective)


def _check(allowed: bool, path: Path, rule: str) -> None:
    if not allowed:
        raise UsageError(f"{path}: {rule}")


def _listed(given: Mapping[str, Any], name: str, path: Path) -> list[str]:
    """Return the names of files that a setting gives: one, or a list."""
    value = given.get(name, [])
    listed = value if isinstance(value, list) else [value]
    _check(all(isinstance(file, str) for file in listed), path, f"{name} = [...] must name files")
    return listed


def _seeds(given: Mapping[str, Any], path: Path) -> list[int]:
    seeds = given.get("seeds", [1, 2, 3])
    allowed = isinstance(seeds, list) and all(type(seed) is int and 0 <= seed < _MOST for seed in seeds)
    _check(
        allowed and 0 < len(seeds) == len(set(seeds)), path, "seeds = [...] must be one or more whole numbers from 0"
    )
    return list(seeds)


def _budget(given: Mapping[str, Any], path: Path) -> tuple[str, float]:
    """Return the kind and the amount of the budget."""
    budget = given.get("budget", {})
    rule = "[budget] must have one of barcodes = N and seconds = N, above 0"
    _check(isinstance(budget, dict) and len(budget) == 1 and set(budget) <= {"barcodes", "seconds"}, path, rule)
    ((kind, amount),) = budget.items()
    _check(type(amount) in (int, float) and amount > 0, path, rule)
    _check(amount < _MOST, path, f"[budget] {kind} must be less than {_MOST:,}")
    return kind, amount
