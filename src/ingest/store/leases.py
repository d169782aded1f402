"""ops.host_lease: each host belongs to one session at a time, and what is left of its delay goes with it to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Engine, TextClause

# Every statement locks its rows in the order of their hosts, so that sessions which want the same ones wait, and do not deadlock.
# clock_timestamp(), not now(): a statement may have waited for another session's.
_TAKE = text("""
INSERT INTO ops.host_lease AS l (host, holder, leased_until, free_from)
SELECT host, CAST(:holder AS uuid), clock_timestamp() + make_interval(secs => :lease), clock_timestamp()
FROM unnest(CAST(:hosts AS text[])) AS wanted (host) ORDER BY host
ON CONFLICT (host) DO UPDATE
SET holder = excluded.holder, leased_until = clock_timestamp() + make_interval(secs => :lease), wanted_at = NULL
WHERE l.holder IS NULL OR l.holder = excluded.holder OR l.leased_until < clock_timestamp()
RETURNING host, greatest(0, extract(epoch FROM l.free_from - clock_timestamp()))::float8 AS seconds
""")
_WANT = text("""
WITH found AS (SELECT host FROM ops.host_lease WHERE host = ANY(CAST(:hosts AS text[])) ORDER BY host FOR UPDATE)
UPDATE ops.host_lease l SET wanted_at = clock_timestamp() FROM found WHERE l.host = found.host
""")
_RENEW = text("""
WITH mine AS (
    SELECT l.host, k.seconds FROM ops.host_lease l
    JOIN unnest(CAST(:hosts AS text[]), CAST(:seconds AS float8[])) AS k (host, seconds) USING (host)
    WHERE l.holder = :holder ORDER BY l.host FOR UPDATE OF l
)
UPDATE ops.host_lease l
SET leased_until = clock_timestamp() + make_interval(secs => :lease), free_from = clock_timestamp() + make_interval(secs => mine.seconds)
FROM mine WHERE l.host = mine.host
RETURNING l.host, coalesce(l.wanted_at > clock_timestamp() - make_interval(secs => :recent), false) AS is_wanted
""")
_GIVE_BACK = text("""
WITH mine AS (
    SELECT l.host, k.seconds FROM ops.host_lease l
    LEFT JOIN unnest(CAST(:hosts AS text[]), CAST(:seconds AS float8[])) AS k (host, seconds) USING (host)
    WHERE l.holder = :holder AND (:all OR k.host IS NOT NULL) ORDER BY l.host FOR UPDATE OF l
)
UPDATE ops.host_lease l
SET holder = NULL, leased_until = clock_timestamp(), wanted_at = NULL,
    free_from = coalesce(clock_timestamp() + make_interval(secs => mine.seconds), l.free_from)
FROM mine WHERE l.host = mine.host
""")
_WANTED_SECONDS = 3.0  # sessions that want a host ask for it about once a second


class DatabaseHostLeases:
    """The leases of one session, in ``ops.host_lease``; all times are the database's."""

    def __init__(self, engine: Engine, seconds: float) -> None:
        self._engine = engine
        self._holder = uuid4()
        self._seconds = seconds

    @property
    def holder(self) -> UUID:
        """The session."""
        return self._holder

    @property
    def seconds(self) -> float:
        """How long a lease lasts that is not renewed."""
        return self._seconds

    def take(self, hosts: Sequence[str]) -> dict[str, float]:
        """Take those that nobody else holds: each with the seconds until it may be asked. The others are noted as wanted."""
        taken = {row.host: row.seconds for row in self._run(_TAKE, hosts=sorted(hosts), lease=self._seconds)}
        if others := sorted(set(hosts) - set(taken)):
            self._run(_WANT, hosts=others)
        return taken

    def renew(self, seconds: Mapping[str, float]) -> dict[str, bool]:
        """Hold hosts for another while; those that are still held, and whether somebody wants them.

        ``seconds`` is after how long they may be asked, should this session vanish.
        """
        facts = {"hosts": list(seconds), "seconds": list(seconds.values()), "lease": self._seconds, "recent": _WANTED_SECONDS}
        return {row.host: row.is_wanted for row in self._run(_RENEW, **facts)}

    def give_back(self, seconds: Mapping[str, float]) -> None:
        """Let go of hosts; ``seconds`` is after how long the next session may ask them."""
        self._run(_GIVE_BACK, hosts=list(seconds), seconds=list(seconds.values()), all=False)

    def give_back_all(self, seconds: Mapping[str, float]) -> None:
        """Let go of all hosts, those too that were taken without the caller's knowledge; `seconds` as for `give_back`."""
        self._run(_GIVE_BACK, hosts=list(seconds), seconds=list(seconds.values()), all=True)

    def _run(self, statement: TextClause, **parameters: Any) -> list[Any]:  # noqa: ANN401  # values of SQL
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            done = connection.execute(statement, {"holder": self._holder} | parameters)
            return list(done) if done.returns_rows else []
