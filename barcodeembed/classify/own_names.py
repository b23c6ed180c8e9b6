"""Compare a call with the name that the input itself gives for the barcode.

Labs identify specimens by eye and sequence them to check. Where both disagree, a specimen is mislabelled, tubes were
swapped, the sample is contaminated, or one name is a synonym of the other.
"""

from __future__ import annotations

import re
from functools import lru_cache

from barcodeembed.classify.call import Call
from barcodeembed.sequences.names.cleaning import clean_names
from barcodeembed.taxonomy import RANKS, Lineage

AGREEMENTS = ("same", "candidate", "higher", *(f"other_{rank}" for rank in reversed(RANKS[1:])))
"""``same``: the call confirms the name. ``candidate``: the call is ambiguous, and the name is one of its candidates.
``higher``: the call ends above the name and does not contradict it. ``other_genus``: both differ from the genus down,
and likewise for the other ranks but the kingdom, which each classification calls its own way."""

_PARTS = re.compile(r",(?=[a-z]:)")  # an author has a comma, too
_RANK = {rank[0]: rank for rank in RANKS}


def own_lineage(call: Call) -> Lineage:
    """Return the names that the input gives for the query, written as those of references are; an empty lineage if it
    gives none. What names no taxon (``unidentified``, ``Eylais sp. 1``) is left out."""
    return _cleaned(str(call.read.get("lineage", "")))


@lru_cache(4096)
def _cleaned(known: str) -> Lineage:
    named = {_RANK[part[0]]: part[2:] for part in _PARTS.split(known) if part[:1] in _RANK}
    return clean_names(Lineage.from_ranks(**named))[0] if named else Lineage()


def agreement(call: Call) -> str:
    """Return how the call agrees with the name that the input gives, one of :data:`AGREEMENTS`; empty if there is no
    such name or no call.

    Names are compared letter by letter, from the species up. The first rank at which both have the same name says below
    which they differ, so that two classifications with different classes still agree on a species.
    """
    own, called = own_lineage(call).names, call.lineage.names
    if not any(own[1:]) or not call.verdict:
        return ""
    if not set(own).isdisjoint(call.candidates):
        return "candidate"
    both = [place for place in range(1, len(RANKS)) if own[place] and called[place]]
    equal = max((place for place in both if own[place] == called[place]), default=-1)
    below = [place for place in both if place > equal]
    next_rank = max((place for place, name in enumerate(called) if name), default=-1) + 1
    if not below and len(call.candidates) > 1 and any(own[next_rank : next_rank + 1]):
        below = [next_rank]  # it is none of several candidates; beside a single one stand taxa that the library lacks
    if below:
        return f"other_{RANKS[below[0]]}"
    deepest = max(place for place, name in enumerate(own) if name)
    return "same" if deepest == equal else "higher"
