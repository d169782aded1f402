"""The flow: articles are made again from the pages that are kept, in one task that goes on where it lost its connection."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from prefect.utilities.annotations import quote

from flows.deployments import REPROCESS
from flows.parameters import AtLeastOne, When, instant
from flows.record import Progress, publish, run_facts, some_of, when
from ingest.errors import DatabaseUnreachable, IngestError, UsageError
from ingest.model import Tally
from ingest.pipeline import merge_tallies, with_source_rules
from ingest.report.run_table import add_up
from ingest.rules.book import RuleBook, book_at
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.faults import told_in_a_sentence
from ingest.store.queries import run_rejections
from ingest.store.rejected import RETRY_KIND, plan_refused, retry_kept
from ingest.store.reprocess import LeftAlone, Selection, count_selected
from ingest.store.reprocess import reprocess as make_again
from ingest.store.runs import running

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State, TaskRun
    from prefect.tasks import Task

_RETRY_SECONDS = [10.0, 60.0, 300.0]  # a run of hours outlasts the restart of a Postgres
_SHOWN = 100  # numbers of articles in a note


def is_connection_fault(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether the task failed for its connection: what it has loaded is loaded, and it goes on from there."""
    return isinstance(state.result(raise_on_failure=False), DatabaseUnreachable)


class EveryPageRefused(IngestError):
    """Pages were read again, and none of them gave an article."""


@dataclass(slots=True)
class Done:
    """What a run has come to so far; a task that is tried again adds to it."""

    progress: Progress
    tallies: list[Tally] = field(default_factory=list)
    left: LeftAlone = field(default_factory=LeftAlone)


def run_name() -> str:
    """Which articles are made again, and when."""
    wanted = flow_run.parameters
    which = [some_of(wanted["sources"])] if wanted.get("sources") else []
    which += [f"{name} {wanted[name]}" for name in ("since", "until") if wanted.get(name)]
    which += [f"refused for {wanted['reason']}"] if wanted.get("reason") else []
    which += [f"made by version {wanted['extractor_version']}"] if wanted.get("extractor_version") else []
    which += [f"{len(wanted['articles']):,} by number"] if wanted.get("articles") else []
    return f"reprocess {' '.join(which) or 'all outdated'}, {when()}"


@dataclass(frozen=True, slots=True)
class Refused:
    """Pages that gave no article, to be read again instead of articles: the numbers of their rejections."""

    ids: tuple[int, ...]
    outdated: bool
    """Without those that this extractor has refused."""


@task(
    name="reprocess-articles",
    retries=len(_RETRY_SECONDS),
    retry_delay_seconds=_RETRY_SECONDS,
    retry_condition_fn=is_connection_fault,
    cache_policy=NO_CACHE,
)
def reprocess_articles(run_id: UUID, what: Selection | Refused, rules: RuleBook, jobs: int, done: Done) -> None:
    """Make the articles again over a connection of its own; what is made already is not made twice, so it can be tried again."""
    settings = Settings.from_env()
    done.left = LeftAlone()  # it is counted from the beginning each time
    with open_engine(settings, check_schema=False) as engine, told_in_a_sentence():
        if isinstance(what, Refused):
            batches = retry_kept(engine, run_id, what.ids, rules, settings, jobs, outdated=what.outdated)
        else:
            batches = make_again(engine, run_id, what, rules, settings, jobs, done.left)
        for batch in batches:
            done.tallies = merge_tallies([*done.tallies, *batch])
            done.progress.advance(sum(t.found for t in batch))


