"""The published evaluation on a file with the real columns, against computations that share no code with it."""

import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from barcodeembed import load_model
from barcodeembed.benchmark.paper.partitions import make_partitions
from barcodeembed.benchmark.paper.plan import PaperPlan
from barcodeembed.benchmark.paper.run import benchmark_paper
from barcodeembed.benchmark.paper.steps import Reads
from barcodeembed.benchmark.peers.programs import run_program
from barcodeembed.errors import InputError, UsageError
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.sequences.tokenizers import ReadTokenizer

HEADER = [
    *("processid", "sampleid", "taxon", "phylum", "class", "order", "family", "subfamily", "genus", "species"),
    *("dna_bin", "dna_barcode", "country", "province_state", "coord-lat", "coord-lon", "image_measurement_value"),
    *("area_fraction", "scale_factor", "inferred_ranks", "split", "index_bioscan_1M_insect", "chunk"),
]

ROOT = Path(__file__).parents[3]
DIGITS = str.maketrans("ACGT", "0123")


def mutate(bases: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Each base replaced by a random one with this chance."""
    return np.where(rng.random(len(bases)) < share, rng.integers(0, 4, len(bases)), bases)


def rows(n_rows: int, seed: int, start: str) -> Iterator[dict[str, str]]:
    """Rows of known classes: families, genera and species are mutated from one real barcode, step by step."""
    rng = np.random.default_rng(seed)
    root = np.array(["ACGT".index(base) for base in start])
    n_genera = max(6, n_rows // 120)
    families = [mutate(root, 0.06, rng) for _ in range(n_genera // 3)]
    species = []
    for genus in range(n_genera):
        ancestor = mutate(families[genus % len(families)], 0.015, rng)
        for number in range(6):
            species.append((genus % len(families), genus, number, mutate(ancestor, 0.06, rng)))
    for row in range(n_rows):
        family, genus, number, ancestor = species[int(rng.integers(len(species)))]
        unseen = number >= 4
        if unseen:
            split = ("test_unseen", "val_unseen", "key_unseen")[int(rng.integers(3))]
        else:
            split = ("pretrain", "train", "train", "val", "test", "other_heldout")[int(rng.integers(6))]
        barcode = "".join("ACGT"[base] for base in mutate(ancestor, 0.004, rng))
        barcode += "N" * int(rng.integers(0, 3) * (rng.random() < 0.3))
        labelled = split != "pretrain"
        yield {
            **dict.fromkeys(HEADER, ""),
            "processid": f"P{row:07d}",
            "phylum": "Arthropoda",
            "class": "Insecta",
            "order": f"Order{family % 2}",
            "family": f"Family{family}",
            "genus": f"Genus{genus}" if labelled else "",
            "species": f"Genus{genus} s{chr(97 + number)}x" if labelled else "",
            "dna_bin": f"BOLD:{genus}{number}",
            "dna_barcode": barcode,
            "country": 'Costa Rica, "north"',
            "split": split,
            "chunk": str(row % 10),
        }


def write_metadata(path: Path, n_rows: int, start: str, seed: int = 1, delimiter: str = ",") -> None:
    """The file, with some barcodes twice: in the same split, across splits, and with N at the end."""
    rng = np.random.default_rng(seed)
    recent: list[str] = []
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, HEADER, delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        for row in rows(n_rows, seed, start):
            if recent and rng.random() < 0.1:
                row["dna_barcode"] = recent[int(rng.integers(len(recent)))].rstrip("N") + "N" * int(rng.integers(0, 2))
            recent = [*recent[-50:], row["dna_barcode"]]
            writer.writerow(row)


def plain_partitions(path: Path) -> tuple[dict[str, list[dict[str, str]]], dict[str, list[dict[str, str]]]]:
    """Both conventions with nothing but dictionaries."""
    both = []
    with path.open(newline="") as file:
        table = list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
    for strip in (True, False):
        seen: set[str] = set()
        parts: dict[str, list[dict[str, str]]] = {}
        for row in table:
            key = row["dna_barcode"].rstrip("N") if strip else row["dna_barcode"]
            if key not in seen:
                seen.add(key)
                parts.setdefault(row["split"], []).append(row)
        both.append(parts)
    return both[0], both[1]


def plain_vectors(table: list[dict[str, str]]) -> np.ndarray:
    """4-mer counts on the forward strand, counted one by one; the barcodes here fill the region exactly."""
    kmers = {"".join(letters): number for number, letters in enumerate(product("ACGT", repeat=4))}
    vectors = np.zeros((len(table), 256))
    for vector, row in zip(vectors, table, strict=True):
        bases = row["dna_barcode"].rstrip("N")
        for i in range(len(bases) - 3):
            vector[kmers[bases[i : i + 4]]] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def placed_vectors(table: list[dict[str, str]]) -> np.ndarray:
    """4-mer counts by the Python interface: of thousands of random barcodes, some have an end that is not placed."""
    model = load_model("kmer4", max_ambiguous=1.0)
    return model.embed([row["dna_barcode"].rstrip("N") for row in table])


def plain_one_nn(
    gallery: np.ndarray, queries: np.ndarray, parts: dict[str, list[dict[str, str]]], split: str = "test_unseen"
) -> tuple[float, float, int]:
    """Share of queries all of whose nearest are of their genus, and of those any is: copies under two names tie."""
    genera = np.array([row["genus"] for row in parts["train"]])
    all_right = any_right = 0
    for start in range(0, len(queries), 500):
        cosine = queries[start : start + 500].astype(np.float64) @ gallery.T.astype(np.float64)
        for own, row in zip(cosine, parts[split][start : start + 500], strict=True):
            right = genera[own > own.max() - 1e-6] == row["genus"]
            all_right += right.all()
            any_right += right.any()
    return all_right / len(queries), any_right / len(queries), len(queries)


def check_against_separate_computation(
    data: Path,
    results: dict,
    output: Path,
    vectors: Callable[[list[dict[str, str]]], np.ndarray] = plain_vectors,
) -> None:
    """Sizes, genus 1-NN in both conventions, AMI from the saved clusters, harmonic mean."""
    from sklearn.metrics import adjusted_mutual_info_score

    conventions = dict(zip(("stripped", "published"), plain_partitions(data), strict=True))
    row = results["rows"]["kmer4"]
    for name, parts in conventions.items():
        assert results["partitions"][name] == {split: len(part) for split, part in sorted(parts.items())}
        least, most, n_queries = plain_one_nn(vectors(parts["train"]), vectors(parts["test_unseen"]), parts)
        assert row["genus"][name]["queries"] == n_queries
        assert row["genus"][name]["without_neighbour"] == 0
        assert 0.2 < least <= most < 0.98  # neither trivial nor lost
        assert least <= row["genus"][name]["genus"] <= most
        assert most - least < (0.01 if name == "stripped" else 0.05)
    parts = conventions["stripped"]
    truth = {r["processid"]: r["dna_bin"] for split in ("test", "test_unseen") for r in parts[split]}
    with (output / "predictions" / "kmer4.bins.tsv").open() as file:
        saved = list(csv.DictReader(file, delimiter="\t"))
    assert {r["id"]: r["bin"] for r in saved} == truth
    for way in ("average", "umap_ward"):
        if f"ami_{way}" in row["bins"]:
            ami = adjusted_mutual_info_score([r["bin"] for r in saved], [r[way] for r in saved])
            assert row["bins"][f"ami_{way}"] == pytest.approx(ami)
            genus = row["genus"]["stripped"]["genus"]
            assert row[f"harmonic_mean_{way}"] == pytest.approx(2 * genus * ami / (genus + ami))
    assert row["bins"]["clusters_asked"] == sum(
        len({r["species"] for r in parts[split]}) for split in ("test", "test_unseen")
    )


@pytest.mark.parametrize("delimiter", [",", pytest.param("\t", marks=pytest.mark.slow)])
def test_small_file(tmp_path: Path, barcodes: list[str], delimiter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barcodeembed.benchmark.paper.run.has_umap", lambda: False)
    if delimiter == ",":
        monkeypatch.setattr("barcodeembed.benchmark.paper.report.has_matplotlib", lambda: False)
    data = tmp_path / ("metadata.csv" if delimiter == "," else "metadata.tsv")
    write_metadata(data, 500, barcodes[0], delimiter=delimiter)
    plan = PaperPlan(data, models=["kmer4"], baselines=["identity"])
    said: list[str] = []
    results = benchmark_paper(plan, tmp_path / "out", say=said.append)
    check_against_separate_computation(data, results, tmp_path / "out")
    assert any("barcodes to embed" in line and "GB" in line for line in said)
    assert any(line.startswith("disk: about ") and "are free" in line for line in said)
    assert 0 < results["rows"]["identity"]["genus"]["stripped"]["genus"] <= 1
    text = (tmp_path / "out" / "results.md").read_text()
    assert "58.74" in text
    assert "train (stripped)" in text  # its size is not the published one
    if delimiter == "\t":
        assert {path.name for path in (tmp_path / "out" / "figures").iterdir()} == {"genus.png", "genus.svg"}
    again: list[str] = []
    assert benchmark_paper(plan, tmp_path / "out", say=again.append) == results
    assert "kmer4: genus" in said
    assert "kmer4: genus" not in again
    assert "kmer4: nothing to embed" in again


def test_a_model_is_chosen_without_a_look_at_the_test_splits(
    tmp_path: Path, barcodes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barcodeembed.benchmark.paper.report.has_matplotlib", lambda: False)
    write_metadata(tmp_path / "metadata.csv", 300, barcodes[0])
    plan = PaperPlan(tmp_path / "metadata.csv", models=["kmer4"], steps=["val"], baselines=[])
    results = benchmark_paper(plan, tmp_path / "out")
    assert {path.stem for path in (tmp_path / "out" / "vectors").rglob("*.h5")} == {"train", "val_unseen"}
    for name, parts in zip(("stripped", "published"), plain_partitions(tmp_path / "metadata.csv"), strict=True):
        vectors = {split: placed_vectors(parts[split]) for split in ("train", "val_unseen")}
        least, most, n_queries = plain_one_nn(vectors["train"], vectors["val_unseen"], parts, "val_unseen")
        found = results["rows"]["kmer4"]["val"][name]
        assert found["queries"] == n_queries
        assert least <= found["genus"] <= most
    text = (tmp_path / "out" / "results.md").read_text()
    assert "1-NN of val_unseen | class" in text
    assert "58.74 [1]" in text
    assert "[1] README of BarcodeBERT" in text
    assert "| BarcodeBERT 8-4-4 (BIOSCAN-5M) | 99.65 | 99.18 | 91.96 | 47.03 |" in text


def test_two_models_are_two_rows(tmp_path: Path) -> None:
    plan = PaperPlan(tmp_path / "x.csv", models=["a/encoder.safetensors", "b/encoder.safetensors"])
    with pytest.raises(UsageError, match=r"--model b/encoder.safetensors: a/encoder.safetensors is the row 'encoder'"):
        benchmark_paper(plan, tmp_path / "out")


def plain_kmers(bases: str) -> bytes:
    """Ids of the 6-mers, one after another: 2 + their number in the order of the alphabet; 1 if a base is ambiguous."""
    cut = [bases[i : i + 6] for i in range(0, len(bases) - 5, 6)]
    ids = [2 + int(kmer.translate(DIGITS), 4) if set(kmer) <= set("ACGT") else 1 for kmer in cut]
    return np.array(ids, dtype=np.int64).tobytes()


def test_kmers_of_the_read_are_cut_in_every_frame(barcodes: list[str]) -> None:
    reads = np.array([barcodes[0], barcodes[1].translate(str.maketrans("ACGT", "TGCA"))[::-1]], dtype=object)
    both = Reads(reads, shipped_anchor(), ReadTokenizer(k=6))
    assert both.placements.strand.tolist() == ["+", "-"]
    rows, seen = np.array([0, 1]), [set(), set()]
    for seed in range(40):
        tokens = both.shifted(rows, np.random.default_rng(seed))
        for row in rows:
            seen[row].add(tokens.values[row][tokens.mask[row]].tobytes())
    for row in rows:
        assert seen[row] == {plain_kmers(barcodes[row][offset:]) for offset in range(6)}


@pytest.mark.slow
def test_species_of_seen_species_by_probe_and_fine_tuning(
    tmp_path: Path, barcodes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barcodeembed.benchmark.paper.report.has_matplotlib", lambda: False)
    from barcodeembed.model.checkpoint import Checkpoint
    from barcodeembed.model.config import ModelConfig
    from barcodeembed.model.encoder import BarcodeEncoder

    write_metadata(tmp_path / "metadata.csv", 250, barcodes[0])
    config = ModelConfig(width=16, layers=1, heads=2, feedforward=16, regions=2)
    Checkpoint.of(BarcodeEncoder(config), {}).save(tmp_path / "tiny.safetensors")
    plan = PaperPlan(
        tmp_path / "metadata.csv",
        models=[str(tmp_path / "tiny.safetensors"), f"{tmp_path / 'tiny.safetensors'}:mean", "kmer4"],
        steps=["genus", "probe", "finetune"],
        baselines=[],
        probe_epochs=30,
        finetune_epochs=2,
    )
    rows = benchmark_paper(plan, tmp_path / "out")["rows"]
    assert list(rows) == ["tiny", "tiny, masked mean", "kmer4"]
    assert [row["dim"] for row in rows.values()] == [32, 16, 256]
    assert rows["kmer4"]["probe"]["species"] > 0.25  # chance is 0.05
    assert "finetune" not in rows["kmer4"]
    with (tmp_path / "out" / "predictions" / "tiny.finetune.tsv").open() as file:
        saved = list(csv.DictReader(file, delimiter="\t"))
    share = np.mean([row["true_species"] == row["called_species"] for row in saved])
    assert rows["tiny"]["finetune"]["species"] == pytest.approx(share)


def test_another_file_does_not_mix_with_what_is_there(tmp_path: Path, barcodes: list[str]) -> None:
    for name, n_rows in (("a.csv", 200), ("b.csv", 220)):
        write_metadata(tmp_path / name, n_rows, barcodes[0])
    plan = PaperPlan(tmp_path / "a.csv", models=[], baselines=[])
    assert benchmark_paper(plan, tmp_path / "out", only_plan=True) == {}
    with pytest.raises(UsageError, match="holds a benchmark of other inputs"):
        benchmark_paper(PaperPlan(tmp_path / "b.csv", models=[], baselines=[]), tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me")
    with pytest.raises(UsageError, match="no benchmark"):
        benchmark_paper(plan, tmp_path / "mine", force=True)
    assert (tmp_path / "mine" / "notes.txt").exists()


def test_a_file_that_grows_between_its_two_readings_is_an_error(tmp_path: Path, barcodes: list[str]) -> None:
    data = tmp_path / "metadata.csv"
    write_metadata(data, 100, barcodes[0])
    line = data.read_text().splitlines(keepends=True)[-1]

    def grow() -> None:
        with data.open("a") as file:
            file.write(line)

    with pytest.raises(InputError, match="the file was changed while it was read"):
        make_partitions(data, tmp_path / "parts", begin=grow)
    assert list((tmp_path / "parts").iterdir()) == []


def test_unknown_steps_are_refused() -> None:
    with pytest.raises(UsageError, match="--steps bin: choose from genus, species, bins"):
        PaperPlan(Path("x"), steps=["bin"])


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_hundred_thousand_rows_killed_and_resumed(tmp_path: Path, barcodes: list[str]) -> None:
    """Partitions in bounded memory; killed while it embeds; the resumed run equals a separate computation."""
    data, output = tmp_path / "metadata.csv", tmp_path / "out"
    write_metadata(data, 100_000, barcodes[0])
    command = [sys.executable, "-m", "barcodeembed", "benchmark", "paper", "--data", str(data), "-o", str(output)]
    command += ["--model", "kmer4", "--against", "", "--threads", "1"]
    planned = run_program([*command, "--only-plan"], tmp_path / "plan.log", {"PYTHONPATH": str(ROOT)})
    assert planned.peak_bytes < 500_000_000
    assert "barcodes to embed" in (tmp_path / "plan.log").read_text()
    first = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not list(output.rglob("train.h5.partial/*")) and time.monotonic() < deadline and first.poll() is None:
        time.sleep(0.1)
    time.sleep(1)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert first.returncode == -signal.SIGKILL
    assert not (output / "results.json").exists()
    second = run_program(command, tmp_path / "second.log", {"PYTHONPATH": str(ROOT)})
    results = json.loads((output / "results.json").read_text())
    clustered = results["rows"]["kmer4"]["bins"]["barcodes"]
    assert second.peak_bytes < 1e9 + 8 * clustered**2  # what the plan says
    check_against_separate_computation(data, results, output, placed_vectors)
