"""What a grid has found so far: scores from each source to each target, and what learning from a target costs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from isogloss.errors import UnknownName
from isogloss.evidence.pairs import ARROW, TARGET
from isogloss.evidence.schema import OBSERVATION, observation_keys
from isogloss.evidence.store import Store
from isogloss.lab.grid import Grid
from isogloss.lab.job import Bench, Job
from isogloss.lab.results import Failures
from isogloss.lab.run import read_benches

PAIRS_LEARNT = rf"@(\d+:[0-9a-f]{{6}}|[^@]*{ARROW}[^@]*)$"
"""What `Bench.label_with_pairs` adds to the name of a recipe."""
CELL = ("task", "pair", "model", "recipe", "metric", "source", "size", "shown", "shown_size", "target")
"""What one cell of a transfer table is about."""


@dataclass(frozen=True)
class Findings:
    """The part of a store that a grid asks for.

    Attributes
    ----------
    observations : polars.DataFrame
        Those of the grid's jobs, with `observation` (their key), `source`, `size`, `shown` and `shown_size`: canonical
        ids and counts. A source of several languages is written as their training mix, `eng:350,swh:350`; of pairs as
        `deu->eng:350,eng->deu:350`.
    jobs, measured, failed : int
        Jobs of the grid; of these, those in the store and those noted as failed.
    categories : polars.DataFrame
        The same of categories of test items, with `category`; `task` is the task that they are of.
    """

    observations: pl.DataFrame
    jobs: int
    measured: int
    failed: int
    categories: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def metric(self) -> str:
        """The first metric there is."""
        return str(self.observations["metric"][0]) if self.observations.height else "score"

    def of_metric(self, metric: str | None) -> Findings:
        """The observations of one metric, by default of the first that each task has.

        Raises
        ------
        UnknownName
            If nothing was scored by it.
        """
        known = self.observations["metric"].unique(maintain_order=True).to_list()
        if metric is not None and metric not in known:
            raise UnknownName("metric", metric, known)
        kept = pl.col("metric") == (metric if metric is not None else pl.col("metric").first().over("task"))
        observations = self.observations.filter(kept)
        if self.categories.is_empty():
            return replace(self, observations=observations)
        categories = self.categories.join(observations.select("task", "metric").unique(), on=["task", "metric"])
        return replace(self, observations=observations, categories=categories)

    def by_category(self) -> pl.DataFrame:
        """One row per task, category, model, recipe, metric, size and size shown: the mean over sources and targets.

        Returns
        -------
        polars.DataFrame
            With `score`, `targets` (languages), `items` (of each language, on average), and `whole`: the mean score of
            all items in the same languages. Empty where the task names no categories.
        """
        if self.categories.is_empty():
            return pl.DataFrame()
        run = ["task", "model", "recipe", "metric", "origin", "target", "pair"]
        whole = self.observations.select(*run, whole="score")
        group = ("task", "category", "model", "recipe", "metric", "size", "shown_size")
        return (
            self.categories.join(whole, on=run, nulls_equal=True)
            .group_by(group)
            .agg(pl.col("score", "whole").mean(), targets=pl.col("target").n_unique(), items=pl.col("items").mean())
            .sort(group)
        )

    def cells(self) -> pl.DataFrame:
        """One row per task, model, recipe, metric, source, size, language shown, its size and target.

        Returns
        -------
        polars.DataFrame
            The columns of `CELL` (`source` is empty where there were no examples of any), `score` (mean over
            seeds), `seeds`, `standard_error` (of that mean: the standard deviation over seeds by the root of their
            number; with one seed that of the items, where it is known) and `items`.
        """
        spread = pl.col("score").std() / pl.len().cast(pl.Float64).sqrt()
        return (
            self.observations.group_by(CELL, maintain_order=True)
            .agg(
                pl.col("score").mean(),
                seeds=pl.len(),
                standard_error=pl.when(pl.len() > 1).then(spread).otherwise(pl.col("standard_error").first()),
                items=pl.col("items").first(),
            )
            .sort(CELL, nulls_last=False)
        )

    def summary(self) -> pl.DataFrame:
        """One row per task, model, recipe, metric, size and size shown: mean scores within and across languages.

        Returns
        -------
        polars.DataFrame
            `within` is the mean score of sources on their own languages, `across` that of all other pairs in which the
            target was not trained on, `few_shot_score` that of targets some of whose examples were learnt from; null
            where there is no such pair. `sources` and `targets` count languages, `seeds` the fewest of any pair.
        """
        same = pl.col("same")
        is_shown = (pl.col("shown") == pl.col("target")).fill_null(False)
        pairs = pl.col("source").str.contains(ARROW, literal=True)  # these are what a mean is over
        return (
            self.cells()
            .with_columns(same=target_in_source(), pair=pl.when(~pairs).then("pair"))
            .group_by("task", "pair", "model", "recipe", "metric", "size", "shown_size", maintain_order=True)
            .agg(
                sources=pl.col("source").n_unique(),
                targets=pl.col("target").n_unique(),
                seeds=pl.col("seeds").min(),
                within=pl.col("score").filter(same).mean(),
                across=pl.col("score").filter(~same & ~is_shown).mean(),
                few_shot_score=pl.col("score").filter(is_shown).mean(),
            )
        )

    def changes(self) -> pl.DataFrame:
        """What examples of a target change, where there are trainings with and without them: gains and forgetting.

        Returns
        -------
        polars.DataFrame
            Per task, model, recipe, metric, size and size shown the mean change of the score in the language shown
            (`gain`), in the source (`source_change`: what is forgotten where negative) and in the other targets
            (`others_change`: interference where negative), and how many trainings that is the mean of.
        """
        key = ["task", "pair", "model", "recipe", "metric", "source", "size", "seed", "target"]
        before = self.observations.filter(shown_size=0).select(*key, before="score")
        after = self.observations.filter(pl.col("shown_size") > 0).join(before, on=key, nulls_equal=True)
        change = pl.col("score") - pl.col("before")
        is_shown, is_source = pl.col("target") == pl.col("shown"), target_in_source()
        group = ("task", "pair", "model", "recipe", "metric", "size", "shown_size")
        return after.group_by(group, maintain_order=True).agg(
            trainings=pl.col("origin").n_unique(),
            gain=change.filter(is_shown).mean(),
            source_change=change.filter(is_source).mean(),
            others_change=change.filter(~is_shown & ~is_source).mean(),
        )


def target_in_source() -> pl.Expr:
    """Whether the target is a language of the source, which may be a mix of several; or its pair, of pairs."""
    learnt = pl.col("source").str.replace_all(r":\d+", "").str.split(",")
    return learnt.list.contains(pl.col("target")) | learnt.list.contains(direction()).fill_null(False)


def direction() -> pl.Expr:
    """From which language into which a score is, as `deu->fra`; null where it is about one language."""
    pair, target = pl.col("pair"), pl.col("target")
    into_other = pl.concat_str(target, pl.lit(ARROW), pair.str.strip_prefix(f"{TARGET}-"))
    from_other = pl.concat_str(pair.str.strip_suffix(f"-{TARGET}"), pl.lit(ARROW), target)
    return pl.when(pair.str.starts_with(f"{TARGET}-")).then(into_other).otherwise(from_other)


def findings(grid: Grid, store: Store) -> Findings:
    """Look up what a store has of a grid.

    Raises
    ------
    InputError
        If the grid's data or the store cannot be read.
    """
    benches = read_benches(grid)
    stored = store.read().observations.filter(importer="lab")
    jobs = [(bench, job) for bench in benches for job in bench.jobs]
    table = pl.DataFrame(
        [{"origin": job.origin, **_describe(bench, job)} for bench, job in jobs],
        schema={
            "origin": pl.String, "task": pl.String, "source": pl.String, "size": pl.Int64,
            "shown": pl.String, "shown_size": pl.Int64,
        },
    ).unique()  # fmt: skip
    targets = {bench.task.languages[code].id for bench in benches for code in bench.targets}
    stored = stored.filter(pl.col("target").is_in(list(targets)))
    categories = [
        stored.filter(task=task.name_of(one)).with_columns(category=pl.lit(one), task=pl.lit(task.info.name))
        for task in (bench.task for bench in benches) for one in task.categories
    ]  # fmt: skip
    stored = pl.concat([stored.with_columns(category=pl.lit(None, pl.String)), *categories])
    found = stored.join(table, on=["origin", "task"])
    keys = {job.key for _, job in jobs}
    # What tells trainings on pairs apart stands in `source` here, and need not in names of recipes.
    found = found.with_columns(observation_keys(found), recipe=pl.col("recipe").str.replace(PAIRS_LEARNT, ""))
    columns = [*OBSERVATION, "observation", "source", "size", "shown", "shown_size"]
    failed = len(Failures(store).jobs() & keys)
    return Findings(
        found.filter(pl.col("category").is_null()).select(columns), len(keys), found["origin"].n_unique(), failed,
        found.filter(pl.col("category").is_not_null()).select(*columns, "category"),
    )  # fmt: skip


def _describe(bench: Bench, job: Job) -> dict[str, Any]:
    shown = None if job.shots_of is None else bench.task.languages[job.shots_of].id
    sizes = {bench.task.name_in_grids(code): size for code, size in job.sizes.items() if size}
    # Without examples there is no source; of one language the size stands in a column of its own.
    source = "".join(sizes) if len(sizes) < 2 else ",".join(f"{name}:{sizes[name]}" for name in sorted(sizes))
    return {
        "task": bench.task.info.name, "source": source, "size": job.size, "shown": shown, "shown_size": job.shots,
    }  # fmt: skip
