"""classify --resume on the command line; tests/faults/test_kills.py kills it."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # 1,280 reads each; the default run has the resumed kills of tests/faults


@pytest.fixture(scope="session")
def library(dutch) -> Path:
    return dutch.path


@pytest.fixture
def unfinished(run, many_reads: Path, many_records: str, library: Path, tmp_path: Path) -> list[str | Path]:
    """The command of a run that failed at a damaged record, and whose input is sound now."""
    many_reads.write_text(many_records + ">bad;size=x;\nACGT\n")
    command = ["classify", many_reads, "--library", library, "-o", tmp_path / "calls.tsv", "-q", "--resume"]
    code, _, err = run(command)
    assert code == 3
    assert "1,280 reads are kept in" in err.replace("\n", " ")
    many_reads.write_text(many_records)
    return command


def test_a_failed_run_goes_on_with_other_outputs(run, unfinished, library: Path, many_reads: Path, tmp_path: Path):
    made = ["--report", "page.html", "--table", "t.tsv", "--summary", "s.json"]
    options = [part if part.startswith("-") else tmp_path / part for part in made]
    code, _, err = run([part for part in [*unfinished, *options] if part != "-q"])
    assert (code, "going on after 1,280 reads, which are kept in" in " ".join(err.split())) == (0, True), err
    assert not (tmp_path / "calls.tsv.partial").exists()
    whole = tmp_path / "whole"
    whole.mkdir()
    options = [part if part.startswith("-") else whole / part for part in made]
    assert run(["classify", many_reads, "--library", library, "-o", whole / "calls.tsv", "-q", *options]).code == 0
    for path in whole.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (["--min-length", "200"], 4, "was begun with min_length = 100, this run has 200"),
        (["--groups"], 4, "was begun with groups = False, this run has True"),
        (["--min-confidence", "0.9"], 4, "was begun with min_confidence = not set, this run has 0.9;"),
    ],
)
def test_a_run_goes_on_as_it_was_begun(run, unfinished, change: list[str], code: int, message: str) -> None:
    outcome = run([*unfinished, *change])
    assert outcome.code == code
    assert message in " ".join(outcome.err.split())


def test_other_input_is_refused_and_the_journal_stays(run, unfinished, many_reads: Path, tmp_path: Path) -> None:
    kept = (tmp_path / "calls.tsv.partial").read_bytes()
    text = many_reads.read_text()
    for other in (text.replace(">b300\n", ">c300\n"), text[: len(text) // 3], text[: len(text) // 3] + "A\n"):
        many_reads.write_text(other)
        outcome = run(unfinished)
        assert outcome.code == 4
        assert "was made from other input: where it has" in " ".join(outcome.err.split())
    assert (tmp_path / "calls.tsv.partial").read_bytes() == kept


def test_other_qualities_are_other_input(run, many_records: str, library: Path, tmp_path: Path) -> None:
    path, calls = tmp_path / "reads.fastq", tmp_path / "calls.tsv"
    records = [record.split("\n", 1) for record in many_records.split(">")[1:]]
    reads = [(id, sequence.replace("\n", "")) for id, sequence in records]
    good, bad = ("".join(f"@{id}\n{bases}\n+\n{sign * len(bases)}\n" for id, bases in reads) for sign in "I&")
    command = ["classify", path, "--library", library, "-o", calls, "-q", "--resume"]
    path.write_text(good + "@x\nACGT\n+\nI\n")
    assert run(command).code == 3
    path.write_text(bad)
    outcome = run(command)
    assert outcome.code == 4
    assert "has other bases or qualities" in " ".join(outcome.err.split())
    path.write_text(good)
    assert run(command).code == 0


def test_a_file_that_the_killed_run_did_not_make_is_not_overwritten(run, unfinished, tmp_path: Path) -> None:
    mine, made = tmp_path / "mine.json", tmp_path / "calls.tsv"
    mine.write_text("mine")
    made.write_text("what a run that was killed at its end has left")
    outcome = run([*unfinished, "--summary", mine])
    assert (outcome.code, mine.read_text()) == (2, "mine")
    assert "mine.json exists: give another name, or --force" in " ".join(outcome.err.split())
    assert run([*unfinished, "--summary", mine, "--force"]).code == 0
    assert mine.read_text() != "mine"
    assert made.read_text().startswith("query_id")


def test_a_journal_is_neither_lost_nor_made_unasked(run, unfinished, tmp_path: Path) -> None:
    journal = tmp_path / "calls.tsv.partial"
    without = [part for part in unfinished if part != "--resume"]
    outcome = run(without)
    assert outcome.code == 2
    assert "is of an unfinished run: go on with --resume" in " ".join(outcome.err.split())
    assert journal.exists()
    assert run([*without, "--force"]).code == 0
    assert not journal.exists()
    outcome = run(unfinished)
    assert outcome.code == 2
    assert "exists: give another name, or --force" in " ".join(outcome.err.split())


@pytest.mark.parametrize("option", ["", "--resume", "--force"])
def test_what_is_no_journal_is_in_the_way_whatever_is_asked(run, unfinished, tmp_path: Path, option: str) -> None:
    journal = tmp_path / "calls.tsv.partial"
    journal.write_text("mine")
    outcome = run([*(part for part in unfinished if part != "--resume"), *filter(None, [option])])
    assert outcome.code == 2
    assert "is in the way, as it is no journal of an unfinished run: move it away" in " ".join(outcome.err.split())
    assert journal.read_text() == "mine"


def test_resume_is_for_files_of_sequences(run, many_reads: Path, library: Path, tmp_path: Path) -> None:
    outcome = run(["classify", many_reads, "--library", library, "--resume"])
    assert (outcome.code, "give -o" in outcome.err) == (2, True)
    vectors = tmp_path / "v.h5"
    assert run(["embed", many_reads, "-o", vectors, "--model", "kmer4", "-q"]).code == 0
    outcome = run(["classify", vectors, "--library", library, "-o", tmp_path / "c.tsv", "--resume"])
    assert (outcome.code, "is for sequences" in outcome.err) == (2, True)
    assert not (tmp_path / "c.tsv.partial").exists()
