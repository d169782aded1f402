"""A coverage-guided search for pages that `extract` cannot bear (`make fuzz`), and the replay of what it found.

usage: python -m tests.fuzz [--seconds N] [--findings FOLDER]
       python -m tests.fuzz --replay FILE...

A finding is a file in the folder, named for what happened: an exception or a broken promise (`failed-…`), a page that takes too long
(`slow-…`), a hang (`timeout-…`), too much memory (`oom-…`), a crash in a C library (`crash-…`).
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import time
import traceback
from pathlib import Path
from random import Random

_HANG_SECONDS = 10  # of one page: libFuzzer ends the process
_MEMORY_MB = 500  # of the process: as above
_MOST_RESTARTS = 20  # of a process that was ended; after that, mend what was found first
_OWN_SHARE = 0.5  # of the changes that are ours; the others are libFuzzer's
_FRAMES = 3  # innermost calls that tell one failure from another


def main() -> None:
    """Search, or replay."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=1_200)
    parser.add_argument("--findings", type=Path, default=Path(".fuzz"))
    parser.add_argument("--replay", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.replay:
        _replay(arguments.replay)
    elif arguments.worker:
        _search(arguments.findings, arguments.seconds)
    else:
        sys.exit(_supervise(arguments.findings, arguments.seconds))


def _replay(files: list[Path]) -> None:
    from tests.fuzz.target import check

    for file in files:
        check(file.read_bytes())
        _say(f"{file}: in order")


def _supervise(folder: Path, seconds: int) -> int:
    """Search in processes of their own, one after the other, until the time is up; 1 where something was found."""
    from tests.fuzz.target import dictionary, seeds

    for name in ("seeds", "corpus"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (folder / "seeds" / f"{number:03}").write_bytes(seed)
    (folder / "dictionary").write_text(dictionary(), "ascii")
    before = set(_findings(folder))
    end = time.monotonic() + seconds
    for _ in range(_MOST_RESTARTS):
        left = int(end - time.monotonic())
        if left <= 0:
            break
        worker = [sys.executable, "-m", "tests.fuzz", "--worker", "--findings", str(folder), "--seconds", str(left)]
        if subprocess.run(worker, check=False).returncode == 0:
            break
    found = [file for file in _findings(folder) if file not in before]
    _say(f"{len(found)} findings in {folder}/" + "".join(f"\n  {sys.executable} -m tests.fuzz --replay {file}" for file in found))
    return 1 if found else 0


def _findings(folder: Path) -> list[Path]:
    return sorted(file for kind in ("failed", "slow", "timeout", "oom", "crash") for file in folder.glob(f"{kind}-*"))


def _search(folder: Path, seconds: int) -> None:
    """Run libFuzzer in this process; failures of Python are noted and the search goes on."""
    import atheris

    with atheris.instrument_imports(include=["ingest"]):
        from tests.fuzz.target import MOST_BYTES, TooSlow, check, damaged

    seen: set[str] = set()

    def test_one(data: bytes) -> None:
        try:
            check(data)
        except Exception as error:  # noqa: BLE001  # whatever it is: that is what is looked for
            kind = "slow" if isinstance(error, TooSlow) else "failed"
            _note(folder, kind, data, error, seen)

    def change(data: bytes, most: int, seed: int) -> bytes:
        chance = Random(seed)  # noqa: S311  # chance that repeats is what is wanted
        if chance.random() < _OWN_SHARE:
            return damaged(data, chance)[:most]
        return bytes(atheris.Mutate(data, most))

    options = [
        f"-max_total_time={seconds}", f"-max_len={MOST_BYTES}", f"-timeout={_HANG_SECONDS}", f"-rss_limit_mb={_MEMORY_MB}",
        f"-artifact_prefix={folder}/", f"-dict={folder / 'dictionary'}", "-print_final_stats=1", "-len_control=0", "-verbosity=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(folder / "corpus"), str(folder / "seeds")], test_one, custom_mutator=change)
    atheris.Fuzz()


def _note(folder: Path, kind: str, data: bytes, error: Exception, seen: set[str]) -> None:
    """Save the first input of each failure: one that another line of the code has raised is another."""
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{Path(frame.filename).name}:{frame.name}:{frame.lineno}" for frame in frames[: -_FRAMES - 1 : -1])
    signature = f"{type(error).__name__} {place}"
    if signature in seen:
        return
    seen.add(signature)
    file = folder / f"{kind}-{hashlib.sha256(signature.encode()).hexdigest()[:12]}"
    file.write_bytes(data)
    _say(f"{file}: {signature}: {str(error)[:200]}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
