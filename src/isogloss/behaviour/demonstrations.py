"""Questions answered with demonstrations from each country before them, as a table of items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from isogloss.behaviour.answering import answer_questions
from isogloss.behaviour.countries import country_key
from isogloss.behaviour.items import require
from isogloss.behaviour.prompts import demonstration
from isogloss.behaviour.trained import IN_CONTEXT, check_arms, trained, training_stage
from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.lab.tuning import Tuning
from isogloss.models.respondents import Meter, Respondent
from isogloss.progress import Progress, steps

FORMAT = "random answers"
"""The control that shows the form of questions and answers, and no culture."""
POOL = 3
"""How many times as many questions as are shown at once are set aside to be shown, at most half of a country's."""


@dataclass(frozen=True)
class Shown:
    """A set of demonstrations.

    Attributes
    ----------
    source : str
        The country, or `FORMAT`.
    draw : int
    questions : polars.DataFrame
        With `shown`, the answer that is shown.
    """

    source: str
    draw: int
    questions: pl.DataFrame


def answer_with_demonstrations(
    respondent: Respondent,
    questions: pl.DataFrame,
    *,
    demonstrations: int = 12,
    draws: int = 3,
    controls: Sequence[str] = (),
    listed: bool = False,
    template: str = "",
    arms: Sequence[str] = (IN_CONTEXT,),
    tuning: Tuning | None = None,
    seed: int = 0,
    meter: Meter | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Let a model answer questions without demonstrations, and with those of each country before them.

    Parameters
    ----------
    respondent : Respondent
    questions : polars.DataFrame
        See `isogloss.behaviour.read_questions`; with `country`, and right answers.
    demonstrations : int
        How many are shown at once.
    draws : int
        How many sets of demonstrations are drawn from each country.
    controls : sequence of str
        Countries whose questions are shown and not scored, such as those of another region.
    listed, template, meter, progress : see `answer_questions`
    arms : sequence of {"in-context", "sft", "dpo", "ditto"}
        Whether demonstrations stand before each question, or the model is trained on them and asked without: on their
        answers (`sft`), and then to prefer these to its own samples, drawn once (`dpo`) or again and again (`ditto`).
    tuning : isogloss.lab.tuning.Tuning, optional
        How it is trained.
    seed : int
        Of what is set aside, of draws, and of training.

    Returns
    -------
    polars.DataFrame
        What `score_cultural_transfer` reads: `model`, `item`, `country`, `demonstrations_country`, `draw` and
        `correct`; with `arm` if arms are named that train.

    Raises
    ------
    BadValue, NotEnoughEvidence, UnknownName
        If a question has no country or no right answer, a country has too few, a control is no country, or the model
        cannot be trained.

    Notes
    -----
    Questions that are shown are set aside before, and never scored. Beside the controls, the same form is shown with
    questions of all countries and answers drawn at random among their choices (`FORMAT`; after Min et al. 2022).
    A prompt that is longer than the model can read loses its beginning, and with it the first demonstrations.
    """
    check_arms(arms, respondent)
    scored, pools = set_aside(questions, demonstrations, controls, seed)
    meter = meter if meter is not None else Meter()
    with_choices = bool((questions["choices"].list.len() > 0).any())
    is_chat = respondent.form == "chat" and not (with_choices and respondent.has_likelihoods)
    put_as_list = with_choices and (listed or not respondent.has_likelihoods)

    def answers(asked: Respondent, source: str, draw: str, arm: str, before: str = "") -> pl.DataFrame:
        items = answer_questions(
            asked, scored, listed=listed, template=template, before=before, meter=meter,
            progress=progress if asked is respondent else None,
        )  # fmt: skip
        about = {"demonstrations_country": source, "draw": draw, "arm": arm}
        columns = [pl.lit(value).alias(name) for name, value in about.items()]
        return items.select(pl.lit(respondent.name).alias("model"), _item(items), "country", *columns, "correct")

    tables = [answers(respondent, "", "0", "")]
    sets = [*drawn_sets(pools, demonstrations, draws, controls, seed)]
    for arm in arms:
        if arm == IN_CONTEXT:
            for one in sets:
                before = shown_text(one.questions, template, listed=put_as_list, is_chat=is_chat)
                tables.append(answers(respondent, one.source, str(one.draw), arm, before))
            continue
        for one in steps(training_stage(respondent, arm, len(sets)), sets, progress):
            asked = trained(
                respondent, arm, one.questions, tuning or Tuning(), listed=put_as_list, template=template, seed=seed
            )
            tables.append(answers(asked, one.source, str(one.draw), arm))
    table = pl.concat(tables)
    return table.drop("arm") if [*arms] == [IN_CONTEXT] else table


def _item(items: pl.DataFrame) -> pl.Expr:
    """What tells questions apart: their item, with task and language where there are several."""
    parts = [name for name in ("task", "language") if name in items.columns and items[name].n_unique() > 1]
    return pl.concat_str("item", *parts, separator=" ").alias("item")


def set_aside(
    questions: pl.DataFrame, demonstrations: int, controls: Sequence[str], seed: int
) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """The questions that are scored, and those of each country that are shown."""
    require(questions, "country")
    known = questions.filter(pl.col("answers").list.len() > 0)
    if known.height < questions.height:
        item = questions.filter(pl.col("answers").list.len() == 0)["item"][0]
        raise BadValue(f"item {item} has no right answer", where="questions", hint="fill the column answer")
    if questions["country"].null_count():
        item = questions.filter(pl.col("country").is_null())["item"][0]
        raise BadValue(f"item {item} has no country", where="questions", hint="fill the column country")
    countries = questions["country"].unique(maintain_order=True).to_list()
    keys = {country_key(one): one for one in countries}
    for control in controls:
        if country_key(control) not in keys:
            raise UnknownName("country of the questions", control, countries, where="controls")
    others = {keys[country_key(one)] for one in controls}
    if len(others) == len(countries):
        raise NotEnoughEvidence("every country is a control", where="controls", hint="leave some to be scored")
    rng = np.random.default_rng(seed)
    scored, pools = [], {}
    for country in countries:
        of = questions.filter(country=country)
        of = of[rng.permutation(of.height)]
        size = of.height if country in others else min(POOL * demonstrations, of.height // 2)
        if size < demonstrations:
            least = demonstrations if country in others else 2 * demonstrations
            raise NotEnoughEvidence(
                f"{country} has {of.height} questions, too few to show {demonstrations} and score others",
                where="questions", hint=f"give at least {least}, or show fewer with demonstrations=...",
            )  # fmt: skip
        pools[country] = of.head(size)
        scored.append(of.slice(0 if country in others else size, 0 if country in others else None))
    return pl.concat(scored), pools


def drawn_sets(
    pools: dict[str, pl.DataFrame], demonstrations: int, draws: int, controls: Sequence[str], seed: int
) -> Iterator[Shown]:
    """Demonstrations of each country, and of the control of the form."""
    others = {country_key(one) for one in controls}
    mixed = pl.concat([pool for country, pool in pools.items() if country_key(country) not in others])
    for place, (source, pool) in enumerate([*pools.items(), (FORMAT, mixed)]):
        for draw in range(draws):
            rng = np.random.default_rng((seed, place, draw))
            rows = pool[rng.choice(pool.height, demonstrations, replace=False)]
            answers = rows["answers"].list.first()
            if source == FORMAT:
                answers = pl.Series(_at_random(rows, answers, rng), dtype=pl.String)
            yield Shown(source, draw, rows.with_columns(shown=answers))


def _at_random(rows: pl.DataFrame, answers: pl.Series, rng: np.random.Generator) -> list[str]:
    """An answer for each question: one of its choices, or, of open questions, that of any of them."""
    return [str(rng.choice(choices if len(choices) else answers.to_list())) for choices in rows["choices"].to_list()]


def shown_text(questions: pl.DataFrame, template: str, *, listed: bool, is_chat: bool) -> str:
    """Demonstrations as they stand before a question."""
    rows = questions.select("question", "choices", "shown").iter_rows()
    texts = (
        demonstration(question, choices, answer, template, listed=listed, is_chat=is_chat)
        for question, choices, answer in rows
    )
    return "".join(f"{text}\n\n" for text in texts)
