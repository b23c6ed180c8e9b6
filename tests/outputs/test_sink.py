"""Files of HDF5 and FAISS on a disk that takes no more, and when a signal comes."""

import errno
import io
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from barcodeembed.library import vector_index
from barcodeembed.outputs.sink import Sink

ROOM = 4096


class SmallDisk(io.FileIO):
    """A file that has room for its first 4,096 bytes, and writes a part where it has room for a part."""

    def write(self, data) -> int:
        left = ROOM - self.tell()
        if left <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(memoryview(data)[:left])

    def truncate(self, size: int | None = None) -> int:
        if size and size > ROOM:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().truncate(size)


class SmallSink(Sink, SmallDisk):
    """A sink on such a disk."""


def test_what_found_no_room_is_read_back_from_memory(tmp_path: Path) -> None:
    with SmallSink(tmp_path / "x.h5") as sink:
        assert sink.write(b"a" * 3000) == 3000
        assert sink.write(b"b" * 3000) == 3000
        assert isinstance(sink.error, OSError)
        sink.seek(6000)  # as HDF5 does before each write
        assert sink.write(b"c" * 10) == 10  # the disk may have room again: what follows an error is still kept
        buffer = bytearray(6000)
        sink.seek(0)
        assert sink.readinto(buffer) == 6000
        assert buffer == b"a" * 3000 + b"b" * 3000
        sink.seek(2990)
        part = bytearray(20)
        sink.readinto(part)
        assert part == b"a" * 10 + b"b" * 10
        with pytest.raises(OSError, match="No space left"):
            sink.settle()


def test_hdf5_survives_a_full_disk_and_the_error_is_known(tmp_path: Path) -> None:
    sink = SmallSink(tmp_path / "x.h5")
    values = np.random.default_rng(1).integers(1 << 30, size=20_000)
    with h5py.File(sink, "w") as file:
        file["x"] = values
        assert (file["x"][:] == values).all()
    with pytest.raises(OSError, match="No space left"):
        sink.settle()
    sink.close()
    assert (tmp_path / "x.h5").stat().st_size <= ROOM


def test_on_a_disk_with_room_the_file_is_whole(tmp_path: Path) -> None:
    sink = Sink(tmp_path / "x.h5")
    with h5py.File(sink, "w") as file:
        file["x"] = np.arange(10_000)
    sink.settle()
    sink.close()
    with h5py.File(tmp_path / "x.h5") as file:
        assert file["x"][-1] == 9_999


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "x.h5").write_text("mine")
    (tmp_path / "link.h5").symlink_to("new.h5")
    for name in ("x.h5", "link.h5"):
        with pytest.raises(FileExistsError):
            Sink(tmp_path / name)
    assert (tmp_path / "x.h5").read_text() == "mine"
    assert not (tmp_path / "new.h5").exists()


class Stopped(Exception):
    """What the handler of a signal raises."""


class SignalledSink(Sink):
    """A signal comes with each of its writes."""

    def write(self, data) -> int:
        signal.raise_signal(signal.SIGTERM)
        return super().write(data)


@pytest.fixture
def stopping() -> Iterator[Callable[..., None]]:
    def stop(number: int, frame: object) -> None:
        raise Stopped

    before = signal.signal(signal.SIGTERM, stop)
    yield stop
    signal.signal(signal.SIGTERM, before)


def test_a_signal_waits_for_the_end_of_the_file(tmp_path: Path, stopping) -> None:
    """An error that comes up within HDF5 ends the process with a segmentation fault."""
    sink = SignalledSink(tmp_path / "x.h5")
    with h5py.File(sink, "w") as file:
        file["a"] = np.arange(1000)
    with pytest.raises(Stopped):
        sink.close()
    assert signal.getsignal(signal.SIGTERM) is stopping
    with h5py.File(tmp_path / "x.h5") as file:
        assert len(file["a"]) == 1000


def test_a_signal_may_come_in_between_two_writes(tmp_path: Path, stopping) -> None:
    with SignalledSink(tmp_path / "x") as sink:
        sink.write(b"abc")
        with pytest.raises(Stopped):
            sink.let_signals_in()
    assert (tmp_path / "x").read_bytes() == b"abc"


def test_an_index_is_whole_when_a_signal_comes(tmp_path: Path, stopping, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.eye(64, dtype=np.float32)
    monkeypatch.setattr(vector_index, "Sink", SignalledSink)
    index = vector_index.make_index(vectors, "hnsw")
    with pytest.raises(Stopped):
        vector_index.write_index(index, tmp_path / "index.faiss")
    assert vector_index.read_index(tmp_path / "index.faiss", 64, 64).ntotal == 64
