"""Names that the program might give itself, and links: whatever is there was somebody's."""

import json
import os
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.harness import Runner, digests, program
from tests.faults.kept_files import K
from tests.waits import TIMEOUT

pytestmark = pytest.mark.slow

LIB = ("--library", "lib.barcodelib", "--threads", "1")

REFUSED = {
    "log into an input": ("embed", "reads.fasta", "-o", "new.h5", "--log-json", "reads.fasta", *K),
    "calls over a library": ("classify", "few.fasta", *LIB, "-o", "lib.barcodelib/manifest.json", "--force"),
    "report over the input": ("classify", "few.fasta", *LIB, "-o", "c.tsv", "--report", "few.fasta", "--force"),
    "hard link to the input": ("classify", "few.fasta", *LIB, "-o", "hard.fasta", "--force"),
    "two outputs, one file": ("classify", "few.fasta", *LIB, "-o", "c.tsv", "--summary", "./c.tsv"),
    "model over itself": ("embed", "few.fasta", "--model", "m.safetensors", "-o", "m.safetensors", "--force"),
    "run in a folder of mine": ("pretrain", "refs.tsv", "--run", "mine", "-o", "m2.safetensors", "--config", "c.toml"),
    "no name": ("classify", "few.fasta", *LIB, "-o", ""),
    "this folder": ("classify", "few.fasta", *LIB, "-o", "."),
    "log that is a folder": ("classify", "few.fasta", *LIB, "-o", "c.tsv", "--log-json", "mine"),
    "log in no folder": ("classify", "few.fasta", *LIB, "-o", "c.tsv", "--log-json", "nowhere/log.json"),
    "journal of mine": ("embed", "few.fasta", "-o", "own.h5", "--force", *K),
    "manifest of mine": ("index", "refs.tsv", "-o", "web", "--force", *K),
    "counts over another library": (
        *("classify", "few.fasta", *LIB, "-o", "c.tsv", "--force", "--summary", "ivf.barcodelib/manifest.json"),
    ),
    "vectors over those of a library": ("embed", "few.fasta", "-o", "ivf.barcodelib/records.h5", "--force", *K),
    "counts over a journal": (
        *("classify", "few.fasta", *LIB, "-o", "c.tsv", "--force", "--summary", "half.h5.partial/settings.json"),
    ),
    "counts over a run": ("classify", "few.fasta", *LIB, "-o", "c.tsv", "--force", "--manifest", "run/corpus.json"),
    "library within a library": ("index", "refs.tsv", "-o", "lib.barcodelib/more/new.barcodelib", *K),
    "library like a file": ("index", "refs.tsv", "-o", "new.fasta", *K),
    "run that is a file": ("pretrain", "refs.tsv", "--run", "few.fasta", "-o", "m2.safetensors", "--config", "c.toml"),
}


