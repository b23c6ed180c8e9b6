"""``barcodeembed audit``: tables of suspects of mislabelling, grades of species, and shared barcodes of a library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from barcodeembed.library.audit import WHY, SharedBarcode, Suspect, find_suspects, shared_barcodes
from barcodeembed.library.grades import GRADES, SpeciesGrade, grade_species
from barcodeembed.library.library_files import load_library
from barcodeembed.library.pseudogenes import find_pseudogenes
from barcodeembed.workflows.tables.columns import clean_text, decimal


@dataclass(frozen=True)
class Audit:
    """The findings on a library; the suspects are ordered by :attr:`Suspect.score`, from the highest down."""

    references: int
    suspects: list[Suspect]
    grades: list[SpeciesGrade]
    shared: list[SharedBarcode]

    def lines(self) -> Iterator[str]:
        """Yield the counts in words."""
        ranks = Counter(suspect.rank for suspect in self.suspects)
        words = ", ".join(
            f"{rank or 'none'} {ranks[rank]:,}" for rank in ("family", "genus", "species", "") if ranks[rank]
        )
        yield f"references {self.references:>10,}"
        yield f"suspects   {len(self.suspects):>10,}" + (f"  (by rank: {words})" if words else "")
        why = Counter(suspect.why for suspect in self.suspects)
        yield from (f"  {word:<12}{why[word]:>7,}  {meaning}" for word, meaning in WHY.items() if why[word])
        yield f"shared barcodes {len(self.shared):>5,}  each of which several species have"
        number = Counter(grade.grade for grade in self.grades)
        for grade, meaning in GRADES.items():
            yield f"grade {grade}    {number[grade]:>10,}  {meaning}"


def audit_library(path: Path, code: int = 0) -> Audit:
    """Audit a library and return the findings.

    Raises
    ------
    InputError
        if the library cannot be read.
    """
    library = load_library(path)
    broken = list(find_pseudogenes(library, code))
    found = list(find_suspects(library))
    listed = {suspect.id for suspect in found}
    found += [suspect for suspect in broken if suspect.id not in listed]
    suspects = sorted(found, key=lambda suspect: (-suspect.score, suspect.id))
    return Audit(len(library), suspects, grade_species(library), shared_barcodes(library))


def suspects_table(audit: Audit) -> Iterator[str]:
    """Yield the lines of the table of suspects, each with the neighbours that contradict it."""
    yield "id\trank\tname\tsuggested\tidentity\town_identity\tneighbours\twhy\n"
    for one in audit.suspects:
        numbers = decimal(one.identity), decimal(one.own_identity)
        fields = (one.id, one.rank, one.name, one.suggested, *numbers, ",".join(one.neighbours), one.why)
        yield "\t".join(map(clean_text, fields)) + "\n"


def grades_table(audit: Audit) -> Iterator[str]:
    """Yield the lines of the table of grades, one for each species."""
    yield "species\tgrade\trecords\tbins\tshares_bins_with\tlineage\n"
    for one in audit.grades:
        fields = (
            one.species,
            one.grade,
            str(one.records),
            ",".join(one.bins),
            "; ".join(one.shared_with),
            one.lineage.to_sintax(),
        )
        yield "\t".join(map(clean_text, fields)) + "\n"


def shared_table(audit: Audit) -> Iterator[str]:
    """Yield the lines of the table of barcodes that several species have."""
    yield "species\tids\n"
    for one in audit.shared:
        yield "\t".join(map(clean_text, ("; ".join(one.names), ",".join(one.ids)))) + "\n"
