"""One warm process and one set of files for all tests of faults."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.harness import Runner
from tests.faults.kept_files import make


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    made = Runner()
    yield made
    made.close()


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory, runner: Runner) -> Path:
    """A folder with one of every file that the program reads or keeps; not to be changed."""
    folder = tmp_path_factory.mktemp("kept") / "files"
    make(folder, runner)
    return folder
