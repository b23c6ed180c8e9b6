"""Approximate indexes find nearly what the exact one finds."""

import os
from pathlib import Path

import numpy as np
import pytest

from barcodeembed.errors import InputError
from barcodeembed.library.vector_index import check_whole, make_index, nearest


@pytest.mark.parametrize(("kind", "least"), [("hnsw", 9.5), ("ivf", 7.0)])
def test_how_many_of_the_ten_nearest_are_found(kind: str, least: float) -> None:
    """Random vectors have no structure to search by, so this is much harder than barcodes are."""
    rng = np.random.default_rng(0)
    stored = rng.normal(size=(4000, 64)).astype(np.float32)
    stored /= np.linalg.norm(stored, axis=1, keepdims=True)
    queries = rng.normal(size=(100, 64)).astype(np.float32)
    exact = nearest(None, stored, queries, 10)[1]
    found = nearest(make_index(stored, kind), stored, queries, 10)[1]
    assert np.mean([len(np.intersect1d(*pair)) for pair in zip(exact, found, strict=True)]) >= least


def test_an_array_of_a_file_that_was_cut_off_is_one_line(tmp_path: Path) -> None:
    """Reading behind its end would end the process."""
    path = tmp_path / "vectors"
    np.eye(64, 4, dtype=np.float32).tofile(path)
    mapped = np.memmap(path, np.float32, "r", offset=64, shape=(60, 4))
    arrays = (mapped, np.ascontiguousarray(mapped), mapped[:2], np.ones((2, 4)))
    for array in arrays:
        check_whole(array)
    os.truncate(path, 1023)
    for array in arrays[:3]:
        with pytest.raises(InputError, match="the file was cut off while it was read; make or fetch the library again"):
            check_whole(array)
    check_whole(arrays[3])
