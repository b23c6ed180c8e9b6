"""Splits, predictions and scores of ``benchmark library``; every number recomputed from the saved files."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from barcodeembed.benchmark.library import methods
from barcodeembed.benchmark.library.predictions import read_predictions
from barcodeembed.benchmark.library.run import LibraryPlan, benchmark_library
from barcodeembed.benchmark.splits import fragments, load_split, make_split, read_records
from barcodeembed.errors import InputError, UsageError
from barcodeembed.sequences.codes import SINGLE_BASE, encode
from barcodeembed.sequences.formats.readers import read_barcodes

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
LIBRARY = ROOT / "data" / "library.tsv"


@pytest.fixture(scope="module")
def records():
    return read_records(read_barcodes([LIBRARY]), Counter())


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_a_split_shares_no_barcode_and_keeps_its_promises(records) -> None:
    for seed in range(5):
        split = make_split(records, seed=seed, max_queries=1000)
        library = {row.tobytes() for row in split.library.columns}
        assert not library & {row.tobytes() for row in split.queries.columns}
        species = set(split.library.species())
        genera = {lineage.at("genus") for lineage in split.library.lineages}
        families = {lineage.at("family") for lineage in split.library.lineages}
        for name, lineage in zip(split.sets, split.queries.lineages, strict=True):
            known = lineage.at("species") in species, lineage.at("genus") in genera
            assert (
                name == {(True, True): "seen", (False, True): "unseen_species", (False, False): "unseen_genus"}[known]
            )
            assert lineage.at("family") in families or name == "seen"
        assert set(split.sets) == {"seen", "unseen_species", "unseen_genus"}


def test_the_seed_makes_the_split(records) -> None:
    first, same, other = (make_split(records, seed=seed, max_queries=20).queries.ids for seed in (1, 1, 2))
    assert first == same != other
    assert max(Counter(make_split(records, seed=1, max_queries=3).sets).values()) <= 3


def test_the_split_does_not_depend_on_the_process() -> None:
    code = (
        "from collections import Counter; from pathlib import Path;"
        "from barcodeembed.benchmark.splits import load_split;"
        f"s = load_split([Path({str(LIBRARY)!r})], [], seed=1, max_queries=1000); print(s.queries.ids, s.library.ids)"
    )
    command = [sys.executable, "-c", code]
    found = {
        subprocess.check_output(command, env={**os.environ, "PYTHONHASHSEED": seed}, cwd=ROOT)
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1


def test_a_barcode_of_two_species_is_never_asked(records) -> None:
    twice = records.select([*range(len(records)), 0])
    other = next(lin for lin in records.lineages if lin.at("genus") != records.lineages[0].at("genus"))
    twice.lineages[-1] = other
    for seed in range(5):
        split = make_split(twice, seed=seed, max_queries=1000)
        assert all((row != twice.columns[0]).any() for row in split.queries.columns)
        assert split.notes["shared_by_several_species"] == 2


def test_rows_that_say_the_same_are_one(tmp_path: Path) -> None:
    lines = LIBRARY.read_text().splitlines(keepends=True)
    (tmp_path / "twice.tsv").write_text("".join([*lines, *lines[1:]]))
    notes: Counter[str] = Counter()
    found = read_records(read_barcodes([tmp_path / "twice.tsv"]), notes)
    plain: Counter[str] = Counter()
    assert len(found) == len(read_records(read_barcodes([LIBRARY]), plain))
    assert notes["duplicate"] == plain["duplicate"] + len(lines) - 1 - plain["no_species"]


def test_fragments_are_cut_from_covered_columns(records) -> None:
    for length in (313, 130):
        cut = fragments(records, length, seed=1)
        assert len(cut) > 0.8 * len(records)
        starts = set()
        for number, bases in cut.items():
            codes = encode(bases)
            windows = np.lib.stride_tricks.sliding_window_view(records.columns[number], length)
            if len(codes) == length:
                starts.add(int(np.flatnonzero((windows == codes).all(axis=1))[0]))
            assert (SINGLE_BASE[codes] >= 0).sum() >= 0.9 * length
        assert starts == {345} if length == 313 else len(starts) > 30
    assert fragments(records, 130, seed=1) == fragments(records, 130, seed=1) != fragments(records, 130, seed=2)


def test_a_split_column_is_used_as_given(tmp_path: Path) -> None:
    rows = table(LIBRARY)
    parts = ["library", "library", "query_seen", "heldout"]
    with (tmp_path / "split.tsv").open("w") as file:
        print(*rows[0], "split", sep="\t", file=file)
        for number, row in enumerate(rows):
            print(*row.values(), parts[number % 4], sep="\t", file=file)
    split = load_split([tmp_path / "split.tsv"], [], seed=1, max_queries=5)
    given = {row["processid"]: parts[number % 4] for number, row in enumerate(rows)}
    assert {given[id] for id in split.library.ids} == {"library"}
    assert {given[id] for id in split.queries.ids} == {"query_seen"}
    assert split.notes["other_split"] == len(rows) // 4
    assert len(split.queries) > 50  # --max-queries is for splits that are made here


def test_query_files_are_used_as_given(tmp_path: Path) -> None:
    lines = LIBRARY.read_text().splitlines(keepends=True)
    for name, part in (("library", lines[:200]), ("queries", [lines[0], *lines[200:]])):
        (tmp_path / f"{name}.tsv").write_text("".join(part))
    split = load_split([tmp_path / "library.tsv"], [tmp_path / "queries.tsv"], seed=1, max_queries=1)
    assert len(split.library) > 190
    assert len(split.queries) > 75


def test_a_file_without_several_species_makes_no_split(tmp_path: Path) -> None:
    (tmp_path / "one.tsv").write_text("".join(LIBRARY.read_text().splitlines(keepends=True)[:2]))
    with pytest.raises(InputError, match="set of queries is empty"):
        load_split([tmp_path / "one.tsv"], [], seed=1, max_queries=10)


def plain_scores(rows: list[dict[str, str]], length: str, name: str, rank: str) -> tuple[int, int, int]:
    """Right, wrong, blank, counted from the saved table."""
    asked = [r for r in rows if r["length"] == length and r[f"true_{rank}"] and (name == "all" or r["set"] == name)]
    right = sum(r[f"called_{rank}"] == r[f"true_{rank}"] for r in asked)
    blank = sum(not r[f"called_{rank}"] for r in asked)
    return right, len(asked) - right - blank, blank


def check_results(output: Path) -> dict:
    """All of results.json, recomputed from the predictions with nothing of ours."""
    results = json.loads((output / "results.json").read_text())
    for facts in results["rows"].values():
        rows = table(output / facts["predictions"])
        for length, found in facts["lengths"].items():
            for name, ranks in found["ranks"].items():
                for rank, score in ranks.items():
                    assert plain_scores(rows, length, name, rank) == (score["right"], score["wrong"], score["blank"])
            own = [r for r in rows if r["length"] == length]
            new = [float(r["novelty"]) for r in own if r["set"] != "seen"]
            old = [float(r["novelty"]) for r in own if r["set"] == "seen"]
            pairs = np.sign(np.subtract.outer(new, old))
            assert found["novelty_auroc"] == pytest.approx(((pairs + 1) / 2).mean(), abs=1e-9)
            for rank, calibration in found["calibration"].items():
                bins = defaultdict(list)
                for r in own:
                    if r[f"true_{rank}"] and r[f"confidence_{rank}"]:
                        sure = float(r[f"confidence_{rank}"])
                        right = r[f"candidate_{rank}"] == r[f"true_{rank}"]
                        bins[min(int(np.float64(np.float32(sure)) * 10), 9)].append((sure, right))
                gaps = sum(abs(sum(s for s, _ in b) - sum(r for _, r in b)) for b in bins.values())
                assert calibration["error"] == pytest.approx(gaps / sum(map(len, bins.values())), abs=1e-5)
    return results


def test_every_number_follows_from_the_saved_predictions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barcodeembed.benchmark.library.report.has_matplotlib", lambda: False)
    plan = LibraryPlan([LIBRARY], models=[], baselines=["identity"], lengths=["full", "200"], threads=2)
    said: list[str] = []
    done = benchmark_library(plan, tmp_path / "out", say=said.append)
    results = check_results(tmp_path / "out")
    truth = {row["processid"]: row for row in table(LIBRARY)}
    asked = table(tmp_path / "out" / "split" / "queries.tsv")
    assert {truth[row["processid"]]["species"] for row in asked} == {row["species"] for row in asked}
    expected = {"identity 1-NN", "identity 1-NN 97 %"}
    if shutil.which("blastn"):
        expected |= {"blast top hit", "blast top hit 97 %", "blast LCA"}
    if shutil.which("vsearch"):
        expected |= {"vsearch SINTAX 0.8", "vsearch global 97 %"}
    assert set(results["rows"]) == expected
    assert results["rows"]["identity 1-NN"]["lengths"]["full"]["ranks"]["seen"]["species"]["accuracy"] > 0.9
    for row, facts in results["rows"].items():
        command = facts["lengths"]["full"]["cost"]["command"]
        if not row.startswith("identity"):
            assert "threads 2" in command  # as the plan says, for all alike; Python gets it from the environment
        assert facts["peak_bytes"] > 5_000_000
        assert facts["lengths"]["full"]["per_second"] > 0
    assert {path.name for path in done.files} == {"results.json", "results.md"}


@pytest.mark.slow
def test_figures_are_drawn_and_the_same_each_time(tmp_path: Path) -> None:
    plan = LibraryPlan([LIBRARY], models=[], baselines=["identity", "kmer4"], lengths=["full"])
    names = {
        f"{name}.{kind}"
        for name in ("accuracy", "right_against_wrong", "reliability", "speed")
        for kind in ("png", "svg")
    }
    contents = []
    for _ in range(2):
        done = benchmark_library(plan, tmp_path / "out")
        figures = [path for path in done.files if path.parent.name == "figures"]
        assert {path.name for path in figures} == names
        contents.append([path.read_bytes() for path in figures])
    assert contents[0] == contents[1]
    assert b"identity 1-NN" in (tmp_path / "out" / "figures" / "accuracy.svg").read_bytes()


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barcodeembed.benchmark.library.report.has_matplotlib", lambda: False)
    plan = LibraryPlan([LIBRARY], models=[], baselines=["identity"], against=[], lengths=["full", "200", "130"])
    commands: list[str] = []
    real = methods.run_program

    def dies_once(command: list[str], *rest: object) -> object:
        if "queries_130" in str(command) and len(commands) == 2:
            commands.append("killed")
            raise KeyboardInterrupt
        commands.append(str(command[-2]))
        return real(command, *rest)

    monkeypatch.setattr(methods, "run_program", dies_once)
    with pytest.raises(KeyboardInterrupt):
        benchmark_library(plan, tmp_path / "out")
    assert not (tmp_path / "out" / "results.json").exists()
    benchmark_library(plan, tmp_path / "out")
    assert [Path(c).stem for c in commands] == ["queries_full", "queries_200", "killed", "queries_130"]
    check_results(tmp_path / "out")


def test_a_missing_peer_is_one_line_and_the_rest_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barcodeembed.benchmark.library.report.has_matplotlib", lambda: False)
    monkeypatch.setattr("barcodeembed.benchmark.peers.blast.find_program", lambda name: None)
    monkeypatch.setattr("barcodeembed.benchmark.peers.vsearch.find_program", lambda name: None)
    said: list[str] = []
    plan = LibraryPlan([LIBRARY], models=[], baselines=["identity"], lengths=["full"])
    results = benchmark_library(plan, tmp_path / "out", say=said.append).results
    assert [line for line in said if "not installed" in line] == [
        "blast is not installed: its rows are left out",
        "vsearch is not installed: its rows are left out",
    ]
    assert set(results["rows"]) == {"identity 1-NN", "identity 1-NN 97 %"}


def test_other_settings_do_not_mix(tmp_path: Path) -> None:
    from barcodeembed.benchmark.folder import begin_folder, check_folder

    facts = {"kind": "library", "seed": 1}
    check_folder(tmp_path / "out", facts, force=False)
    assert begin_folder(tmp_path / "out", facts)
    check_folder(tmp_path / "out", facts, force=False)
    assert not begin_folder(tmp_path / "out", facts)
    with pytest.raises(UsageError, match="other inputs or settings"):
        check_folder(tmp_path / "out", {"kind": "library", "seed": 2}, force=False)
    with pytest.raises(UsageError, match="--against diamond: choose from blast, vsearch"):
        benchmark_library(LibraryPlan([LIBRARY], models=[], against=["diamond"]), tmp_path / "x")
    with pytest.raises(UsageError, match="--lengths 10: give full, or a number of bases"):
        LibraryPlan([LIBRARY], lengths=["10"])


def test_every_method_keeps_what_it_did_under_a_name_of_its_own(tmp_path: Path) -> None:
    assert methods.classifier("kmer6", "0").key != methods.nearest("kmer6").key
    plan = LibraryPlan([LIBRARY], models=["kmer4", "kmer4"], baselines=["kmer4"], against=[])
    with pytest.raises(UsageError, match="two methods are called 'classify-kmer4'"):
        benchmark_library(plan, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_classifier_is_run_as_a_user_runs_it(
    tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barcodeembed.benchmark.library.report.has_matplotlib", lambda: False)
    plan = ["--model", "kmer4", "--baselines", "identity", "--against", "", "--lengths", "full"]
    result = run(["benchmark", "library", LIBRARY, *plan, "--threads", "1", "-o", tmp_path / "out"])
    assert result.code == 0, result.err
    results = check_results(tmp_path / "out")
    assert "barcodeembed kmer4" in results["rows"]
    given = read_predictions(tmp_path / "out" / "predictions" / "barcodeembed_kmer4.tsv")["full"]
    assert given.confidence.shape == given.called.shape
    assert np.nanmax(given.confidence) <= 1
