"""Python's door to libraries: the numbers of the command line, every kind of query, errors that can be caught."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord

import barcodeembed
from barcodeembed import BarcodeembedError, Selection, build_library, load_model, open_library
from barcodeembed.errors import InputError, MismatchError, UnknownModelError, UsageError
from barcodeembed.outputs.locks import lock
from barcodeembed.workflows import embedders, index
from barcodeembed.workflows.embedders import Machine
from barcodeembed.workflows.tables.columns import TABLE_COLUMNS

ROOT = Path(__file__).parents[3]
LIBRARY, READS = ROOT / "data" / "library.tsv", ROOT / "data" / "reads.fasta"


@pytest.fixture(scope="module")
def saved(dutch) -> Path:
    return dutch.path


@pytest.mark.slow
def test_the_command_line_says_the_same_to_the_last_digit(dutch, tmp_path: Path, run) -> None:
    saved = tmp_path / "api.barcodelib"
    build_library(LIBRARY, saved, model="kmer4", source="Naturalis")
    assert (saved / "calibration.json").read_bytes() == (dutch.path / "calibration.json").read_bytes()
    assert run(["classify", READS, "--library", dutch.path, "-o", tmp_path / "calls.tsv"]).code == 0
    rows = list(csv.reader((tmp_path / "calls.tsv").read_text().splitlines(), delimiter="\t"))
    with READS.open() as file:
        records = list(SeqIO.parse(file, "fasta"))
    for queries in (str(READS), records, [(record.id, str(record.seq)) for record in records]):
        calls = open_library(saved).classify(queries)
        found = [{column.name: column.text(call) for column in TABLE_COLUMNS} for call in calls]
        expected = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
        if not isinstance(queries, str):
            expected = [{**row, "sample": ""} for row in expected]  # sequences that come from no file
        assert found == expected
    assert rows[0] == list(calls.to_pandas().columns)


def test_calls_have_the_values_of_the_command_line(saved: Path, barcodes: list[str]) -> None:
    done: list[int] = []
    calls = open_library(saved).classify([barcodes[0], ("second", barcodes[1]), "ACGT"], on_progress=done.append)
    assert [call.id for call in calls] == ["1", "second", "3"]
    assert calls[0].verdict
    assert 0 <= calls[0].probability["genus"] <= 1
    assert calls[0].nearest
    assert calls[0].nearest.id
    assert calls[0].nearest.identity == 1.0
    assert (calls[2].status, calls[2].verdict, calls[2].nearest) == ("too_short", "", None)
    assert done == [3]
    table = calls.to_pandas()
    assert table["identity"][0] == calls[0].nearest.identity
    assert np.isnan(table["p_species"][2])


def test_thresholds_for_all_ranks_or_for_one(saved: Path) -> None:
    library = open_library(saved)
    names = [sum(call.rank == "species" for call in library.classify(READS, min_confidence=p)) for p in (0.3, 0.999)]
    assert names[0] > names[1]
    assert names[1] == sum(c.rank == "species" for c in library.classify(READS, min_confidence={"species": 0.999}))


def test_pseudogenes_are_rejected_when_asked(saved: Path, barcodes: list[str]) -> None:
    library, short = open_library(saved), barcodes[0][:300] + barcodes[0][301:]
    assert [call.status for call in library.classify([barcodes[0], short])] == ["ok", "ok"]
    rejected = library.classify([barcodes[0], short], reject_pseudogenes=True)
    assert [(call.status, bool(call.verdict)) for call in rejected] == [("ok", True), ("frameshift", False)]
    with pytest.raises(UsageError, match="NCBI's list has no code 99"):
        library.classify(barcodes[:1], genetic_code=99)


def test_what_cannot_work_is_an_error_of_the_package(saved: Path, tmp_path: Path, barcodes: list[str]) -> None:
    library = open_library([saved])
    assert "282 references, model kmer4" in repr(library)
    with pytest.raises(InputError, match="no such library"):
        open_library(tmp_path / "none.barcodelib")
    with pytest.raises(UsageError, match="twice"):
        open_library([saved, saved])
    with pytest.raises(UsageError, match="give another name, or force=True to overwrite it"):
        build_library(LIBRARY, saved, model="kmer4")
    with pytest.raises(InputError, match="no such file"):
        library.classify(tmp_path / "none.fasta")
    with pytest.raises(UsageError, match=r"^min_confidence: 3 is not between 0 and 1"):
        library.classify(barcodes, min_confidence=3)
    with pytest.raises(UsageError, match=r"^device tpu: choose auto"):
        load_model(device="tpu")
    with pytest.raises(UsageError, match="sequence 2 is of type int"):
        library.classify([barcodes[0], 7])  # type: ignore[list-item]
    assert issubclass(UsageError, BarcodeembedError)


def test_another_model_than_the_librarys_is_refused_when_it_is_opened(saved: Path, barcodes: list[str]) -> None:
    with pytest.raises(MismatchError, match=r"model kmer4 .* the queries with kmer5 .* take one model for both"):
        open_library(saved, model="kmer5")
    with pytest.raises(UnknownModelError, match="no model 'nonsense'"):
        open_library(saved, model="nonsense")
    for ask in (lambda: open_library(saved, model=3), lambda: build_library(LIBRARY, model=3), lambda: load_model(3)):  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="model: give a name or a file, not 3"):
            ask()
    for model in ("kmer4", None):
        assert open_library(saved, model=model).classify(barcodes[:1])[0].verdict  # type: ignore[arg-type]


def test_arguments_of_another_kind_are_told_what_to_give(saved: Path, barcodes: list[str]) -> None:
    library = open_library(saved)
    for given in (5, None):
        with pytest.raises(UsageError, match=f"give a list of sequences, not {given}"):
            library.classify(given)  # type: ignore[arg-type]
        for ask in (open_library, build_library):
            with pytest.raises(UsageError, match=f"give a name or a list of names, not {given}"):
                ask(given)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="references: this is a table: write it to a file"):
        build_library(library.classify(barcodes[:1]).to_pandas())  # type: ignore[arg-type]
    for number in ("5", 2.5, -1):
        with pytest.raises(UsageError, match="references of a species: give 1 or more"):
            Selection(max_per_species=number)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="taxa: give a text or a list of texts, not 7"):
        Selection(taxa=7)  # type: ignore[arg-type]


def test_a_list_with_the_name_of_a_file_is_no_list_of_sequences(saved: Path, barcodes: list[str]) -> None:
    library = open_library(saved)
    for name in (READS, str(READS)):
        with pytest.raises(UsageError, match=r"sequence 2 is the name of a file, .*: give classify the name itself"):
            library.classify([barcodes[0], name])  # type: ignore[list-item]
    assert [call.status for call in library.classify(["no-such.fasta"])] == ["not_dna"]


def test_thresholds_as_the_command_line_takes_them(saved: Path, barcodes: list[str]) -> None:
    library = open_library(saved)
    by_rank = [call.lineage for call in library.classify(barcodes, min_confidence={"species": 0.999, "genus": 0.9})]
    assert [call.lineage for call in library.classify(barcodes, min_confidence="species=0.999,genus=0.9")] == by_rank
    with pytest.raises(UsageError, match=r"^min_confidence: 'much' is neither a number nor rank=number"):
        library.classify(barcodes, min_confidence="much")
    for asked in ({"species": "much"}, [0.9]):
        with pytest.raises(UsageError, match=r"min_confidence: .* is neither a number nor numbers by rank"):
            library.classify(barcodes, min_confidence=asked)  # type: ignore[arg-type]


def test_a_rank_that_is_none_is_told_which_there_are(saved: Path, barcodes: list[str]) -> None:
    call = open_library(saved).classify(barcodes[:1])[0]
    with pytest.raises(UsageError, match=r"'specie' is not a rank; choose from kingdom, phylum, .*, species"):
        call.lineage.at("specie")
    with pytest.raises(UsageError, match="'strain' is not a rank"):
        _ = call.probability["strain"]


def test_what_is_no_list_of_sequences_is_not_taken_apart(saved: Path, barcodes: list[str]) -> None:
    library, one = open_library(saved), barcodes[0]
    for text in (one, one[:30].lower(), f">r1\n{one}\n"):
        with pytest.raises(UsageError, match="this text is a sequence, or several: give a list"):
            library.classify(text)
    with pytest.raises(InputError, match="no such file"):
        library.classify("datadata")
    with READS.open() as file, pytest.raises(UsageError, match="this is an open file: give the records in it"):
        library.classify(file)
    with pytest.raises(UsageError, match=r"this is a dict: give its items\(\)"):
        library.classify({"r1": one})
    for single in (Seq(one), SeqRecord(Seq(one), id="r1")):
        with pytest.raises(UsageError, match="give a list of sequences, not a single one"):
            library.classify(single)  # type: ignore[arg-type]
    pairs = library.classify({"r1": one}.items())
    assert [(call.id, call.status) for call in pairs] == [("r1", "ok")]
    with pytest.raises(UsageError, match="this is a table"):
        library.classify(library.classify([one]).to_pandas())


@pytest.mark.slow
def test_a_library_in_memory_is_saved_later(tmp_path: Path, barcodes: list[str]) -> None:
    library = build_library([LIBRARY], model="kmer4")
    library.save(tmp_path / "later.barcodelib")
    assert len(open_library(tmp_path / "later.barcodelib")) == len(library) == 282
    assert library.facts[0]["model"] == "kmer4"


@pytest.mark.slow
def test_a_script_that_uses_the_public_names_is_typed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from Bio.SeqRecord import SeqRecord\n"
        "from barcodeembed import Call, Calls, build_library, load_model, open_library\n\n\n"
        "def name(path: str, record: SeqRecord) -> list[str]:\n"
        "    library = open_library(path)\n"
        "    calls: Calls = library.classify(['ACGT', record, ('id', 'ACGT')], min_confidence=0.9)\n"
        "    first: Call = calls[0]\n"
        "    genus: float = first.probability['genus']\n"
        "    print(genus, load_model().embed([record]).shape, build_library(path).model, calls.to_pandas())\n"
        "    return [call.taxon + (call.nearest.id if call.nearest else '') for call in calls]\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(script)]
    environment = {"MYPYPATH": str(Path(barcodeembed.__file__).parents[1]), "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_programs_start_no_processes_that_would_run_their_script_again(
    saved: Path, barcodes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def refuse(name: str, machine: Machine) -> None:
        asked.append(machine.one_process)
        raise UsageError("no model")

    for module in (embedders, index):
        monkeypatch.setattr(module, "open_embedder", refuse)
    with pytest.raises(UsageError, match="no model"):
        open_library(saved).classify(barcodes)
    with pytest.raises(UsageError, match="no model"):
        build_library(LIBRARY)
    assert asked == [True, True]


def test_a_library_that_another_run_writes_is_left_alone(saved: Path, tmp_path: Path) -> None:
    """Both when it is built and when one in memory is saved; the lock is free again afterwards."""
    target = tmp_path / "mine.barcodelib"
    library = open_library(saved)
    held = lock(target)
    with pytest.raises(BarcodeembedError, match="is being written by another run"):
        build_library(LIBRARY, target, model="kmer4")
    with pytest.raises(BarcodeembedError, match="is being written by another run"):
        library.save(target)
    held.release()
    library.save(target)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.barcodelib"]


@pytest.mark.parametrize("name", ["mine.tsv", "inner.barcodelib"])
def test_a_library_has_a_place_of_its_own(saved: Path, tmp_path: Path, name: str) -> None:
    library = open_library(saved)
    library.save(tmp_path / "outer.barcodelib")
    with pytest.raises(BarcodeembedError, match=r"is the name of a file|is within the library"):
        build_library(LIBRARY, tmp_path / "outer.barcodelib" / name, model="kmer4")
