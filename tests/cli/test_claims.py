"""What a command reserves before it opens anything."""

from pathlib import Path

import pytest

from barcodeembed.outputs.locks import lock

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