@flow(name=REPROCESS.flow, flow_run_name=run_name, timeout_seconds=REPROCESS.timeout_seconds, validate_parameters=True)
def reprocess(  # noqa: PLR0913, PLR0917  # a parameter each is how Prefect makes its form
    outdated: bool = False,  # noqa: FBT001, FBT002  # Prefect's form gives parameters by name
    sources: list[str] | None = None,
    since: When | None = None,
    until: When | None = None,
    extractor_version: str | None = None,
    articles: list[int] | None = None,
    reason: str | None = None,
    rules: str | None = None,
    jobs: AtLeastOne | None = None,
) -> dict[str, Any]:
    """Make articles again from the pages that are kept, with the extractor and the rules of today. Nothing is fetched.

    Args:
        outdated: All that another extractor or other rules have made, or that has text which was learned to be boilerplate since.
        sources: Of it, these sources': their slugs.
        since: Published since: 2026-11-02, or 7d.
        until: Published before: 2026-11-09, or 1d.
        extractor_version: Made by this version, as article.extractor_version has it.
        articles: These articles, by their numbers.
        reason: Instead of articles, pages that were refused for it, as ops.rejection.reason has it: of the sources' hosts, refused last
            between the dates and by the version; with outdated, only those that this extractor has not refused.
        rules: Rules for sites: a rule file or a folder of them, on the machine that runs the flow; else those that INGEST_RULES names.
        jobs: Processes that extract; unset, INGEST_JOBS, else one a core.

    Returns:
        ``sources``, ``total`` and ``rejections``, as `ingest reprocess --json` prints them, and what was ``left`` as it is.

    Raises:
        UsageError: nothing is selected, a date is none, or a source or an article is not known, or a reason and articles are given.
        EveryPageRefused: pages were read again, and none gave an article.
    """
    if not (outdated or sources or since or until or extractor_version or articles or reason):
        raise UsageError("Say which articles to make again: outdated for all that another extractor has made, or one of the others.")
    selection = Selection(
        tuple(sources or ()), instant("since", since), instant("until", until), extractor_version, tuple(articles or ()), reason
    )
    settings = Settings.from_env()
    facts = run_facts(REPROCESS.flow, selection.told(), kind=RETRY_KIND if reason else "reextract")
    with open_engine(settings) as engine:
        book = with_source_rules(engine, book_at(Path(rules) if rules else settings.rules))
        what: Selection | Refused = selection
        if reason:
            plan = plan_refused(engine, selection)
            what, total, lost = Refused(plan.kept, outdated), len(plan.kept), len(plan.urls) + len(plan.files)
        else:
            total, lost = count_selected(engine, selection, book)
        done = Done(Progress(REPROCESS.flow, total, "pages" if reason else "articles"))
        with running(engine, **facts) as run_id:
            # quote: Prefect would look through all of it for results of tasks, and hand a copy of what is done to the task.
            reprocess_articles(
                run_id,
                cast("Selection | Refused", quote(what)),
                cast("RuleBook", quote(book)),
                settings.job_count(jobs),
                cast("Done", quote(done)),
            )
            rejections = run_rejections(engine, run_id)
            left = {"without_a_page": lost, "current": done.left.current, "of_another_url": len(done.left.elsewhere)}
            get_run_logger().info("left as they are %s", " ".join(f"{name}={count}" for name, count in left.items()))
            if lost or done.left.elsewhere:
                create_markdown_artifact(_note(lost, done.left), key=f"{REPROCESS.flow}-left", description="What is as it was.")
            publish(REPROCESS.flow, settings, done.tallies, rejections)
            in_all = add_up("total", done.tallies)
            if in_all.came_to_nothing:
                raise EveryPageRefused(f"None of {in_all.found:,} pages gave an article; see ops.rejection.")
    tables = {"sources": [asdict(t) for t in done.tallies], "total": asdict(in_all), "rejections": [asdict(r) for r in rejections]}
    return tables | {"left": left}


def _note(lost: int, left: LeftAlone) -> str:
    lines = [f"- {lost:,} without a page that is kept: `INGEST_KEEP_PAGE_DAYS` let go of it, or none was stored."] if lost else []
    if left.elsewhere:
        numbers = ", ".join(map(str, left.elsewhere[:_SHOWN])) + (", …" if len(left.elsewhere) > _SHOWN else "")
        lines.append(f"- {len(left.elsewhere):,} whose pages now name another article's URL, by number: {numbers}")
    return "\n".join(lines)
