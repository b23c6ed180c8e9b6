"""Damaged files of every kind: a documented exit code, one line, bounded memory, and nothing of the user's changed."""

from pathlib import Path

import pytest

from tests.faults.fuzz import Fuzzer, draw
from tests.faults.harness import Runner


def test_damaged_files_end_in_one_line(
    kept: Path, runner: Runner, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    fuzzer = Fuzzer(kept, tmp_path / "work", runner)
    wrong = []
    for seed in range(request.config.getoption("--mutations")):
        target = draw(seed)
        outcome, why = fuzzer.case(target, seed)
        if why:
            wrong.append(f"{seed} {target.file} {' '.join(target.command)}: {why}: {outcome.err[-300:]}")
    assert wrong == []
