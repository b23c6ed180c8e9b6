"""The sample sheet: which file or read belongs to which sample, and which samples are negative controls.

:mod:`sheet_files` reads it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, takewhile
from os import PathLike
from pathlib import Path, PureWindowsPath

from barcodeembed.errors import UsageError
from barcodeembed.sequences.formats.files import STDIN
from barcodeembed.workflows.samples.descriptions import Descriptions

_PACKED, _ARCHIVE = r"(?:\.(?:gz|bz2|xz|zst))?", r"\.(?:zip|qza|tgz|tar)"
_ENDINGS = re.compile(
    r"(?:\.part-\d+)?\.(?:fasta|fastq|fas|fsa|fna|fa|fq|tsv|csv|txt|xlsx|parquet|h5|h5ad|hdf5)"
    rf"(?:{_ARCHIVE})?{_PACKED}$|{_ARCHIVE}{_PACKED}$",
    re.IGNORECASE,
)
_PART = re.compile(r"\.part-\d+\.")
# What Illumina's machines put behind the name of a sample: siteA_S12_L001_R1_001.fastq.gz.
_OF_ILLUMINA = re.compile(r"(?:_S\d+)?(?:_L\d{3})?_R[12](?:_\d{3})?$")

_ADDRESS = re.compile(r"\w+://|ftp\.[\w.]+/")  # ENA's have no ftp:// in front


def sample_of_file(path: str | PathLike[str]) -> str:
    """Return the name of a file without folder and endings (``siteA`` for ``runs/siteA.fastq.gz``); ``stdin`` for
    ``-``.

    The number that ``split`` gives to a part is one of the endings.
    """
    if str(path) == STDIN:
        return "stdin"
    # Bytes of a name that are no UTF-8 stand as escapes: no table could hold them as they are.
    name = Path(path).name.encode("utf-8", "backslashreplace").decode("utf-8")
    return _ENDINGS.sub("", name) or name


def check_inputs(inputs: Sequence[str | PathLike[str]]) -> None:
    """Refuse a file that is given twice, because its reads would count twice.

    Raises
    ------
    UsageError
        naming the file.
    """
    seen: set[str] = set()
    for path in inputs:
        key = str(path) if str(path) == STDIN else os.path.abspath(path)
        if key in seen:
            raise UsageError(f"{path} is given twice: its reads would count twice")
        seen.add(key)


@dataclass(frozen=True)
class SampleSheet:
    """Samples by file name, by id and by the barcode of Nanopore reads, and the names of the samples that are negative
    controls. ``kinds`` is the name of the column whose words for kinds of samples say which are controls; empty if the
    sheet says it otherwise. ``descriptions`` has what else the sheet says of samples, by column."""

    by_file: dict[str, str] = field(default_factory=dict)
    by_id: dict[str, str] = field(default_factory=dict)
    controls: frozenset[str] = frozenset()
    kinds: str = ""
    by_barcode: dict[str, str] = field(default_factory=dict)
    descriptions: Descriptions = field(default_factory=dict)
    _used: set[str] = field(default_factory=set, repr=False, compare=False)
    _asked: set[str] = field(default_factory=set, repr=False, compare=False)  # files with reads that name no sample
    _keys: dict[str, str] = field(default_factory=dict, repr=False, compare=False)  # by path, as given and absolute
    _moved: dict[str, str] = field(default_factory=dict, repr=False, compare=False)  # files with another path here
    _other_ending: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _overruled: dict[str, str] = field(default_factory=dict, repr=False, compare=False)  # by file, another sample
    _barcodes: dict[str, set[str]] = field(default_factory=dict, repr=False, compare=False)  # by file, not in the sheet

    def match(self, inputs: Sequence[str | PathLike[str]]) -> None:
        """Find for each input file what the sheet has of it: its path, its name with or without endings, its path on
        another machine, or its name with another ending (``a.fastq.gz`` of ``a.fasta``).

        Of paths on another machine only the ends can be compared. A file and such a path belong together if each has a
        longer end in common with the other than with any other of the same file name. So all inputs are needed at once.
        """
        left: dict[str, list[str]] = {}
        for path in map(str, inputs):
            name = sample_of_file(path)
            known = (path, os.path.abspath(path), Path(path).name, name)
            key = next((key for key in known if key in self.by_file), None)
            if key is None:
                left.setdefault(Path(path).name, []).append(path)
            self._keys[path] = self._keys[os.path.abspath(path)] = name if key is None else key
        taken = set(self._keys.values())
        for name, paths in left.items():
            for path, key in _nearest_ends(paths, [key for key in self._elsewhere.get(name, ()) if key not in taken]):
                self._keys[path] = self._keys[os.path.abspath(path)] = self._moved[path] = key
        taken.update(self._moved.values())
        left_over = [path for paths in left.values() for path in paths if path not in self._moved]
        for path, key in _with_other_ending(left_over, [key for key in self.by_file if key not in taken]):
            self._keys[path] = self._keys[os.path.abspath(path)] = self._other_ending[path] = key

    def of_file(self, path: str | PathLike[str]) -> str:
        """Return the sample of a file: by its path or name in the sheet, otherwise its name without endings."""
        self._asked.add(str(path))
        key = self._key(path)
        if key in self.by_file:
            self._used.add(key)
        return self.by_file.get(key, key)

    def of_barcode(self, path: str | PathLike[str], barcode: str) -> str:
        """Return the sample of a barcode in a file: the one in the sheet, or a sample of its own name if the sheet has
        others; empty if the sheet has no barcodes."""
        if (sample := self.by_barcode.get(barcode)) is not None:
            self._used.add(barcode)
            return sample
        if self.by_barcode:
            return barcode
        self._barcodes.setdefault(str(path), set()).add(barcode)
        return ""

    def note(self, path: str | PathLike[str], sample: str) -> None:
        """Note that a record of a file names this sample itself, which counts more than that of the file."""
        if self.by_file and str(path) not in self._overruled and (key := self._key(path)) in self.by_file:
            self._used.add(key)
            if self.by_file[key] != sample:
                self._overruled[str(path)] = sample

    def samples_of(self, inputs: Sequence[str | PathLike[str]]) -> set[str]:
        """Return the samples of files, whether these have reads or not."""
        keys = {self._key(path) for path in inputs}
        self._used.update(keys & self.by_file.keys())
        return {self.by_file.get(key, key) for key in keys}

    def _key(self, path: str | PathLike[str]) -> str:
        """Return what the sheet has of a file, or its name without endings; see :meth:`match`."""
        given = str(path)
        if given not in self._keys:
            whole = os.path.abspath(given)
            if whole not in self._keys:
                self.match([given])
            self._keys[given] = self._keys[whole]
        return self._keys[given]

    @cached_property
    def _elsewhere(self) -> dict[str, list[str]]:
        """Paths of the sheet that may be of another machine, by file name."""
        found: dict[str, list[str]] = {}
        for path in filter(_is_whole, self.by_file):
            found.setdefault(PureWindowsPath(path).name, []).append(path)
        return found

    def moved(self) -> list[str]:
        """Return a line on the files that the sheet has with another path (only its end is the same), and a line on the
        files that it has with another ending."""
        lines = []
        for found, where, how in (
            (self._moved, "in other folders", "by the end of their paths"),
            (self._other_ending, "with other endings", "by what stands before these"),
        ):
            if found:
                path, key = next(iter(found.items()))
                what = f"files that --samples has {where}, found {how}: {len(found):,}"
                lines.append(f"{what}, the first {path}, as {key} (sample {self.by_file[key]!r})")
        return lines

    def disagreements(self) -> list[str]:
        """Return a line on files whose reads name other samples than the sheet, and one for each file of several
        barcodes that is one sample."""
        lines = []
        if self._overruled:
            path, sample = next(iter(self._overruled.items()))
            of_file = self.by_file[self._key(path)]
            control = " (a negative control)" if of_file in self.controls else ""
            lines.append(
                f"files whose headers name other samples than --samples, and count: {len(self._overruled):,}, the "
                f"first {path}, of {sample!r} and not of {of_file!r}{control}; give ids, or headers without samples"
            )
        for path, barcodes in self._barcodes.items():
            if len(barcodes) > 1 and self._key(path) not in self.by_file:
                what = f"{path} has reads of {len(barcodes):,} barcodes ({', '.join(sorted(barcodes)[:2])}, ...)"
                lines.append(
                    f"{what}, counted as one sample; --samples with the columns sample and barcode tells them apart"
                )
        return lines

    @property
    def samples(self) -> set[str]:
        """Every sample that the sheet names."""
        described = chain.from_iterable(self.descriptions.values())
        return {*self.by_file.values(), *self.by_id.values(), *self.by_barcode.values(), *self.controls, *described}

    def of_id(self, id: str) -> str | None:
        """Return the sample of a read by its id in the sheet; None if the sheet has no such id."""
        sample = self.by_id.get(id)
        if sample is not None:
            self._used.add(id)
        return sample

    def alike_by_chance(self, inputs: Sequence[str | PathLike[str]]) -> list[str]:
        """Return a line for each file that has its sample's name in common with an earlier one by chance.

        Files count whose reads were asked for with :meth:`of_file`, because they name no sample themselves. The parts
        that ``split`` makes, and files that the sheet puts together, are of one sample on purpose; a sheet with ids
        says itself what is together.
        """
        lines, first = [], dict[str, str]()
        for path in inputs:
            if str(path) not in self._asked or self.by_id:
                continue
            name = sample_of_file(path)
            if self.of_file(path) != name or name in self.by_file.values() or _PART.search(str(path)):
                continue
            earlier = first.setdefault(name, str(path))
            if earlier != str(path):
                lines.append(f"{earlier} and {path} are counted as one sample, {name!r}; --samples tells them apart")
        return lines

    @property
    def unused(self) -> list[str]:
        """Return the files and ids of the sheet that did not occur in the input, in the order of the sheet."""
        return [name for name in (*self.by_file, *self.by_id) if name not in self._used]

    @property
    def fits_nothing(self) -> bool:
        """Whether no file and no id of the sheet occurred in the input. That is no error: a part of a run need not have
        the only file of a sheet, which may be a control."""
        return not self._used


def _is_whole(path: str) -> bool:
    """Return whether a path in a sheet is a full one (``$PWD/a.fastq.gz`` in QIIME 2's manifests), one of Windows
    that is read on another system, or an address."""
    of_windows = os.name != "nt" and ("\\" in path or PureWindowsPath(path).drive != "")
    return of_windows or path.startswith(("$", "~")) or Path(path).is_absolute() or _ADDRESS.match(path) is not None


def _nearest_ends(paths: Sequence[str], keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each of ``paths`` with the one of ``keys`` if each has a longer end in common with the other than with
    any third."""
    whole = [Path(os.path.abspath(path)).parts for path in paths]
    ends = [[_common_end(parts, PureWindowsPath(key).parts) for key in keys] for parts in whole]
    for path, row in zip(paths, ends, strict=True):
        most = max(row, default=0)
        if row.count(most) != 1:
            continue
        at = row.index(most)
        column = [other[at] for other in ends]
        if max(column) == most and column.count(most) == 1:
            yield path, keys[at]


def _with_other_ending(paths: Sequence[str], keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each of ``paths`` with the one of ``keys`` that is the same but for its ending, its case and what Illumina
    adds, if there is no third. Keys with a folder of this machine are of other files."""
    keys = [key for key in keys if _is_whole(key) or Path(key).name == key]
    of_paths, of_keys = ([_stem(one) for one in several] for several in (paths, keys))
    for path, stem in zip(paths, of_paths, strict=True):
        if of_paths.count(stem) == of_keys.count(stem) == 1:
            key = keys[of_keys.index(stem)]
            if PureWindowsPath(key).name != Path(path).name:
                yield path, key


def _stem(path: str) -> str:
    return _OF_ILLUMINA.sub("", sample_of_file(PureWindowsPath(path).name)).casefold()


def _common_end(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the number of folders and names that two paths have in common at their end."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
