"""Which process of a run this one is, by what torchrun and others say."""

import pytest

from barcodeembed.errors import UsageError
from barcodeembed.model.launch import Launch, launch
from barcodeembed.model.training.distributed import Ranks, joined, local_device

TORCHRUN = {
    "TORCHELASTIC_RUN_ID": "none",
    "RANK": "3",
    "WORLD_SIZE": "4",
    "LOCAL_RANK": "1",
    "MASTER_ADDR": "localhost",
    "MASTER_PORT": "29500",
}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody says anything."""
    for name in TORCHRUN:
        monkeypatch.delenv(name, raising=False)


def say(monkeypatch: pytest.MonkeyPatch, said: dict[str, str]) -> None:
    for name, value in said.items():
        monkeypatch.setenv(name, value)


def test_torchrun_says_which_process_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, TORCHRUN)
    assert launch() == Launch(3, 4, 1)
    assert not launch().is_first


@pytest.mark.parametrize(
    "said", [{}, {"RANK": "1"}, {"RANK": "x"}, {"RANK": "1", "WORLD_SIZE": "1", "LOCAL_RANK": "1"}, {"RANK": ""}]
)
def test_what_others_say_does_not_count(monkeypatch: pytest.MonkeyPatch, said: dict[str, str]) -> None:
    """Scripts of SLURM, MPI and users set such variables, too."""
    say(monkeypatch, said)
    assert launch() == Launch(0, 1, None)
    assert local_device("auto") == "auto"
    with joined("cpu") as ranks:
        assert ranks == Ranks(0, 1)


@pytest.mark.parametrize("told", ["2", "many"])
def test_processes_that_torchrun_did_not_start_are_named(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    say(monkeypatch, {"WORLD_SIZE": told, "RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"})
    with pytest.raises(UsageError, match=f"WORLD_SIZE={told} .*: start all with torchrun, or unset"), joined("cpu"):
        pass


@pytest.mark.parametrize("wrong", [{"RANK": "4"}, {"RANK": "-1"}, {"MASTER_ADDR": ""}, {"WORLD_SIZE": "x"}])
def test_what_contradicts_itself_is_named(monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]) -> None:
    say(monkeypatch, TORCHRUN | wrong)
    with pytest.raises(UsageError, match="no process can be joined: start all with torchrun, or unset"):
        launch()
