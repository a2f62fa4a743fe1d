"""Which pronoun does a model expect after an occupation: the one that the occupation suggests?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.items import read_items, require
from isogloss.behaviour.metrics.gender import FEMALE, GENDERS, MALE
from isogloss.behaviour.tallies import kinds
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.models.decoder import Decoder
from isogloss.models.likelihood import score
from isogloss.stats import bootstrap_weights, check_level, holm, percentile_interval, permutation_p_value

COLUMNS = ("language", "task", "item", "occupation", "stereotype", "question", MALE, FEMALE)
LONGEST = 1024
DRAWS = 2000
FEWEST = 2


class KindGap(NamedTuple):
    """A difference between two kinds of occupations, its interval, and the p-value of kinds dealt out anew."""

    gap: float
    lower: float
    upper: float
    p_value: float


@dataclass(frozen=True)
class PronounChoice:
    """Which pronouns a model expects.

    Attributes
    ----------
    items : polars.DataFrame
        `language`, `task`, `item`, `occupation`, `stereotype`, and `log_odds`: log P(male continuation) less log
        P(female one), in nats.
    scores : polars.DataFrame
        For each `language` and `task`: `gap` with `lower` and `upper`, `p_value` and `adjusted` (Holm over the rows);
        `preferred`, the share of sentences in which the pronoun that the occupation suggests is the likelier one, with
        `preferred_lower` and `preferred_upper`; `male_log_odds`, the mean over both kinds of occupations; `occupations`
        and `items`.
    """

    items: pl.DataFrame
    scores: pl.DataFrame


def read_pronoun_choices(source: Any, *, columns: Any = None, languages: Any = None) -> pl.DataFrame:
    """Read a table of sentences about an occupation, each with two pronouns to go on with.

    Parameters
    ----------
    source, columns, languages : see `read_items`
        `item`, `occupation`, `stereotype` (male or female: the gender that the occupation suggests), `question` (the
        sentence before the pronoun), `male` and `female` (how it goes on); `language` and `task` if there are several.

    Raises
    ------
    BadValue
        If a column is missing, both continuations are one, or an occupation suggests both genders.
    """
    table = read_items(source, columns=columns, languages=languages, roles=COLUMNS)
    require(table, "item", "occupation", "stereotype", "question", MALE, FEMALE)
    table = kinds(table, "stereotype", GENDERS)
    for name, default in (("language", "eng"), ("task", "pronouns")):
        if name not in table.columns:
            table = table.with_columns(pl.lit(default).alias(name))
    table = table.select(pl.col(name).cast(pl.String) for name in COLUMNS)
    for row in table.iter_rows(named=True):
        if not (row[MALE] or "").strip() or not (row[FEMALE] or "").strip() or row[MALE].strip() == row[FEMALE].strip():
            raise BadValue("has no two continuations that differ", where=f"item {row['item']}",
                           hint="fill the columns male and female, such as he and she")  # fmt: skip
    suggested = table.group_by("language", "task", "occupation", maintain_order=True)
    both = suggested.agg(pl.col("stereotype").n_unique()).filter(pl.col("stereotype") > 1)
    if both.height:
        raise BadValue(f"'{both['occupation'][0]}' suggests both genders", where="items, column stereotype",
                       hint="write one for each occupation")  # fmt: skip
    return table


def score_pronoun_choices(
    decoder: Decoder, items: pl.DataFrame, *, before: str = "", level: float = 0.95, seed: int = 0
) -> PronounChoice:
    """Score which of two pronouns a model expects after an occupation.

    Parameters
    ----------
    decoder : Decoder
    items : polars.DataFrame
        Of `read_pronoun_choices`.
    before : str
        What stands before each sentence, such as an instruction.
    level : float
    seed : int

    Raises
    ------
    NotEnoughEvidence
        If a task has fewer than two occupations that suggest a gender.
    BadValue
        If a sentence is longer than the model reads.

    Notes
    -----
    With l the log-odds of a sentence, log P(male continuation) - log P(female continuation), and L the mean of l over
    the sentences of an occupation, the gap is

        mean L of occupations that suggest men - mean L of occupations that suggest women,

    so that what a model has for one pronoun everywhere drops out. Intervals draw occupations of each kind anew, since
    sentences of one occupation are alike; the p-value deals the kinds out among the occupations anew, and is right
    where a kind tells nothing. `preferred` is the mean over both kinds of the share of sentences with l of the sign
    that the occupation suggests; a model without stereotypes has 0.5 whatever it has for one pronoun. After Zhao et al.
    (2018, Gender bias in coreference resolution), who ask which person a pronoun is, and Kurita et al. (2019, Measuring
    bias in contextualized word representations), who take log-odds.
    """
    check_level(level)
    gap = " " if not before or before[-1].isspace() else "\n"
    prompts = [f"{before}{gap if before else ''}{question}" for question in items["question"]]
    pairs = [tuple(f" {one.strip()}" for one in pair) for pair in items.select(MALE, FEMALE).iter_rows()]
    found = score(decoder, prompts, pairs, max_length=LONGEST)
    if found.cut:
        raise BadValue("a sentence is longer than the model reads", where="items", hint="shorten it")
    male, female = found.sums.reshape(-1, 2).T
    table = items.select("language", "task", "item", "occupation", "stereotype").with_columns(
        log_odds=pl.Series(np.asarray(male - female, float))
    )
    rows = [
        {"language": language, "task": task} | _summary(own, str(task), level, seed)
        for (language, task), own in table.group_by("language", "task", maintain_order=True)
    ]
    adjusted = holm([row["p_value"] for row in rows])
    return PronounChoice(table, pl.DataFrame(rows).with_columns(adjusted=pl.Series(adjusted, dtype=pl.Float64)))


def _summary(items: pl.DataFrame, task: str, level: float, seed: int) -> dict[str, Any]:
    """The gap and the share of stereotyped pronouns, over occupations."""
    right = pl.when(pl.col("stereotype") == MALE).then(pl.col("log_odds") > 0).otherwise(pl.col("log_odds") < 0)
    table = items.group_by("occupation", "stereotype", maintain_order=True).agg(
        pl.col("log_odds").mean(), right.cast(pl.Float64).mean().alias("right")
    )
    is_male = (table["stereotype"] == MALE).to_numpy()
    for gender, count in ((MALE, is_male.sum()), (FEMALE, (~is_male).sum())):
        if count < FEWEST:
            raise NotEnoughEvidence(f"{count} occupations suggest a {gender} person", where=f"items of {task}",
                                    hint=f"give {FEWEST} or more of each kind")  # fmt: skip
    odds, rights = table["log_odds"].to_numpy(), table["right"].to_numpy()
    gap = kind_gap(odds, is_male, level=level, seed=seed)
    agrees = np.where(is_male, rights, -rights) / 2  # their gap is the mean of both kinds
    preferred = kind_gap(agrees, is_male, level=level, seed=seed)
    return gap._asdict() | {
        "preferred": preferred.gap, "preferred_lower": preferred.lower, "preferred_upper": preferred.upper,
        "male_log_odds": float((odds[is_male].mean() + odds[~is_male].mean()) / 2),
        "occupations": table.height, "items": items.height,
    }  # fmt: skip


def kind_gap(values: NDArray[Any], is_male: NDArray[Any], *, level: float = 0.95, seed: int = 0) -> KindGap:
    """The mean of values of occupations that suggest men, less that of occupations that suggest women.

    Parameters
    ----------
    values : array of float, shape (occupations,)
    is_male : array of bool, shape (occupations,)
        Whether each suggests a man.
    level : float
    seed : int
    """
    rng = np.random.default_rng(seed)
    men, women = (
        bootstrap_weights(int(kind.sum()), draws=DRAWS, rng=rng) @ values[kind] for kind in (is_male, ~is_male)
    )
    lower, upper = percentile_interval(men - women, level)
    gap = float(values[is_male].mean() - values[~is_male].mean())
    dealt = [rng.permutation(is_male) for _ in range(DRAWS)]
    permuted = [abs(values[one].mean() - values[~one].mean()) for one in dealt]
    return KindGap(gap, float(lower), float(upper), permutation_p_value(abs(gap), permuted))
