"""Inputs of the command-line tests."""

from collections.abc import Sequence
from pathlib import Path

import pytest


def _fasta(sequences: Sequence[str]) -> str:
    return "".join(f">b{i}\n{sequence}\n" for i, sequence in enumerate(sequences))


@pytest.fixture
def reads(tmp_path: Path, barcodes: list[str]) -> Path:
    """Ten barcodes in a FASTA file."""
    path = tmp_path / "reads.fasta"
    path.write_text(_fasta(barcodes))
    return path


@pytest.fixture(scope="session")
def many_records(library_sequences: list[str]) -> str:
    """FASTA of 1,410 different barcodes, six blocks of a journal: each of the library with one base changed."""
    other = str.maketrans("ACGT", "CGTA")
    return _fasta([s[:i] + s[i].translate(other) + s[i + 1 :] for i in range(100, 350, 50) for s in library_sequences])


@pytest.fixture
def many_reads(tmp_path: Path, many_records: str) -> Path:
    """The many records in a file."""
    path = tmp_path / "many.fasta"
    path.write_text(many_records)
    return path
