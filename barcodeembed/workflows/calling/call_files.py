"""Write everything that is made from calls: the calls themselves in one format, counts, tables of samples, and the
report page.

``classify`` and ``merge`` both use this module, so merged parts give the same files as one run.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.call import Call
from barcodeembed.errors import UsageError
from barcodeembed.outputs.staging import staged
from barcodeembed.outputs.text_output import text_output
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.samples.controls import check_controls, in_controls, subtract_controls, subtraction
from barcodeembed.workflows.samples.descriptions import Descriptions
from barcodeembed.workflows.samples.exports import Matrix, phyloseq_tables, write_anndata, write_biom
from barcodeembed.workflows.samples.tally import SampleTally, TaxonKey, taxon_rows
from barcodeembed.workflows.tables.columns import clean_text, decimal
from barcodeembed.workflows.tables.multiqc import multiqc_files, verdict_bars
from barcodeembed.workflows.tables.summary import CallSummary, Outcomes
from barcodeembed.workflows.tables.writers import WRITERS, spreadsheet_safe

if TYPE_CHECKING:
    from barcodeembed.workflows.report.report_data import ReportData

PHYLOSEQ = ("otu_table.tsv", "tax_table.tsv", "sample_table.tsv")
MULTIQC = (
    *("barcodeembed_calls_mqc.tsv", "barcodeembed_taxa_mqc.tsv"),
    *("barcodeembed_stats_mqc.json", "barcodeembed_mqc_versions.yml"),
)
"""Names of the files in the folders of ``--phyloseq`` and ``--multiqc``."""

Row = tuple[Call, NDArray[np.float32] | None]


@dataclass(frozen=True)
class CallFiles:
    """The files that the user asked for.

    Attributes
    ----------
    output, format
        file of the calls, and its format, one of :data:`~barcodeembed.workflows.tables.writers.WRITERS`.
    summary, multiqc, report
        counts as JSON; a file, or a folder of files, for MultiQC; the report page.
    table, table_rank
        reads by taxon and sample, at this rank or as deep as each call goes.
    biom, phyloseq, anndata
        reads by distinct sequence and sample; for phyloseq a folder of three tables.
    manifest
        versions, checksums and counts; the command itself writes it.
    spreadsheet_safe
        whether an apostrophe is put before values of the native table that a spreadsheet would read as formulas.
    controls, in_controls, subtract
        names of samples that are negative controls; the table of what these contain; whether that is subtracted from
        the samples.
    descriptions
        by column, what the sample sheet says of each sample; it goes into ``biom``, ``phyloseq`` and ``anndata``.
    """

    output: Path = Path("-")
    format: str = "tsv"
    summary: Path | None = None
    multiqc: Path | None = None
    report: Path | None = None
    table: Path | None = None
    table_rank: str = ""
    biom: Path | None = None
    phyloseq: Path | None = None
    anndata: Path | None = None
    controls: frozenset[str] = frozenset()
    descriptions: Descriptions = field(default_factory=dict)
    in_controls: Path | None = None
    subtract: bool = False
    spreadsheet_safe: bool = False
    manifest: Path | None = None

    @property
    def others(self) -> list[Path]:
        """Every file besides the calls; of a folder, the files in it."""
        single = [self.summary, self.report, self.table, self.biom, self.anndata, self.in_controls, self.manifest]
        files = [path for path in single if path]
        if self.multiqc:
            files += [self.multiqc] if is_multiqc_file(self.multiqc) else [self.multiqc / name for name in MULTIQC]
        return files + ([self.phyloseq / name for name in PHYLOSEQ] if self.phyloseq else [])

    @property
    def folders(self) -> list[Path]:
        """Folders for the files, which are made if they do not exist."""
        multiqc = [self.multiqc] if self.multiqc and not is_multiqc_file(self.multiqc) else []
        return multiqc + ([self.phyloseq] if self.phyloseq else [])

    def check(self) -> None:
        """Raise the errors that can be found before anything is read.

        Raises
        ------
        UsageError
            for an unknown format or rank, a rank of a table that is not written, a file name that MultiQC would not
            find, or two files on standard output.
        """
        if self.format not in WRITERS:
            raise UsageError(f"--format: {self.format!r} is not one of {', '.join(WRITERS)}")
        if self.spreadsheet_safe and self.format != "tsv":
            raise UsageError("--spreadsheet-safe is for the native table (--format tsv)")
        if self.table_rank and self.table_rank not in RANKS:
            raise UsageError(f"--table-rank: {self.table_rank!r} is not one of {', '.join(RANKS)}")
        if self.table_rank and not self.table:
            raise UsageError("--table-rank is the rank of the table of taxa: give --table as well")
        if self.multiqc and self.multiqc.suffix and not is_multiqc_file(self.multiqc):
            what = "MultiQC finds such a file by its name only: SAMPLE_mqc.tsv, or give a folder"
            raise UsageError(f"--multiqc {self.multiqc}: {what}")
        if any(str(path) == "-" for path in self.others):
            raise UsageError("only the calls can be written to standard output: give the names of files")
        if (self.subtract or self.in_controls) and not self.controls:
            raise UsageError("no sample is marked as a negative control: give --samples with a column is_control")

    @property
    def needs_features(self) -> bool:
        """Whether one of the files needs every distinct sequence."""
        return bool(self.biom or self.phyloseq or self.anndata) or self.needs_controls

    @property
    def needs_controls(self) -> bool:
        """Whether one of the files depends on what the negative controls contain."""
        return bool(self.in_controls or self.subtract)


def is_multiqc_file(path: Path) -> bool:
    """Return whether MultiQC takes a file of this name for custom content."""
    return "_mqc." in path.name


@dataclass
class CallSink:
    """Counts calls while they are written, and writes all other files at the end.

    If there is a ``page``, it gets every call. ``of_files`` are the samples of the input files, which may have no read.
    ``remarks`` are warnings, which are known at the end.
    """

    files: CallFiles
    page: ReportData | None = None
    of_files: Collection[str] = ()
    summary: CallSummary = field(default_factory=CallSummary)
    tally: SampleTally = field(default_factory=SampleTally)
    remarks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tally.keep_features = self.files.needs_features
        if self.page:
            self.summary = self.page.summary

    def write(self, rows: Iterable[Row]) -> None:
        """Write the calls and count them.

        Raises
        ------
        InputError
            if controls are needed, and none is a sample of the input; then no file of calls is left.
        """
        files = self.files
        with text_output(files.output) as stream:
            safe = spreadsheet_safe if files.spreadsheet_safe else str
            for text in WRITERS[files.format](map(self._counted, rows)):
                stream.write(safe(text))
            for control in files.controls.intersection(self.of_files):  # a clean one has no reads, which is a result
                self.tally.samples.setdefault(control)
                self.summary.samples.setdefault(control, Outcomes())
            # In one order, however the reads come: raw by file, or as sequences with counts of all samples.
            self.tally.samples = dict.fromkeys(sorted(self.tally.samples))
            self.summary.samples = dict(sorted(self.summary.samples.items()))
            needed = files.needs_controls
            self.remarks += check_controls(self.tally.samples, files.controls, needed=needed, of_files=self.of_files)

    def finish(self, skipped: Mapping[str, int]) -> None:
        """Write every file besides the calls; ``skipped`` counts records that became no query, by reason.

        Raises
        ------
        UsageError
            if a package for one of the files is not installed.
        """
        self.summary.skipped.update(skipped)
        files = self.files
        if files.in_controls:
            _write(files.in_controls, _control_lines(self.tally, files.controls))
        tally = self.tally
        if files.subtract:
            tally = subtract_controls(tally, files.controls)
            self.summary.subtraction = subtraction(tally)
        if files.summary:
            _write(files.summary, [json.dumps(self.summary.to_dict(), indent=1, ensure_ascii=False) + "\n"])
        if files.table:
            rows = taxon_rows(tally, files.table_rank or None)
            _write(files.table, ("\t".join(map(clean_text, row)) + "\n" for row in rows))
        self._write_multiqc(tally)
        self._write_matrix(tally)
        if files.report and self.page:
            self.page.add_samples(tally)
            from barcodeembed.workflows.report.page import write_report

            write_report(files.report, self.page)

    def _counted(self, row: Row) -> Call:
        call, vector = row
        if self.page:
            self.page.add(call, vector)
        else:
            self.summary.add(call)
        if call.verdict:
            key = TaxonKey(call.lineage, call.verdict, call.group)
            sure = call.probability.get(call.rank, float("nan"))
            self.tally.add(key, call.reads, feature=str(call.read["sha1"]), id=call.id, confidence=round(sure, 4))
        else:
            self.tally.reject(call.reads)
        return call

    def _write_multiqc(self, tally: SampleTally) -> None:
        path = self.files.multiqc
        if not path:
            return
        if not is_multiqc_file(path):
            for name, text in multiqc_files(self.summary, tally):
                _write(path / name, [text])
            return
        samples = self.summary.samples
        name = path.name.rpartition("_mqc.")[0]
        _write(path, [verdict_bars(samples if len(samples) > 1 else {name: self.summary}, self.summary.subtraction)])

    def _write_matrix(self, tally: SampleTally) -> None:
        files = self.files
        if not (files.biom or files.phyloseq or files.anndata):
            return
        matrix = Matrix.of(tally, files.descriptions)
        if files.phyloseq:
            for name, lines in phyloseq_tables(matrix):
                _write(files.phyloseq / name, lines)
        for path, write in ((files.biom, write_biom), (files.anndata, write_anndata)):
            if path:
                with staged(path) as place:
                    write(place, matrix)


def _write(path: Path, lines: Iterable[str]) -> None:
    with text_output(path) as stream:
        stream.writelines(lines)


def _control_lines(tally: SampleTally, controls: frozenset[str]) -> Iterator[str]:
    yield "feature\ttaxon\treads\treads_in_controls\tshare_in_controls\n"
    for feature, taxon, reads, share in in_controls(tally, controls):
        fields = (clean_text(feature.id), clean_text(taxon), str(feature.reads.total()), str(reads), decimal(share))
        yield "\t".join(fields) + "\n"
