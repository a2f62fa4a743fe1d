"""What `evidence show` says of means: over which languages they are, which model is best, and what cannot be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.questions.names import Names
from isogloss.questions.scale import Scale
from isogloss.text import counted, first_of

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence.comparable_means import ComparableMeans

SHOWN = 3


def with_shared_means(counts: pl.DataFrame, means: ComparableMeans, scale: Scale) -> pl.DataFrame:
    """A table of settings with `shared`, `shared_mean` and `standing`; as it is where nothing can be compared."""
    import polars as pl

    from isogloss.evidence.schema import SETTING

    if means.settings.is_empty() or not set(SETTING) <= set(counts.columns):
        return counts
    more = means.settings.select(*SETTING, "shared", "shared_mean", "shared_error", "standing")
    joined = counts.join(more, on=SETTING, how="left", nulls_equal=True, maintain_order="left")
    factor = pl.when(pl.col("scale") == "raw").then(1.0).otherwise(scale.factor)
    return joined.with_columns(pl.col("shared_mean", "shared_error") * factor)


def with_smallest_differences(counts: pl.DataFrame, means: ComparableMeans, scale: Scale) -> pl.DataFrame:
    """A table by language with the smallest difference between two models that the test items of any task show."""
    import polars as pl

    bounded = means.languages.filter(pl.col("scale") != "raw").drop_nulls("smallest_difference")
    if "target" not in counts.columns or bounded.is_empty():
        return counts
    most = bounded.group_by("target").agg(smallest_difference=pl.col("smallest_difference").max() * scale.factor)
    return counts.join(most, on="target", how="left", maintain_order="left")


def describe_twins(means: ComparableMeans, names: Names) -> tuple[str, ...]:
    """Which languages count as one."""
    return tuple(
        f"{' and '.join(map(names, same))} are nearly identical and count as one language."
        for same in means.twins[:SHOWN]
    )


def describe_means(means: ComparableMeans, names: Names, scale: Scale) -> tuple[str, ...]:
    """Whether means can be compared, which setting of the only task is best, and how small a difference can show."""
    said = list(describe_twins(means, names))
    if means.settings.is_empty():
        return tuple(said)
    tasks = means.settings.select("task", "metric", "split", "pair").n_unique()
    if means.uneven:
        said.append(_uneven(means, tasks))
    if tasks == 1 and means.settings["shared"][0] > 0:
        said.append(_best(means, scale))
    if means.other_items:
        said.append(
            f"In {counted(means.other_items, 'language')} models were tested on different numbers of items: there, "
            "means are not over the same items."
        )
    return (*said, *_smallest(means, names, scale))


def _uneven(means: ComparableMeans, tasks: int) -> str:
    if tasks > 1:
        return (
            "Models were measured in different languages: compare them by their shared mean, over the languages that "
            "all have, not by their mean."
        )
    shared, settings = means.settings["shared"][0], means.settings.height
    kind = "models" if means.settings["model"].n_unique() == settings else "settings"
    begun = "The means of models are over different languages: do not compare them."
    was = "was" if shared == 1 else "were"
    return f"{begun} {counted(shared, 'language')} {was} measured with all {settings} {kind}."


def _best(means: ComparableMeans, scale: Scale) -> str:
    rows = means.settings.to_dicts()
    factor = 1.0 if rows[0]["scale"] == "raw" else scale.factor
    best = next((row for row in rows if row["standing"] == "best"), None)
    shared = f"Over the {counted(rows[0]['shared'], 'language')} that all have"
    if best is None:
        return f"{shared}, means can be compared."
    begun = f"{shared}, {_called(best, rows)} is best with {best['shared_mean'] * factor:.{scale.digits}f}"
    if any(row["standing"] is None for row in rows):
        return f"{begun}; whether others tie with it is not known, without standard errors or numbers of items."
    ties = [_called(row, rows) for row in rows if row["standing"] == "tie"]
    if not ties:
        return f"{begun}, by more than its error."
    return f"{begun}; {first_of(ties, SHOWN)} {'ties' if len(ties) == 1 else 'tie'} with it, within the error."


def _called(row: dict[str, object], rows: list[dict[str, object]]) -> str:
    """A setting by what tells it apart."""
    apart = [name for name in ("model", "model_revision", "recipe", "shots") if len({one[name] for one in rows}) > 1]
    return " ".join(str(row[name]) for name in apart if row[name] is not None) or str(row["model"])


def _smallest(means: ComparableMeans, names: Names, scale: Scale) -> tuple[str, ...]:
    """Languages whose models lie nearer to one another than their test items can show."""
    import polars as pl

    known = means.languages.drop_nulls("smallest_difference").filter(pl.col("scale") != "raw")
    small = known.filter(pl.col("spread") < pl.col("smallest_difference")).sort("smallest_difference", descending=True)
    if small.is_empty():
        return ()
    worst = small.row(0, named=True)
    listed = list(dict.fromkeys(small["target"]))
    shown = ", ".join(names(code) for code in listed[:SHOWN]) + (", ..." if len(listed) > SHOWN else "")
    least = f"{worst['smallest_difference'] * scale.points:.0f} points"
    return (
        f"Too few test items to tell models apart in {counted(len(listed), 'language')} ({shown}): in "
        f"{names(worst['target'])} only differences of {least} and more show.",
    )
