"""Runs that are killed, cut off, starved and doubled, at random moments; afterwards the tables must be what they promise.

A long search, for all kinds or some::

    .venv/bin/python -m tests.store.disturbances --rounds 300 --seed 7 [--only killed]

It prints the seed, each broken promise with the round that broke it (``--seed 7 --from 123 --rounds 1`` repeats the round's
choices; the moments are the machine's), and a table: rounds, runs that were started to be disturbed, runs that were
(a round that disturbs nothing proves nothing), what they ended with. It ends with 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from ingest.settings import Settings
from ingest.store.embedded import DATABASE, Embedded
from ingest.store.engine import open_engine
from ingest.store.programs import as_server, binaries, clean_environment
from tests.store.promises import INGEST, Environment, broken_promises, contents, made_folder, run_once

TEMPLATE = "migrated"
_PATIENCE = 120.0  # seconds: a run that takes as long hangs


@dataclass
class Ends:
    """How runs ended."""

    codes: Counter[int] = field(default_factory=Counter)
    disturbed: int = 0
    complaints: list[str] = field(default_factory=list)

    def note(self, code: int, said: str) -> None:
        """A run that fails says in one sentence what to do."""
        self.codes[code] += 1
        one_sentence = said.startswith("ingest: ") and said.count("\n") == 1 and said.endswith(".\n")
        what_to_do = "run the same command again" in said or "INGEST_DATABASE_URL" in said or "server.log" in said
        if code not in {0, -signal.SIGKILL} and not (code == 2 and one_sentence and what_to_do):
            self.complaints.append(f"exit code {code}: {said[:300]} … {said[-300:]}")


class Server:
    """An embedded server of its own, whose database is made anew each round; commands find it by INGEST_HOME."""

    def __init__(self, home: Path) -> None:
        self.embedded = Embedded(home)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("INGEST_", "PG"))}
        self.environment: Environment = inherited | {"INGEST_HOME": str(home), "INGEST_JOBS": "1"}
        self.url = self.embedded.url

    def prepare(self) -> None:
        """Make the cluster; segments of the log are small, so that files are forbidden to grow before the log is."""
        with self.embedded.using():
            pass
        self.embedded.stop(force=True)
        self._program("pg_resetwal", "--wal-segsize=1", "-D", str(self.embedded.data))
        with self.embedded.using() as url:
            _execute(_in_database(url, "postgres"), f"CREATE DATABASE {TEMPLATE}")
            with open_engine(Settings(home=self.embedded.home, database_url=_in_database(url, TEMPLATE))):
                pass

    def clean(self, *, migrated: bool) -> None:
        """A fresh database: with the newest schema, or empty."""
        postgres = _in_database(self.url, "postgres")
        _execute(postgres, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        _execute(postgres, f"CREATE DATABASE {DATABASE} TEMPLATE {TEMPLATE if migrated else 'template1'}")

    def end_a_backend(self, rng: random.Random) -> bool:
        """One of the command's connections, as `pg_terminate_backend` and idle timeouts do: in most rounds one that works, if any does."""
        end = time.monotonic() + rng.choice((0, 1, 1))
        while not (pids := self.backends(busy=True)) and time.monotonic() < end:
            pass
        pids = pids or self.backends()
        if pids:
            _execute(_in_database(self.url, "postgres"), f"SELECT pg_terminate_backend({rng.choice(pids)})")
        return bool(pids)

    def backends(self, *, busy: bool = False) -> list[int]:
        """Of the command's connections."""
        query = (
            "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name = 'news-ingest' "
            "AND (state <> 'idle' OR NOT %s) ORDER BY pid"
        )
        with psycopg.connect(_in_database(self.url, "postgres"), autocommit=True) as connection:
            return [pid for (pid,) in connection.execute(query, [DATABASE, busy])]

    def restart(self) -> None:
        """At once, as after a crash: the server recovers from its log."""
        self._program("pg_ctl", "restart", "-m", "immediate", "-w", "-s", "-D", str(self.embedded.data), "-l", str(self.embedded.log))

    @contextmanager
    def full_disk(self, largest: int) -> Iterator[None]:
        """No file of the server may grow beyond so many bytes, and writes fail, until the block ends."""
        try:
            self._limit(largest)
            yield
        finally:
            self._limit(None)
            self.embedded.start()  # where it has given up
            (self.embedded.base / "keep").unlink()

    def _limit(self, largest: int | None) -> None:
        with suppress(FileNotFoundError):
            postmaster = int((self.embedded.data / "postmaster.pid").read_text().split()[0])
            size = "unlimited" if largest is None else largest
            for pid in (postmaster, *_children(postmaster)):  # in this order: those that start meanwhile inherit it
                limit = [*as_server(), "prlimit", "--pid", str(pid), f"--fsize={size}:unlimited"]  # root, too, may be denied it
                done = subprocess.run(limit, capture_output=True, text=True, check=False)
                assert done.returncode == 0 or "No such process" in done.stderr, done.stderr

    def _program(self, name: str, *arguments: str) -> None:
        command = [*as_server(), str(binaries() / name), *arguments]
        # Not into a pipe: the server that pg_ctl starts would keep it open.
        silent = subprocess.DEVNULL
        subprocess.run(
            command, env=clean_environment(), cwd="/", stdin=silent, stdout=silent, stderr=silent, start_new_session=True, check=False
        )


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _in_database(url: str, name: str) -> str:
    return url.replace(f"/{DATABASE}?", f"/{name}?")


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


