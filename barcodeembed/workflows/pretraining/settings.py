"""The settings of a pretraining run: a preset, over it a TOML file, over it single values."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from barcodeembed.errors import InputError, UsageError, damaged, reason_of
from barcodeembed.model import zoo
from barcodeembed.model.config import ModelConfig, TrainingConfig
from barcodeembed.model.presets import PRESETS
from barcodeembed.outputs.staging import write_text

SETTINGS_FILE = "settings.json"
TABLES = ("model", "training")

Tables = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class RunConfig:
    """All settings of a run, read from TOML and saved with the weights."""

    model: ModelConfig
    training: TrainingConfig

    @classmethod
    def preset(cls, name: str) -> Self:
        """Return the settings of a preset.

        Raises
        ------
        UsageError
            for an unknown name.
        """
        return cls.from_tables(_preset(name))

    @classmethod
    def from_tables(cls, tables: Mapping[str, Mapping[str, Any]]) -> Self:
        """Make settings from plain values, as TOML and JSON have them.

        Raises
        ------
        UsageError
            for an unknown setting, or a value that is not allowed.
        """
        return cls(ModelConfig.from_dict(tables.get("model", {})), TrainingConfig.from_dict(tables.get("training", {})))

    @classmethod
    def make(
        cls,
        path: Path | None,
        overrides: Mapping[str, Any],
        directory: Path,
        resume: bool,
        preset: str | None = None,
        settings: Sequence[str] = (),
    ) -> Self:
        """Return the preset, over it the TOML file, over it ``settings`` (``training.seed=2``), over all ``overrides``.

        ``overrides`` are training settings; None means not given. If ``start`` is among them, the shape of the model is
        that of the model to start from, not that of the preset. A resumed run starts from the settings that it was
        begun with instead of the preset.

        Raises
        ------
        InputError
            if the file is not TOML.
        ModelFileError
            if there is no model to start from.
        UsageError
            for an unknown preset, table or setting, or a value that is not allowed.
        """
        saved = directory / SETTINGS_FILE
        tables = _preset(preset or "default")
        if resume and preset is None and saved.exists():
            with damaged("not the settings of a run", saved, "give the settings again with --config"):
                found = json.loads(saved.read_text(encoding="utf-8"))
                tables = {name: dict(found[name]) for name in TABLES}
        if overrides.get("start"):
            # Its projection is left out, because a new one is fitted after training.
            tables = _over(tables, {"model": {**zoo.load(overrides["start"]).config.to_dict(), "output": 0}})
        if path:
            tables = _over(tables, _read_tables(path))
        for setting in settings:
            tables = _over(tables, _read_setting(setting))
        given = {name: value for name, value in overrides.items() if value is not None}
        return cls.from_tables(_over(tables, {"training": given}))

    def with_objective(self, name: str) -> Self:
        """Return the same run with another objective; the encoder becomes causal if the objective needs it."""
        return replace(
            self,
            model=replace(self.model, causal=name == "causal"),
            training=replace(self.training, objective=name),
        )

    def to_dict(self) -> Tables:
        """Return plain values, ready for JSON or TOML."""
        return {"model": self.model.to_dict(), "training": self.training.to_dict()}

    def save(self, directory: Path) -> None:
        """Write the settings beside the run's state."""
        write_text(directory / SETTINGS_FILE, json.dumps(self.to_dict(), indent=1) + "\n")


def _preset(name: str) -> Tables:
    if name not in PRESETS:
        raise UsageError(f"--preset {name}: choose from {', '.join(PRESETS)}")
    return PRESETS[name]


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises
    ------
    InputError
        if it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"not a TOML file that can be read ({reason_of(error)})", path=path) from error


def _read_tables(path: Path) -> Tables:
    """Return the tables of a file of settings, after checking that there are no others."""
    tables = read_toml(path)
    if unknown := sorted(set(tables) - set(TABLES)):
        raise UsageError(f"{path}: unknown table [{unknown[0]}], choose from [model], [training]")
    if wrong := [name for name, table in tables.items() if not isinstance(table, dict)]:
        raise UsageError(f"{path}: {wrong[0]} must be a table: [{wrong[0]}]")
    return tables


def _read_setting(text: str) -> Tables:
    """Return ``training.batch_size=64`` as a table with one value, read as TOML; what is no TOML value is text."""
    name, equals, value = text.partition("=")
    table, dot, key = name.strip().partition(".")
    if not equals or not dot or table not in TABLES:
        raise UsageError(f"--set {text}: write model.NAME=VALUE or training.NAME=VALUE")
    try:
        return {table: {key: tomllib.loads(f"value = {value}")["value"]}}
    except (ValueError, RecursionError):
        return {table: {key: value.strip()}}


def _over(below: Mapping[str, Mapping[str, Any]], above: Mapping[str, Mapping[str, Any]]) -> Tables:
    return {name: {**below.get(name, {}), **above.get(name, {})} for name in TABLES}
