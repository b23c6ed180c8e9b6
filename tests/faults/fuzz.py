"""Damages files and runs the commands that read them; long runs: ``python -m tests.faults.fuzz --cases 10000``."""

import argparse
import json
import random
import shutil
import signal
import tempfile
from collections import Counter
from pathlib import Path

from tests.faults.harness import Outcome, Runner, digests, reseal
from tests.faults.kept_files import TARGETS, Target, make
from tests.faults.mutations import mutated, mutated_json

ALLOWED = (0, 2, 3, 4)
"""Exit codes that damage may lead to: it may be harmless, and a setting may have become another one."""

_CHANGED_BY_COMMAND = ("half.h5", "run", "lib.barcodelib", "stderr.txt")


class Fuzzer:
    """Damages copies of the kept files, one at a time."""

    def __init__(self, files: Path, work: Path, runner: Runner) -> None:
        self._files, self._work, self._runner = files, work, runner
        shutil.copytree(files, work)

    def case(self, target: Target, seed: int) -> tuple[Outcome, str]:
        """The outcome of one case and what is wrong with it; the files are as before afterwards."""
        chance = random.Random(f"{target.file} {target.command} {seed}")
        place = self._work / target.file
        original = (self._files / target.file).read_bytes()
        place.write_bytes((mutated_json if target.json else mutated)(original, chance))
        if target.sealed:
            reseal(place.parent)
        before = digests(self._work)
        outcome = self._runner(target.command, self._work)
        wrong = outcome.check(ALLOWED)
        if target.file == "c.toml" and outcome.code == -signal.SIGALRM:
            wrong = ""  # a setting that asks for more work than there is time for
        if not wrong:
            wrong = self._changed(before)
        self._restore()
        return outcome, wrong

    def _changed(self, before: dict[str, str]) -> str:
        """Which of the user's files is another one now."""
        after = digests(self._work)
        for name, digest in before.items():
            if after.get(name) != digest and not name.startswith((*_CHANGED_BY_COMMAND, ".")):
                return f"{name} was changed"
        return ""

    def _restore(self) -> None:
        shutil.rmtree(self._work)
        shutil.copytree(self._files, self._work)


def draw(seed: int) -> Target:
    """The target of a case."""
    return random.Random(f"target {seed}").choices(TARGETS, [target.weight for target in TARGETS])[0]


def main() -> None:
    """A long run; prints what went wrong, and counts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="part of a target's file or command")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    peak, slowest = 0, 0.0
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch) / "files"
        runner = Runner()
        make(files, runner)
        fuzzer = Fuzzer(files, Path(scratch) / "work", runner)
        for seed in range(options.seed, options.seed + options.cases):
            target = draw(seed)
            if options.only not in f"{target.file} {' '.join(target.command)}":
                continue
            outcome, wrong = fuzzer.case(target, seed)
            counts["cases"] += 1
            if counts["cases"] % 100 == 0:
                print(json.dumps({**dict(sorted(counts.items())), "peak_MiB": peak >> 20}), flush=True)
            counts[f"exit {outcome.code}"] += 1
            counts["wrong"] += bool(wrong)
            peak, slowest = max(peak, outcome.peak), max(slowest, outcome.seconds)
            if wrong:
                print(seed, target.file, target.command[0], wrong, outcome.err.strip()[-300:], sep=" | ", flush=True)
        runner.close()
    print(json.dumps({**dict(sorted(counts.items())), "peak_MiB": peak >> 20, "slowest_s": round(slowest, 1)}))


if __name__ == "__main__":
    main()
