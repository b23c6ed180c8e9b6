"""Damaged files of every kind: a documented exit code, one line, bounded memory, and nothing of the user's changed."""

from pathlib import Path

import pytest

from tests.faults.fuzz import Fuzzer, draw
from tests.faults.harness import Runner

pytestmark = pytest.mark.slow

FEW = 8


def damage(kept: Path, runner: Runner, work: Path, seeds: range) -> list[str]:
    """What was wrong with the cases of these seeds."""
    fuzzer = Fuzzer(kept, work, runner)
    wrong = []
    for seed in seeds:
        target = draw(seed)
        outcome, why = fuzzer.case(target, seed)
        if why:
            wrong.append(f"{seed} {target.file} {' '.join(target.command)}: {why}: {outcome.err[-300:]}")
    return wrong


def test_damaged_files_end_in_one_line(kept: Path, runner: Runner, tmp_path: Path) -> None:
    assert damage(kept, runner, tmp_path / "work", range(FEW)) == []


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_many_damaged_files(kept: Path, runner: Runner, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    assert damage(kept, runner, tmp_path / "work", range(FEW, request.config.getoption("--mutations"))) == []
