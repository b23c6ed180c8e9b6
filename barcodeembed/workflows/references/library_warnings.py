"""Say what the maker of a library should know about it: missing names, aliens, doubts about names."""

from __future__ import annotations

import numpy as np

from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.references.report import NEVER_MET_SHOWN, ReferenceReport
from barcodeembed.workflows.references.scattered import scattered_names
from barcodeembed.workflows.references.spellings import spelling_doubts

_FEW = 0.05  # the user is warned if a larger share of references has no name at a rank


def warnings_of(library: ReferenceLibrary, report: ReferenceReport | None = None) -> list[str]:
    """Return what the maker of a library should know about it, one line each."""
    lines = list(report.remarks.lines()) if report else []
    taxa = {rank: np.unique(library.taxa.codes[:, place]) for place, rank in enumerate(RANKS)}
    species = taxa["species"][taxa["species"] > 0]
    named = [rank for rank in RANKS if (taxa[rank] > 0).any()]
    if not len(species):
        lacking = " or ".join(RANKS[RANKS.index(named[-1]) + 1 :]) if named else "name"
        below = f": no query will be named below {named[-1]}" if named else ""
        lines.append(f"no reference has a {lacking}{below}")
    elif len(species) == 1:
        name = library.taxa.names[-1][species[0]]
        lines.append(f"{name} is the only species: what is near it can't be told from its relatives; add some of them")
    above = RANKS[1 : RANKS.index(named[-1])] if named else ()
    if absent := [rank for rank in above if rank not in named]:
        lines.append(f"no reference has a name at the rank of {', '.join(absent)}: no call will have one there")
    for place, rank in enumerate(RANKS[1:-1], start=1):
        missing = int((library.taxa.codes[:, place] == 0).sum())
        if missing == len(library):
            continue
        if missing > _FEW * len(library):
            have, them = ("has", "it") if missing == 1 else ("have", "them")
            lines.append(
                f"{missing:,} of {len(library):,} references {have} no {rank}: no query can get one from {them}"
            )
    if report and report.never_met:
        shown, more = report.never_met[:NEVER_MET_SHOWN], len(report.never_met) - NEVER_MET_SHOWN
        lines.append(
            f"no record has {', '.join(shown)}" + (f" and {more:,} more that were asked for" if more > 0 else "")
        )
    lines += report.doubts if report else []
    lines += spelling_doubts(library)
    lines += scattered_names(library)
    lines += library.manifest.get("names_in_order", [])
    if number := int(library.aliens.sum()):
        first = library.ids[library.aliens.argmax()]
        lines.append(
            f"{first} is far from the rest of its taxon: no query gets a name from it; barcodeembed audit lists it"
            if number == 1
            else f"{number:,} references are far from the rest of their taxon, such as {first}: "
            "no query gets a name from them; barcodeembed audit lists them"
        )
    if not library.has_columns:
        lines.append("made from vectors alone: identities are not known, calls rest on cosine")
    return lines
