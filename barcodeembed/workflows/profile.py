"""``barcodeembed profile``: learn the profile of a barcode region from sequences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from barcodeembed.errors import InputError
from barcodeembed.sequences.codes import encode
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.placement.anchor import Anchor
from barcodeembed.sequences.placement.placements import Placements
from barcodeembed.sequences.placement.profile import Profile, weighted_frequencies

MIN_SEEDS = 20
"""Least number of sequences of exactly the region's length; the first, unplaced profile is made of them."""

_CHUNK = 4096


def build_profile(
    inputs: Sequence[str | Path], *, name: str, columns: int, frame: int, rounds: int, source: str
) -> Profile:
    """Return a profile learnt from sequence files.

    Sequences of exactly ``columns`` unambiguous bases make the first profile. Then, for ``rounds`` rounds, every
    sequence is placed on the last profile, and those that fit make the next one.

    Raises
    ------
    InputError
        if too few sequences have the length of the region.
    """
    sequences = sorted({barcode.sequence for barcode in read_barcodes(inputs) if barcode.sequence})
    seeds = [s for s in sequences if len(s) == columns and set(s) <= set("ACGT")]
    if len(seeds) < MIN_SEEDS:
        raise InputError(
            f"only {len(seeds)} sequences have exactly {columns} unambiguous bases; a profile starts from "
            f"{MIN_SEEDS} or more",
            path=inputs[0],
        )
    provenance = {"name": name, "source": source, "sequences": len(sequences), "rounds": rounds}
    profile = Profile(weighted_frequencies([np.stack([encode(s) for s in seeds])], columns), frame, provenance)
    for _ in range(rounds):
        placed = [p.columns[p.placed] for p in _place_all(Anchor(profile), sequences)]
        provenance = {**provenance, "placed": int(sum(len(codes) for codes in placed))}
        profile = Profile(weighted_frequencies(placed, columns), frame, provenance)
    return profile


def _place_all(anchor: Anchor, sequences: Sequence[str]) -> Iterable[Placements]:
    for i in range(0, len(sequences), _CHUNK):
        yield anchor.place(sequences[i : i + _CHUNK])
