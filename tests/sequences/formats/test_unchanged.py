"""Files that change while they are read."""

import hashlib
import os
from pathlib import Path

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.formats.unchanged import Mapped

RECORDS = "".join(f">r{i}\n{'ACGT' * 40}\n" for i in range(4000))


@pytest.mark.parametrize("change", ["grows", "shrinks", "is another"])
def test_another_size_is_an_error(tmp_path: Path, change: str) -> None:
    path = tmp_path / "reads.fasta"
    path.write_text(RECORDS)
    barcodes = read_barcodes([path])
    next(barcodes)
    if change == "grows":
        path.write_text(RECORDS + ">more\nACGT\n")
    elif change == "shrinks":
        os.truncate(path, len(RECORDS) - 50)
    else:
        path.unlink()
        path.write_text(">other\nACGT\n")
    with pytest.raises(InputError, match=r"changed while it was read .from [\d,]+ to [\d,]+ bytes.; run again when"):
        list(barcodes)


def test_a_later_file_is_compared_with_what_it_was_at_the_start(tmp_path: Path) -> None:
    first, second = tmp_path / "a.fasta", tmp_path / "b.fasta"
    for path in (first, second):
        path.write_text(f">{path.stem}\n{'ACGT' * 40}\n")
    barcodes = read_barcodes([first, second])
    next(barcodes)
    second.write_text(">b\nACGTACGT\n")
    with pytest.raises(InputError, match=r"b\.fasta: the file was changed"):
        list(barcodes)


def test_another_time_is_a_remark_and_a_deleted_file_is_none(tmp_path: Path) -> None:
    path, counts = tmp_path / "reads.fasta", ReadCounts()
    path.write_text(RECORDS)
    barcodes = read_barcodes([path], counts)
    next(barcodes)
    os.utime(path, (1, 1))
    assert len(list(barcodes)) == 3999
    assert [line for line in counts.remarks.lines() if "written to while" in line]
    counts = ReadCounts()
    barcodes = read_barcodes([path], counts)
    next(barcodes)
    path.unlink()
    assert len(list(barcodes)) == 3999
    assert not [line for line in counts.remarks.lines() if "written to while" in line]


def test_a_mapped_file_may_be_touched_moved_and_deleted_but_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(b"1" * 64)
    mapped = Mapped(path, hashlib.sha256(b"1" * 64).hexdigest(), "make it again")
    os.utime(path, (1, 1))
    mapped.check()
    mapped.check_place()
    path.rename(tmp_path / "old")
    path.write_bytes(b"2" * 9)
    mapped.check()
    with pytest.raises(InputError, match="vectors: the file was replaced while it was opened; run again"):
        mapped.check_place()
    with (tmp_path / "old").open("r+b") as file:
        file.write(b"2")
    os.utime(tmp_path / "old", (2, 2))  # the clock may be too coarse for the test
    with pytest.raises(InputError, match="vectors: the file was changed while it was used; make it again"):
        mapped.check()
    os.truncate(tmp_path / "old", 8)
    with pytest.raises(InputError, match=r"was changed while it was used .from 64 to 8 bytes.; make it again"):
        mapped.check()