@pytest.fixture
def work(kept: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    shutil.copytree(kept, folder)
    os.link(folder / "few.fasta", folder / "hard.fasta")
    for name in ("mine", "own.h5.partial"):
        (folder / name).mkdir()
        (folder / name / "settings.json").write_text('{"mine": 1}')
    (folder / "web").mkdir()
    (folder / "web" / "manifest.json").write_text('{"name": "a page", "icons": []}')
    (folder / "lib.barcodelib" / "more").mkdir()
    return folder


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_write_over_something_is_refused(work: Path, runner: Runner, case: str) -> None:
    before = digests(work)
    outcome = runner(REFUSED[case], work)
    assert outcome.check((1, 2)) == "", outcome.err
    after = digests(work)
    assert {name: after.get(name) for name in before} == before


def test_standard_output_and_input_are_files_too(work: Path) -> None:
    """``>> few.fasta`` behind a command that reads ``few.fasta``, and ``< few.tsv`` before one that writes it."""
    shutil.copy(work / "few.fasta", work / "few.tsv")
    before = digests(work)
    for args, streams in (
        (("classify", "few.fasta", *LIB), {"stdout": "few.fasta"}),
        (("classify", "-", *LIB, "-o", "few.tsv", "--force"), {"stdin": "few.tsv"}),
    ):
        with ExitStack() as stack:
            modes = {"stdout": "ab", "stdin": "rb"}
            opened = {name: stack.enter_context((work / file).open(modes[name])) for name, file in streams.items()}
            run = program(args, cwd=work, **opened)
            _, err = run.communicate(timeout=TIMEOUT)
        assert run.returncode == 2, err
        assert "is an input as well" in err
        assert digests(work) == before


def test_names_of_files_that_are_no_text(work: Path, runner: Runner) -> None:
    name = os.fsdecode(b"site\xff.fasta")
    shutil.copy(work / "few.fasta", work / name)
    outputs = ("--table", "t.tsv", "--biom", "t.biom", "--anndata", "t.h5ad", "--phyloseq", "ps", "--report", "r.html")
    outcome = runner(["classify", name, *LIB, "-o", "c.tsv", *outputs], work)
    assert outcome.check((0,)) == "", outcome.err
    assert (work / "t.tsv").read_text().splitlines()[0].endswith("\tsite\\udcff")


@pytest.mark.parametrize(
    ("decoys", "command"),
    [
        (("reads.tmp",), ("classify", "reads.tmp", *LIB, "-o", "reads")),
        (("e.part",), ("embed", "e.part", "-o", "e", *K)),
        (
            ("c.tsv.tmp", "c.tsv.part", "s.json.tmp"),
            ("classify", "few.fasta", *LIB, "-o", "c.tsv", "--summary", "s.json"),
        ),
        (
            ("lib.barcodelib.old/x", "lib.barcodelib.tmp/x", "lib.barcodelib/notes.txt"),
            ("index", "refs.tsv", "--force", "-o", "lib.barcodelib", *K),
        ),
    ],
)
def test_decoys_stay(work: Path, runner: Runner, decoys: tuple[str, ...], command: tuple[str, ...]) -> None:
    for name in decoys:
        (work / name).parent.mkdir(exist_ok=True)
        shutil.copy(work / "few.fasta", work / name)
    before = digests(work)
    outcome = runner(command, work)
    assert outcome.code == 0, outcome.err
    after = digests(work)
    assert [after.get(name) for name in decoys] == [before[name] for name in decoys]


def test_outputs_that_are_links_are_written_through(work: Path, runner: Runner) -> None:
    (work / "there").mkdir()
    (work / "there" / "calls.tsv").write_text("old")
    (work / "link.tsv").symlink_to("there/calls.tsv")
    assert runner(["classify", "few.fasta", *LIB, "-o", "link.tsv", "--force"], work).code == 0
    assert (work / "link.tsv").is_symlink()
    assert (work / "there" / "calls.tsv").read_text().startswith("query_id")
    assert os.listdir(work / "there") == ["calls.tsv"]


@pytest.mark.parametrize("name", ["vectors.bin", "rows.jsonl", "checks.bin", "settings.json"])
def test_links_in_a_journal_lead_nowhere(work: Path, runner: Runner, name: str) -> None:
    decoy, place = work / "decoy", work / "half.h5.partial" / name
    place.rename(decoy)
    place.symlink_to(decoy)
    before = decoy.read_bytes()
    outcome = runner(["embed", "many.fasta", "-o", "half.h5", "--resume", *K], work)
    assert outcome.check((3,)) == "", outcome.err
    assert decoy.read_bytes() == before


def test_hdf5_that_leads_to_other_files_is_refused(work: Path, runner: Runner) -> None:
    import h5py
    import numpy as np

    (work / "secret.txt").write_text("a secret line\n" * 100)
    for kind in ("external storage", "external link", "soft link", "virtual"):
        shutil.copy(work / "emb.h5", work / "bad.h5")
        with h5py.File(work / "bad.h5", "r+") as file:
            n, obs = file["X"].shape[0], file["obs"]
            del obs["flags"]
            if kind == "external storage":
                obs.create_dataset("flags", (n,), "S14", external=[(str(work / "secret.txt"), 0, n * 14)])
            elif kind == "external link":
                obs["flags"] = h5py.ExternalLink(str(work / "emb.h5"), "/obs/flags")
            elif kind == "soft link":
                obs["flags"] = h5py.SoftLink("/obs/bin")
            else:
                layout = h5py.VirtualLayout((n,), np.int32)
                layout[:] = h5py.VirtualSource(str(work / "emb.h5"), "obs/stops", (n,))
                obs.create_virtual_dataset("flags", layout)
        outcome = runner(["classify", "bad.h5", *LIB, "-o", "c.tsv"], work)
        assert outcome.check((3,)) == "", f"{kind}: {outcome.err}"


def test_ids_and_names_of_files_are_harmless(work: Path, runner: Runner) -> None:
    bases = (work / "few.fasta").read_text().split("\n", 1)[1].split(">")[0]
    evil = work / "e\x1b[2J\u202evil.fasta"
    evil.write_text(f">\x1b]0;x\x07\u202e=1+1\n{bases}>=HYPERLINK(1)\n{bases}")
    outcome = runner(["classify", evil.name, *LIB, "-o", "c.tsv", "--spreadsheet-safe"], work)
    assert outcome.check((0,)) == "", outcome.err
    text = (work / "c.tsv").read_text()
    assert not any(sign in text for sign in "\x1b\x07\u202e")
    assert "\n'=HYPERLINK(1)\t" in text
    assert runner(["classify", f"{evil.name}.not", *LIB, "-o", "d.tsv"], work).check((3,)) == ""
    assert runner(["classify", evil.name, *LIB, "-o", "c.jsonl", "--format", "jsonl"], work).code == 0
    lines = (work / "c.jsonl").read_text().splitlines()
    assert json.loads(lines[1])["query_id"] == "=HYPERLINK(1)"


def test_a_small_file_with_one_endless_record(work: Path, runner: Runner) -> None:
    import gzip

    with gzip.open(work / "long.fasta.gz", "wb", 1) as file:
        file.write(b">a\n")
        for _ in range(120):
            file.write(b"ACGT" * 250_000)
    outcome = runner(["embed", "long.fasta.gz", "-o", "new.h5", *K], work)
    assert outcome.check((3,)) == "", outcome.err
    assert "--max-record-length" in outcome.err
