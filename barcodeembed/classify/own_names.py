"""Compare a call with the name that the input itself gives for the barcode.

Labs identify specimens by eye and sequence them to check. Where both disagree, a specimen is mislabelled, tubes were
swapped, the sample is contaminated, or one name is a synonym of the other.
"""

from __future__ import annotations

from barcodeembed.classify.call import Call
from barcodeembed.taxonomy import GENUS, RANKS, SPECIES, Lineage

AGREEMENTS = ("same", "candidate", "higher", *(f"other_{rank}" for rank in reversed(RANKS)))
"""``same``: the call confirms the name. ``candidate``: the call is ambiguous, and the name is one of its candidates.
``higher``: the call ends above the name and does not contradict it. ``other_genus``: both differ from the genus down,
and likewise for the other ranks."""


def own_lineage(call: Call) -> Lineage:
    """Return the names that the input gives for the query; an empty lineage if it gives none."""
    known = str(call.read.get("lineage", ""))
    return Lineage.from_sintax(f"tax={known}") if known else Lineage()


def agreement(call: Call) -> str:
    """Return how the call agrees with the name that the input gives, one of :data:`AGREEMENTS`; empty if there is no
    such name or no call.

    Names are compared letter by letter, from the species up. The first rank at which both have the same name says below
    which they differ, so that two classifications with different kingdoms still agree on a species.
    """
    own, called = list(own_lineage(call).names), call.lineage.names
    if not any(own) or not call.verdict:
        return ""
    own[GENUS] = own[GENUS] or own[SPECIES].partition(" ")[0]  # a table may have the species alone
    if not set(own).isdisjoint(call.candidates):
        return "candidate"
    both = [place for place in range(len(RANKS)) if own[place] and called[place]]
    equal = max((place for place in both if own[place] == called[place]), default=-1)
    below = [place for place in both if place > equal]
    next_rank = max((place for place, name in enumerate(called) if name), default=-1) + 1
    if not below and len(call.candidates) > 1 and any(own[next_rank : next_rank + 1]):
        below = [next_rank]  # it is none of several candidates; beside a single one stand taxa that the library lacks
    if below:
        return f"other_{RANKS[below[0]]}"
    deepest = max(place for place, name in enumerate(own) if name)
    return "same" if deepest == equal else "higher"
