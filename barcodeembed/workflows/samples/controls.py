"""Negative controls: which features they contain, and, if asked for, subtracting these from the samples.

Nothing is removed unless the user asks for it. The rule is then that of APSCALE: of every feature, each sample loses as
many reads as the control with most reads of it has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice

from barcodeembed.errors import InputError
from barcodeembed.workflows.samples.tally import Feature, SampleTally, label


def check_controls(
    known: Collection[str], controls: Collection[str], *, needed: bool, of_files: Collection[str] = ()
) -> list[str]:
    """Return a line to warn of controls that have no reads, or of samples that are all controls.

    ``known`` are the samples that have reads, in order. ``needed`` says whether an output depends on the controls.
    ``of_files`` are samples of the input files, of which some may be empty, as controls should be.

    Raises
    ------
    InputError
        if an output depends on them, and none is a sample of the input.
    """
    missing = sorted(set(controls) - set(known) - set(of_files))
    samples = ", ".join(islice(known, 5)) + (", ..." if len(known) > 5 else "")
    if missing and needed and len(missing) == len(controls):
        hint = "write their names in --samples as those of the samples are"
        raise InputError(f"the control {missing[0]!r} is no sample of the input (samples are {samples})", hint=hint)
    if missing:
        what = f"negative controls in --samples that are no sample of the input: {len(missing):,}"
        return [f"{what}, the first {missing[0]!r} (samples are {samples})"]
    if known and needed and set(known) <= set(controls):
        return ["all samples of the input are negative controls: nothing is left to compare them with"]
    return []


def in_controls(tally: SampleTally, controls: Collection[str]) -> Iterator[tuple[Feature, str, int, float]]:
    """Yield every feature that occurs in a control: the feature, its taxon in words, its reads in controls, and their
    share of all of its reads. The largest share comes first."""
    found = []
    for feature in tally.features.values():
        reads = sum(feature.reads[sample] for sample in controls)
        if reads:
            found.append((feature, label(feature.key), reads, reads / feature.reads.total()))
    yield from sorted(found, key=lambda one: (-one[3], -one[2], one[0].id))


def subtract_controls(tally: SampleTally, controls: Collection[str]) -> SampleTally:
    """Return a tally without the subtracted reads; ``subtracted`` counts what each sample lost, ``lessened`` the
    features that lost reads. Controls stay as they are."""
    left = SampleTally(keep_features=True, samples=dict(tally.samples), rejected=Counter(tally.rejected))
    for key, feature in tally.features.items():
        most = max((feature.reads[sample] for sample in controls), default=0)
        kept: Counter[str] = Counter()
        for sample, number in feature.reads.items():
            taken = 0 if sample in controls else min(most, number)
            left.subtracted[sample] += taken
            kept[sample] = number - taken
        kept = +kept
        left.lessened += kept.total() < feature.reads.total()
        left.features[key] = replace(feature, reads=kept)
        left.taxa.setdefault(feature.key, Counter()).update(kept)
    left.subtracted = +left.subtracted
    return left


def subtraction(tally: SampleTally) -> str:
    """Return in words what :func:`subtract_controls` took: "151 reads of 12 features subtracted, ..."."""
    reads = tally.subtracted.total()
    if not reads:
        return "no reads subtracted: no sample has a feature that a negative control has"
    of, features = f"{reads:,} read{'s' * (reads > 1)}", f"{tally.lessened:,} feature{'s' * (tally.lessened > 1)}"
    return f"{of} of {features} subtracted, as negative controls have them"
