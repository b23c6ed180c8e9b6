"""BAGS grades of species, by their records and by BINs that others have too."""

import numpy as np
import pytest

from barcodeembed.library.grades import grade_species


def test_grades(library) -> None:
    bins = library.bins.copy()
    names = [library.lineage(row).at("species") for row in range(len(library))]
    bins[0:3] = ""  # F
    bins[3] = "BOLD:second"  # C
    bins[6:9] = bins[9]  # E, two of them
    grades = {one.species: one for one in grade_species(library.select(np.arange(20)))}
    assert {one.grade for one in grades.values()} == {"B", "D"}  # the last species has two records left
    library.bins = bins
    grades = {one.species: one for one in grade_species(library)}
    assert [grades[names[row]].grade for row in (0, 3, 6, 9, 12)] == ["F", "C", "E", "E", "B"]
    assert grades[names[6]].shared_with == (names[9],)
    assert grades[names[3]].records == 3


@pytest.mark.parametrize(("records", "grade"), [(1, "D"), (2, "D"), (3, "B"), (9, "B"), (10, "A"), (11, "A")])
def test_records_of_a_species_with_one_bin(library, records: int, grade: str) -> None:
    library = library.select(np.array([0] * records))
    library.bins = np.array(["BOLD:AAA0001"] * records, dtype=object)
    assert [one.grade for one in grade_species(library)] == [grade]