@dataclass
class Scene:
    """What a round happens to: a server with a fresh database, folders, and random choices."""

    server: Server
    folder: Path
    other: Path
    long: Path
    usual: float
    """Seconds that an undisturbed run takes."""
    rng: random.Random
    ends: Ends
    batch: int

    @contextmanager
    def started(self, folder: Path | None = None) -> Iterator[subprocess.Popen[str]]:
        """`ingest run`, with one process or two that extract; ends when it ends."""
        environment = self.environment
        command = [str(INGEST), "run", str(folder or self.folder)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            yield process
            _, said = process.communicate(timeout=_PATIENCE)
            self.ends.note(process.returncode, said)

    @property
    def environment(self) -> Environment:
        """Of one run."""
        return self.server.environment | {"INGEST_BATCH_SIZE": str(self.batch), "INGEST_JOBS": self.rng.choice("112")}

    def any_moment(self) -> None:
        """From before the command has connected until after it would have ended."""
        time.sleep(self.rng.uniform(0.25, 1.05) * self.usual)

    def mid_run(self, process: subprocess.Popen[str]) -> None:
        """From when the command has connected until about when it ends."""
        while not self.server.backends() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(self.rng.uniform(0, 0.7) * self.usual)


def killed(scene: Scene) -> tuple[Path, ...]:
    """Until one run completes by itself."""
    for _ in range(20):
        with scene.started() as process:
            scene.any_moment()
            process.kill()
        if process.returncode == 0:
            break
        scene.ends.disturbed += 1
    return (scene.folder,)


def cut_off(scene: Scene) -> tuple[Path, ...]:
    """A connection is ended: the one that loads, or the one that holds the run's lock."""
    with scene.started() as process:
        scene.mid_run(process)
        scene.ends.disturbed += scene.server.end_a_backend(scene.rng)
    return (scene.folder,)


def restarted(scene: Scene) -> tuple[Path, ...]:
    """The server crashes and comes back."""
    with scene.started() as process:
        scene.mid_run(process)
        scene.ends.disturbed += process.poll() is None
        scene.server.restart()
    return (scene.folder,)


def disk_full(scene: Scene) -> tuple[Path, ...]:
    """Tables cannot grow; or, in one round of three, the log neither, and the server ends all connections."""
    tables = scene.rng.random() > 1 / 3
    largest = scene.rng.randrange(1_100_000, 1_600_000) if tables else scene.rng.choice((8_192, 100_000, 1_000_000))
    with ExitStack() as until_end, scene.started(scene.long) as process:
        if not tables:
            scene.mid_run(process)
        until_end.enter_context(scene.server.full_disk(largest))
    scene.ends.disturbed += process.returncode != 0
    return (scene.long,)


def doubled(scene: Scene) -> tuple[Path, ...]:
    """Two or three loaders of one folder."""
    with ExitStack() as stack:
        for _ in range(scene.rng.choice((2, 3))):
            stack.enter_context(scene.started())
            scene.ends.disturbed += 1
            time.sleep(scene.rng.uniform(0, 0.3) * scene.usual)
    return (scene.folder,)


def overlapping(scene: Scene) -> tuple[Path, ...]:
    """Two loaders of two folders that hold different versions of the same pages, and copies of the same."""
    with scene.started(scene.folder), scene.started(scene.other):
        pass
    scene.ends.disturbed += 2
    run_once(scene.environment, scene.folder)
    return scene.other, scene.folder


Kind = Callable[[Scene], tuple[Path, ...]]
KINDS: dict[str, Kind] = {f.__name__: f for f in (killed, cut_off, restarted, disk_full, doubled, overlapping)}
_SAME_TABLES = (killed, cut_off, restarted, disk_full)
"""Kinds after which the tables are as if nothing had happened: one loader reads in one order, in one size of batches."""
_BATCH = 16


class Stage:
    """Where rounds are played: made once, for all of them."""

    def __init__(self, folder: Path, pages: int = 120) -> None:
        self.server = Server(folder / "home")
        self.server.prepare()
        self.folder = made_folder(folder / "first", pages)
        self.other = made_folder(folder / "second", pages, edition="second")
        self.long = made_folder(folder / "long", 100, paragraphs=40)
        self.usual: dict[Path, float] = {}
        self.undisturbed = {pages: self._undisturbed(pages) for pages in (self.folder, self.long)}

    def _undisturbed(self, folder: Path) -> dict[str, list[tuple[object, ...]]]:
        with self.server.embedded.using() as url:
            self.server.clean(migrated=True)
            started = time.monotonic()
            run_once(self.server.environment | {"INGEST_BATCH_SIZE": str(_BATCH)}, folder)
            self.usual[folder] = time.monotonic() - started
            with psycopg.connect(url) as connection:
                assert broken_promises(connection, folder) == []
                return contents(connection)

    def play(self, kind: Kind, seed: str, ends: Ends) -> list[str]:
        """One round; what was wrong with it."""
        rng = random.Random(f"{seed} {kind.__name__}")  # noqa: S311  # nothing secret
        with self.server.embedded.using() as url:
            self.server.clean(migrated=kind in {doubled, overlapping} or rng.random() < 0.7)
            usual = self.usual[self.long if kind is disk_full else self.folder]
            batch = _BATCH if kind in _SAME_TABLES else rng.choice((5, 16, 48))
            scene = Scene(self.server, self.folder, self.other, self.long, usual, rng, ends, batch)
            folders = kind(scene)
            run_once(scene.environment, folders[0])
            with psycopg.connect(url) as connection:
                wrong = broken_promises(connection, *folders)
                now = contents(connection)
        if kind in _SAME_TABLES:
            undisturbed = self.undisturbed[folders[0]]
            wrong += [
                f"other {name} than undisturbed: {_difference(now[name], undisturbed[name])}"
                for name in now
                if now[name] != undisturbed[name]
            ]
        wrong += ends.complaints
        ends.complaints = []
        return wrong

    def close(self) -> None:
        """Stop the server."""
        self.server.embedded.stop(force=True)


def _difference(rows: list[tuple[object, ...]], others: list[tuple[object, ...]]) -> str:
    return f"{[r for r in rows if r not in others][:1]} for {[r for r in others if r not in rows][:1]}"[:600]


def _say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201  # a program's output


def _main() -> int:
    parser = argparse.ArgumentParser(description="Disturb loading at random moments, and look whether the tables keep their promises.")
    parser.add_argument("--rounds", type=int, default=300, help="rounds in all; the kinds take turns")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**6))
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first round's number")
    parser.add_argument("--only", choices=KINDS, action="append", help="kinds of disturbance")
    arguments = parser.parse_args()
    names = arguments.only or list(KINDS)
    _say(f"seed {arguments.seed}")
    ends = {name: Ends() for name in names}
    rounds, broken = Counter[str](), Counter[str]()
    folder = Path(tempfile.mkdtemp(prefix="news-"))
    stage = Stage(folder)
    try:
        for number in range(arguments.first, arguments.first + arguments.rounds):
            name = names[number % len(names)]
            rounds[name] += 1
            wrong = stage.play(KINDS[name], f"{arguments.seed} {number}", ends[name])
            broken[name] += bool(wrong)
            for sentence in wrong:
                _say(f"round {number}, {name}: {sentence}")
    finally:
        stage.close()
        shutil.rmtree(folder)
        _say(f"{'kind':12}{'rounds':>8}{'broken':>8}{'runs':>8}{'disturbed':>11}  exit codes")
        for name in names:
            codes = ends[name].codes
            _say(f"{name:12}{rounds[name]:8}{broken[name]:8}{codes.total():8}{ends[name].disturbed:11}  {dict(sorted(codes.items()))}")
    return 1 if broken.total() else 0


if __name__ == "__main__":
    sys.exit(_main())
