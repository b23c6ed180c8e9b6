"""What a command reserves before it opens anything."""

from pathlib import Path

import pytest

from barcodeembed.cli.claims import claim_folder, make_folder, release
from barcodeembed.errors import UsageError
from barcodeembed.outputs.locks import lock
from tests.conftest import Indexed

SETTINGS = ("--set", "model.views=[]", "--set", "model.width=32", "--steps", "2", "--device", "cpu")


@pytest.mark.parametrize("command", ["embed", "pretrain"])
@pytest.mark.parametrize("name", ["RANK", "LOCAL_RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID"])
def test_a_rank_that_torchrun_did_not_give_takes_no_lock_away(
    run, reads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, name: str
) -> None:
    monkeypatch.setenv(name, "1")
    args = {
        "embed": ("embed", reads, "--model", "kmer4", "-o", tmp_path / "out"),
        "pretrain": ("pretrain", reads, "--run", tmp_path / "out", "-o", tmp_path / "m.safetensors", *SETTINGS),
    }[command]
    held = lock(tmp_path / "out")
    try:
        result = run(args)
    finally:
        held.release()
    assert result.code == 2
    assert "is being written by another run" in result.err


def test_folders_that_a_command_has_made_go_with_it_if_they_are_empty(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    for name in ("own", "empty", "full"):
        make_folder(tmp_path / name)
    (tmp_path / "full" / "file").touch()
    claim_folder(tmp_path / "deep" / "deeper" / "run", [], read=[])
    with pytest.raises(UsageError, match="is being written by another run"):
        claim_folder(tmp_path / "deep" / "deeper" / "run", [], read=[])
    release()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "own"]


def test_no_empty_folder_stays_of_calls_that_failed(run, dutch: Indexed, tmp_path: Path) -> None:
    bad = tmp_path / "bad.fasta"
    bad.write_text(">a\n@@@\n")
    folders = ("--phyloseq", tmp_path / "p", "--multiqc", tmp_path / "m")
    result = run(["classify", bad, "--library", dutch.path, "-o", tmp_path / "calls.tsv", *folders])
    assert result.code == 3
    assert list(tmp_path.iterdir()) == [bad]


def _commands(reads: Path, library: Path) -> dict[str, tuple[str | Path, ...]]:
    return {
        "classify": ("classify", reads, "--library", library, "-o", "calls.tsv", "--phyloseq", "out"),
        "split": ("split", reads, "--parts", "2", "-o", "out"),
        "pretrain": ("pretrain", reads, "--run", "out", "-o", "m.safetensors", *SETTINGS),
        "benchmark": ("benchmark", "library", reads, "--model", "kmer4", "-o", "out"),
    }


@pytest.mark.parametrize("command", ["classify", "split", "pretrain", "benchmark"])
def test_links_in_a_circle_are_no_folders(
    run, reads: Path, dutch: Indexed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out").symlink_to("out")
    result = run(_commands(reads.absolute(), dutch.path)[command])
    assert result.code == 2
    assert "out: links lead in a circle here" in result.err


@pytest.mark.parametrize("command", ["classify", "split"])
def test_a_folder_is_made_where_a_link_leads(
    run, reads: Path, dutch: Indexed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out").symlink_to("elsewhere")
    assert run(_commands(reads.absolute(), dutch.path)[command]).code == 0
    assert list(Path("elsewhere").iterdir())
    assert Path("out").is_symlink()
