"""References that agree with an end of a query are found by a word of bases there, however many have that word."""

import numpy as np
import pytest

from barcodeembed.library import parents
from barcodeembed.library.library_set import LibrarySet
from barcodeembed.library.parents import WORD, PossibleParents

FAR = 50  # rows between references of two genera of one family in a tree of 4 genera and 3 x 3 individuals


def rows_of(found: np.ndarray, library) -> set[int]:
    return {row for row, columns in enumerate(library.columns) if (columns == found).all(axis=1).any()}


@pytest.mark.parametrize(("begin", "end"), [(0, 658), (345, 658), (100, 400)])
def test_both_ends_are_found(library, begin: int, end: int) -> None:
    cut = (begin + end) // 2
    query = np.concatenate([library.columns[0][:cut], library.columns[FAR][cut:]])
    query[:begin], query[end:] = 0, 0
    assert {0, FAR} <= rows_of(PossibleParents(LibrarySet([library])).of(query), library)


def test_an_error_in_a_word_hides_nothing(library) -> None:
    query = np.concatenate([library.columns[0][:329], library.columns[FAR][329:]])
    for place in (5, 640):  # in the first and the last word
        query[place] = 1 if query[place] != 1 else 2
    assert {0, FAR} <= rows_of(PossibleParents(LibrarySet([library])).of(query), library)


def test_a_query_that_shares_no_word_finds_nothing(library) -> None:
    query = library.columns[0].copy()
    for place in (5, WORD + 5, 600, 635):
        query[place] = 15
    found = PossibleParents(LibrarySet([library])).of(query)
    assert found.shape == (0, 658)


def test_rows_are_those_of_all_libraries(library) -> None:
    half = len(library) // 2
    first, second = library.select(np.arange(half)), library.select(np.arange(half, len(library)))
    together = PossibleParents(LibrarySet([first, second]))
    for query in (library.columns[0], library.columns[-1]):
        assert rows_of(together.of(query), library) == rows_of(
            PossibleParents(LibrarySet([library])).of(query), library
        )


def test_of_many_with_a_word_a_part_is_compared(library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parents, "COMPARED", 4)
    monkeypatch.setattr(parents, "KEPT", 2)
    assert len(PossibleParents(LibrarySet([library])).of(library.columns[0])) <= 4
