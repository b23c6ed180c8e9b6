"""``barcodeembed benchmark library``: one labelled library, one split, and every method on the same queries with the
same number of threads.

split (made once and saved) -> each method builds its database and answers, one fragment length after another ->
predictions (TSV) -> scores -> JSON, Markdown, figures. Finished steps are kept under a hash of what they depend on, so
a run that was killed goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from barcodeembed.benchmark.folder import begin_folder, check_folder, read_json, short_hash, slug, write_json
from barcodeembed.benchmark.library.methods import NEAREST, Method, Task, classifier, nearest, peers
from barcodeembed.benchmark.library.predictions import Predictions, read_predictions, score_all, write_predictions
from barcodeembed.benchmark.library.report import library_figures, library_tables
from barcodeembed.benchmark.peers.names import lineage_table
from barcodeembed.benchmark.splits import Split, fragments, load_split, write_records
from barcodeembed.classify.calibration import BANDS
from barcodeembed.errors import UsageError
from barcodeembed.outputs.staging import write_text
from barcodeembed.outputs.text_output import text_output
from barcodeembed.taxonomy import RANKS
from barcodeembed.version import __version__
from barcodeembed.workflows.manifest import file_record

FULL = "full"
"""Name of the length of queries that are not cut."""

LENGTHS = (FULL, *map(str, reversed(BANDS[:-1])))


@dataclass(frozen=True)
class LibraryPlan:
    """Which methods are compared, and on which inputs."""

    inputs: Sequence[Path]
    queries: Sequence[Path] = ()
    models: Sequence[str] = ("default",)
    baselines: Sequence[str] = ("identity", "kmer6")
    against: Sequence[str] = ("blast", "vsearch")
    lengths: Sequence[str] = LENGTHS
    seed: int = 1
    max_queries: int = 1000
    threads: int = 1
    device: str = "auto"

    def __post_init__(self) -> None:
        for length in self.lengths:
            if length != FULL and not (length.isdigit() and 50 <= int(length) <= 650):
                raise UsageError(f"--lengths {length}: give full, or a number of bases from 50 to 650")
        for name in self.baselines:
            if name not in NEAREST:
                raise UsageError(f"--baselines {name}: choose from {', '.join(NEAREST)}")


@dataclass
class Outcome:
    """The results of a run, as ``results.json`` has them, and the files written."""

    results: dict[str, Any]
    files: list[Path] = field(default_factory=list)


def fingerprint_of(model: str) -> str:
    """Return the fingerprint of a model, given by name or file. For a k-mer profile torch is not loaded."""
    from barcodeembed.workflows.embedders import Machine, open_embedder

    return open_embedder(model, Machine("cpu" if model.startswith("kmer") else "auto")).fingerprint


def benchmark_library(
    plan: LibraryPlan, output: Path, *, force: bool = False, say: Callable[[str], None] = lambda line: None
) -> Outcome:
    """Run every step that is not done yet, and write the results into ``output``.

    Raises
    ------
    UsageError
        if the folder holds another benchmark and ``force`` is not given, or a name is not known.
    InputError
        if the inputs make no split.
    """
    methods, missing = _methods(plan)
    facts = {
        "kind": "library",
        "inputs": [_input_facts(path) for path in [*plan.inputs, *plan.queries]],
        "seed": plan.seed,
        "max_queries": plan.max_queries,
        "lengths": list(plan.lengths),
    }
    check_folder(output, facts, force=force)
    split = load_split(plan.inputs, plan.queries, seed=plan.seed, max_queries=plan.max_queries)
    begin_folder(output, facts)
    task, asked, digest = _write_split(split, plan, output)
    for line in missing:
        say(line)
    counts = Counter(split.sets)
    say(
        f"library: {len(split.library):,} barcodes of {len(set(split.library.species())):,} species; queries: "
        + ", ".join(f"{counts[name]:,} {name}" for name in sorted(counts))
        + f"; {len(methods)} methods at {', '.join(plan.lengths)} bases, {plan.threads} thread(s) each"
    )
    truth = lineage_table(split.queries.lineages)
    rows: dict[str, Any] = {}
    for number, method in enumerate(methods, 1):
        say(f"{number} of {len(methods)}: {method.say()}")
        key = short_hash("\n".join([digest, method.key, method.version, str(plan.threads), plan.device]))
        run = _run_method(method, task, asked, truth, sets=split.sets, ids=split.queries.ids, output=output, key=key)
        rows |= _score_rows(method, run, output)
    results = {
        "tool": f"barcodeembed {__version__}",
        "inputs": facts["inputs"],
        "seed": plan.seed,
        "threads": plan.threads,
        "library": {
            "barcodes": len(split.library),
            **{rank: len({lin.at(rank) for lin in split.library.lineages} - {""}) for rank in RANKS[1:]},
        },
        "left_out": split.notes,
        "queries": {length: dict(Counter(split.sets[q] for q in numbers)) for length, numbers in asked.items()},
        "not_installed": missing,
        "rows": rows,
    }
    write_json(results, output / "results.json")
    return Outcome(results, [output / "results.json", *_present(results, output)])


def _methods(plan: LibraryPlan) -> tuple[list[Method], list[str]]:
    """Return the methods to compare, and a message for each program that is not installed."""
    ours = [classifier(model, fingerprint_of(model), plan.device) for model in plan.models]
    found, missing = peers(plan.against)
    methods = [*ours, *map(nearest, plan.baselines), *found]
    if twice := [key for key, number in Counter(method.key for method in methods).items() if number > 1]:
        raise UsageError(f"two methods are called {twice[0]!r}: give each once, and each model file a name of its own")
    return methods, missing


def _input_facts(path: Path) -> dict[str, Any]:
    return {**file_record(path), "path": path.name}


def _write_split(split: Split, plan: LibraryPlan, output: Path) -> tuple[Task, dict[str, list[int]], str]:
    """Write library and queries in the form that each program needs. Return the task, the queries of each length, and a
    hash of all these files."""
    folder = output / "split"
    folder.mkdir(exist_ok=True)
    library = split.library
    write_records(library, folder / "library.tsv")
    write_records(split.queries, folder / "queries.tsv", set=split.sets)
    numbered = library.select(range(len(library)))
    numbered.ids[:] = [str(row) for row in range(len(library))]
    write_records(numbered, folder / "references.tsv")
    table = lineage_table(library.lineages)
    coded = np.array(sorted({name for name in table.ravel() if name}), dtype=object)
    code = {name: place for place, name in enumerate(coded)}
    fasta, labelled = folder / "references.fasta", folder / "references.sintax.fasta"
    with text_output(fasta) as plain, text_output(labelled) as sintax:
        for row, sequence in enumerate(library.sequences):
            taxa = ",".join(f"{r[0]}:{code[name]}" for r, name in zip(RANKS, table[row], strict=True) if name)
            print(f">{row}\n{sequence}", file=plain)
            print(f">{row};tax={taxa};\n{sequence}", file=sintax)
    asked = {}
    for length in plan.lengths:
        whole = dict(enumerate(split.queries.sequences))
        cut = whole if length == FULL else fragments(split.queries, int(length), plan.seed)
        asked[length] = sorted(cut)
        with text_output(folder / f"queries_{length}.fasta") as file:
            for place, number in enumerate(asked[length]):
                print(f">{place}\n{cut[number]}", file=file)
    digest = short_hash("\n".join(file_record(path)["sha256"] for path in sorted(folder.iterdir())))
    work = output / "work"
    work.mkdir(exist_ok=True)
    return Task(work, folder / "references.tsv", fasta, labelled, table, coded, plan.threads), asked, digest


def _run_method(
    method: Method,
    task: Task,
    asked: dict[str, list[int]],
    truth: np.ndarray,
    *,
    sets: Sequence[str],
    ids: Sequence[str],
    output: Path,
    key: str,
) -> dict[str, Any]:
    """Return what one method cost, and the files with its answers. A method that ran before is not run again."""
    for name in ("runs", "predictions"):
        (output / name).mkdir(exist_ok=True)
    record = output / "runs" / f"{method.key}.json"
    done = read_json(record)
    if done.get("key") != key:
        done = {"key": key, "version": method.version, "lengths": {}}
    if "build" not in done:
        done["build"] = method.build(task).to_dict() if method.build else None
        write_json(done, record)
    for length, numbers in asked.items():
        if length in done["lengths"]:
            continue
        raw = task.folder / f"{method.key}_{length}.tsv"
        run = method.query(task, task.fasta.parent / f"queries_{length}.fasta", raw)
        done["lengths"][length] = {**run.to_dict(), "queries": len(numbers)}
        write_json(done, record)
    answers: dict[str, dict[str, Predictions]] = {row: {} for row in method.readings}
    for length, numbers in asked.items():
        raw = task.folder / f"{method.key}_{length}.tsv"
        who = [ids[q] for q in numbers], [sets[q] for q in numbers], truth[numbers]
        for row, names in method.read(task, raw, len(numbers)).items():
            answers[row][length] = Predictions.of(*who, names)
    for row, by_length in answers.items():
        write_predictions(by_length, prediction_file(output, row))
    return done


def prediction_file(output: Path, row: str) -> Path:
    """Return the path of the predictions for a row of the results table."""
    return output / "predictions" / f"{slug(row.replace(' %', ''))}.tsv"


def _score_rows(method: Method, run: dict[str, Any], output: Path) -> dict[str, Any]:
    """Return what ``results.json`` has of each row of a method: what it means, what it cost, and its scores."""
    rows = {}
    for row, meaning in method.readings.items():
        path = prediction_file(output, row)
        costs = run["lengths"]
        peak = max(part["peak_bytes"] for part in [run["build"], *costs.values()] if part)
        rows[row] = {
            "meaning": meaning,
            "method": method.key,
            "version": method.version,
            "predictions": str(path.relative_to(output)),
            "build": run["build"],
            "peak_bytes": peak,
            "lengths": {
                length: {
                    **score_all(given),
                    "cost": costs[length],
                    "per_second": costs[length]["queries"] / max(costs[length]["seconds"], 1e-9),
                    "per_cpu_second": costs[length]["queries"] / max(costs[length]["cpu_seconds"], 1e-9),
                }
                for length, given in read_predictions(path).items()
            },
        }
    return rows


def _present(results: dict[str, Any], output: Path) -> list[Path]:
    """Write the tables and the figures; return their files."""
    write_text(output / "results.md", library_tables(results))
    answers = {row: read_predictions(output / facts["predictions"]) for row, facts in results["rows"].items()}
    return [output / "results.md", *library_figures(results, answers, output / "figures")]
