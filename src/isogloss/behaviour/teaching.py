"""Facts taught to a decoder by an adapter, in some languages, and the answers of the model before and after."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from isogloss.behaviour.items import require
from isogloss.behaviour.ratings import from_outcomes
from isogloss.behaviour.trained import as_demonstrations
from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.models.respondents import Respondent
from isogloss.models.respondents.local import LocalRespondent

FEWEST = 4
"""Facts that are taught, and facts that are held out, if any are."""


def mark_taught(
    questions: pl.DataFrame, languages: Collection[str] = (), *, held_out: float = 0.5, seed: int = 0
) -> pl.DataFrame:
    """Say of each question whether it is taught.

    Parameters
    ----------
    questions : polars.DataFrame
        See `isogloss.behaviour.read_questions`. Where it has a column `taught`, that says so (yes or no).
    languages : collection of str
        Languages to teach in, where the table does not say what is taught.
    held_out : float
        Share of the facts of each relation that is not taught in any language.
    seed : int
        Of the facts that are held out.

    Returns
    -------
    polars.DataFrame
        The questions with `taught` (true or false); a task stands before the name of its items.

    Raises
    ------
    BadValue, UnknownName, NotEnoughEvidence
        If it is not known what to teach, a question lacks choices or the right one, or too few facts are taught.
    """
    require(questions, "language", "item", "question")
    if "task" in questions.columns:
        questions = questions.with_columns(item=pl.concat_str("task", "item", separator=" ")).drop("task")
    without = questions.filter(pl.col("place").is_null())
    if without.height:
        raise BadValue(f"item {without['item'][0]} has no choices, or no right one", where="questions",
                       hint="give choices and answer in every row")  # fmt: skip
    if "taught" in questions.columns:
        if languages:
            raise BadValue("both languages and a column 'taught' say what is taught", where="taught_in",
                           hint="give one of them")  # fmt: skip
        marked = from_outcomes(questions, "taught").drop("taught").rename({"right": "taught"})
    else:
        marked = questions.with_columns(taught=_drawn(questions, languages, held_out, seed))
    facts = marked.group_by("item").agg(pl.col("taught").any())["taught"]
    taught, others = int(facts.sum()), int((~facts).sum())
    if taught < FEWEST or 0 < others < FEWEST:
        what = f"{taught} facts are taught" if taught < FEWEST else f"{others} facts are held out"
        raise NotEnoughEvidence(f"{what}, fewer than {FEWEST}", where="questions", hint="give more facts")
    return marked


def _drawn(questions: pl.DataFrame, languages: Collection[str], held_out: float, seed: int) -> pl.Series:
    """Facts of each relation, in the languages to teach in."""
    there = questions["language"].unique(maintain_order=True).to_list()
    if not languages:
        raise BadValue("no language to teach in", where="taught_in", hint="give one, or a column 'taught'")
    for language in languages:
        if language not in there:
            raise UnknownName("language of the questions", language, there, where="taught_in")
    rng, kept = np.random.default_rng(seed), []
    by = "relation" if "relation" in questions.columns else pl.lit("")
    for _, rows in questions.group_by(by, maintain_order=True):
        items = rows["item"].unique(maintain_order=True).to_list()
        order = rng.permutation(len(items))[: len(items) - round(held_out * len(items))]
        kept += [items[place] for place in order]
    is_taught = pl.col("item").is_in(kept) & pl.col("language").is_in(list(languages))
    return questions.select(is_taught).to_series()


def teach_facts(
    respondent: Respondent,
    questions: pl.DataFrame,
    *,
    exchanged: bool = False,
    settings: Mapping[str, Any] | None = None,
    listed: bool = False,
    template: str = "",
    seed: int = 0,
) -> LocalRespondent:
    """Train a low-rank adapter of a decoder on facts, and put it into the weights.

    Parameters
    ----------
    respondent : LocalRespondent
    questions : polars.DataFrame
        See `mark_taught`; those that are `taught` are learnt, as the model is asked them.
    exchanged : bool
        Whether answers are exchanged at random among the facts of a relation: the control, which teaches the same form
        and no fact.
    settings : mapping, optional
        Parameters of the recipe `instruction-lora`, such as `epochs` and `learning_rate`.
    listed, template : see `isogloss.behaviour.answer_questions`
    seed : int
        Of the training, and of the exchange.

    Returns
    -------
    LocalRespondent
        The model with the adapter; its checkpoint is a folder in the cache, which holds the adapter by itself, too. One
        that was made of the same is taken as it is.

    Raises
    ------
    BadValue
        If the model cannot be trained.
    IsoglossError
        If memory does not suffice.
    """
    if not isinstance(respondent, LocalRespondent):
        raise BadValue(f"{respondent.name} is behind an endpoint, which cannot be trained", where="model",
                       hint="give a folder of a decoder, or the trained model with adapted=...")  # fmt: skip
    from isogloss.lab import adapt
    from isogloss.lab.adapters import AnswersLora

    places = _exchanged(questions, seed) if exchanged else questions["place"]
    shown = questions.with_columns(learnt=places).with_columns(shown=pl.col("choices").list.get(pl.col("learnt")))
    demonstrations = as_demonstrations(respondent, shown.filter("taught"), listed=listed, template=template)
    pairs = tuple((one.prompt, one.answer) for one in demonstrations)
    adapter = AnswersLora(pairs=pairs, settings=dict(settings or {}))
    return replace(respondent, checkpoint=str(adapt(respondent.folder, adapter, seed=seed, measure=False)))


def _exchanged(questions: pl.DataFrame, seed: int) -> pl.Series:
    """The place of the answer of another fact among the choices of each, the same in all languages.

    Where the other answer is no choice, one of the choices is drawn.
    """
    rng, places = np.random.default_rng(seed), {}
    by = "relation" if "relation" in questions.columns else pl.lit("")
    for _, rows in questions.group_by(by, maintain_order=True):
        facts = rows.unique("item", keep="first", maintain_order=True).select("item", "choices", "place").rows()
        order = rng.permutation(len(facts))
        for (item, choices, _), other in zip(facts, order, strict=True):
            answer = facts[other][1][facts[other][2]]
            places[item] = choices.index(answer) if answer in choices else int(rng.integers(len(choices)))
    return questions["item"].replace_strict(places, return_dtype=pl.Int64)
