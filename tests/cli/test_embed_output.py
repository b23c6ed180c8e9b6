"""``embed``: what it writes, where it refuses to, the manifest."""

import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from barcodeembed.embeddings.reader import EmbeddingStore
from barcodeembed.embeddings.schema import OBS_COLUMNS
from tests.waits import TIMEOUT

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def embed(run, reads: Path) -> Callable:
    """``embed(*arguments)``: the ten barcodes with the 4-mer profile."""
    return lambda *arguments: run(["embed", "--model", "kmer4", reads, *arguments])


def test_the_rows_of_the_example_are_the_golden_ones(run, golden, tmp_path: Path) -> None:
    output = tmp_path / "o.h5"
    assert run(["embed", "--model", "kmer4", DATA / "reads.fasta", "-o", output]).code == 0
    with EmbeddingStore(output) as store:
        columns = [store.ids, *(store.obs(name).tolist() for name in OBS_COLUMNS)]
    lines = ["\t".join(["id", *OBS_COLUMNS]), *("\t".join(map(_text, row)) for row in zip(*columns, strict=True))]
    golden("embed-obs.tsv", "\n".join(lines) + "\n")


def _text(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def test_the_default_model_embeds(run, reads: Path, tmp_path: Path) -> None:
    code, _, err = run(["embed", reads, "-o", tmp_path / "o.h5", "--threads", "1", "--device", "cpu"])
    assert code == 0
    with EmbeddingStore(tmp_path / "o.h5") as store:
        lengths = (store.vectors() ** 2).sum(axis=1)
    assert lengths == pytest.approx(1, abs=1e-5)
    assert err.splitlines()[-1].startswith(f"wrote {tmp_path / 'o.h5'}: 10 x ")


def test_same_input_same_bytes(embed, tmp_path: Path) -> None:
    assert embed("-o", tmp_path / "a.h5").code == embed("-o", tmp_path / "b.h5").code == 0
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_an_existing_file_is_kept_without_force(embed, tmp_path: Path) -> None:
    output = tmp_path / "o.h5"
    output.write_text("mine")
    code, _, err = embed("-o", output)
    assert code == 2
    assert "--force" in err
    assert output.read_text() == "mine"
    assert embed("-o", output, "--force").code == 0
    assert output.read_bytes().startswith(b"\x89HDF")


@pytest.mark.parametrize(("output", "message"), [("no/o.h5", "does not exist"), (".", "is a directory")])
def test_no_place_for_the_output(embed, tmp_path: Path, output: str, message: str) -> None:
    code, _, err = embed("-o", tmp_path / output)
    assert code == 2
    assert message in err


def test_a_link_into_a_folder_that_is_not_there_says_which(embed, tmp_path: Path) -> None:
    (tmp_path / "o.h5").symlink_to("gone/o.h5")
    code, _, err = embed("-o", tmp_path / "o.h5")
    assert code == 2
    assert err == f"barcodeembed: error: the directory {tmp_path / 'gone'} does not exist: create it first\n"


def test_standard_output_is_refused(embed) -> None:
    code, _, err = embed("-o", "-")
    assert code == 2
    assert "standard output" in err


@pytest.mark.parametrize("link", [False, True])
@pytest.mark.parametrize("option", ["-o", "--manifest"])
def test_an_input_is_never_written(embed, reads: Path, tmp_path: Path, option: str, link: bool) -> None:
    target, before = reads, reads.read_bytes()
    if link:
        target = tmp_path / "linked.fasta"
        target.symlink_to(reads)
    others = [] if option == "-o" else ["-o", tmp_path / "o.h5"]
    code, _, err = embed(option, target, *others, "--force")
    assert code == 2
    assert "is an input as well" in err
    assert reads.read_bytes() == target.read_bytes() == before


def test_the_manifest_is_not_the_output(embed, tmp_path: Path) -> None:
    code, _, err = embed("-o", tmp_path / "o.h5", "--manifest", tmp_path / "." / "o.h5")
    assert code == 2
    assert "two outputs" in err


def test_the_manifest_says_how_it_was_made(embed, reads: Path, tmp_path: Path) -> None:
    output, manifest = tmp_path / "o.h5", tmp_path / "run.json"
    assert embed("-o", output, "--manifest", manifest, "--min-length", "50", "--threads", "1").code == 0
    found = json.loads(manifest.read_text())
    assert {"tool", "command", "started", "finished", "seconds", "host", "model", "options"} <= found.keys()
    assert found["model"] == {"name": "kmer4", "fingerprint": "kmer4", "dim": 256}
    assert found["options"]["min_length"] == 50
    assert found["counts"] == {"read": 10, "embedded": 10, "identical_computed_once": 0, "rejected": {}}
    for key, path in (("inputs", reads), ("outputs", output)):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert found[key] == [{"path": str(path), "bytes": path.stat().st_size, "sha256": digest}]


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="needs named descriptors")
def test_the_manifest_makes_up_nothing_for_a_pipe(run_program, reads: Path, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.write(write, reads.read_bytes())
    os.close(write)
    command = ["embed", "--model", "kmer4", f"/dev/fd/{read}", "-o", tmp_path / "o.h5", "--manifest", tmp_path / "m"]
    program = run_program(command, pass_fds=[read])
    os.close(read)
    assert program.wait(TIMEOUT) == 0
    assert json.loads((tmp_path / "m").read_text())["inputs"] == [{"path": f"/dev/fd/{read}"}]


def test_nothing_is_written_beside_the_input(embed, reads: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert embed("-o", tmp_path / "out" / "o.h5").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", reads.name]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["o.h5"]


@pytest.mark.skipif(sys.platform != "linux", reason="uses setpriv where the tests run as root")
def test_no_permission(run_program, unprivileged, reads: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    command = ["embed", "--model", "kmer4", reads, "-o"]
    _, err = run_program([*command, closed / "o.h5"], prefix=unprivileged).communicate(timeout=TIMEOUT)
    cannot = f"barcodeembed: error: cannot write {closed / 'o.h5'}: Permission denied"
    assert err.decode() == f"{cannot}; let its folder be written (chmod u+w), or give another place\n"
    reads.chmod(0)
    program = run_program([*command, tmp_path / "o.h5"], prefix=unprivileged)
    _, err = program.communicate(timeout=TIMEOUT)
    assert program.returncode == 3
    assert err.decode() == f"barcodeembed: error: {reads}: no permission to read the file\n"
