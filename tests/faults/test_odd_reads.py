"""Reads that are legal and odd: no command breaks on them, each is a row or is counted, and none depends on others."""

from pathlib import Path

import pytest

from tests.faults.harness import Runner
from tests.faults.odd_reads import ALL
from tests.faults.read_fuzz import ReadFuzzer

pytestmark = pytest.mark.slow


def test_a_block_of_odd_reads(runner: Runner, tmp_path: Path, kept: Path) -> None:
    fuzzer = ReadFuzzer(tmp_path / "work", runner, kept / "lib.barcodelib")
    assert fuzzer.block(1, 24) == []
    assert fuzzer.kinds.total() == 24


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_many_odd_reads(runner: Runner, tmp_path: Path, kept: Path, request: pytest.FixtureRequest) -> None:
    fuzzer = ReadFuzzer(tmp_path / "work", runner, kept / "lib.barcodelib")
    wrong = [
        line for seed in range(2, request.config.getoption("--odd-reads") // 24) for line in fuzzer.block(seed, 24)
    ]
    assert wrong == []
    assert set(fuzzer.kinds) == {kind.__name__ for kind in ALL}
