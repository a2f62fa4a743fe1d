"""Pitfalls: a search on one half of the questions, and models outside it measured on the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from isogloss.behaviour.pitfalls.measurement import Outcomes, ask_models, measure
from isogloss.behaviour.pitfalls.pairs import Pair, halves
from isogloss.behaviour.pitfalls.panel import Panel
from isogloss.behaviour.pitfalls.search import Candidate, Method, Search, search
from isogloss.behaviour.pitfalls.sentences import Sentence, Step, facts_as_sentences, perturbed
from isogloss.errors import BadValue
from isogloss.models.respondents import Meter, Respondent
from isogloss.progress import Progress
from isogloss.stats.intervals import check_level

BUDGET, CHOSEN, RANDOM = 500, 3, 3
"""Questions put to simulators, and sentences that models are measured on: those that did most, and random ones."""
PAIRS: dict[str, Any] = {
    "half": pl.String, "item": pl.String, "sentence": pl.String, "question": pl.String, "question_target": pl.String,
    "choices": pl.List(pl.String), "choices_target": pl.List(pl.String), "place": pl.Int64,
    "rate_english": pl.Float64, "rate_target": pl.Float64, "value": pl.Float64, "lost_by": pl.List(pl.String),
}  # fmt: skip
SENTENCES: dict[str, Any] = {
    "sentence": pl.String, "place": pl.String, "english": pl.String, "target": pl.String, "tries": pl.Int64,
    "wins": pl.Float64, "mean": pl.Float64, "chosen": pl.Boolean,
}  # fmt: skip


@dataclass(frozen=True)
class Pitfalls:
    """What a search for pitfalls came to.

    Attributes
    ----------
    pairs : polars.DataFrame
        Questions in English and the target, one row each. Of the `half` `search`, those that simulators have right in
        English and lose in the target, with `rate_english`, `rate_target` and `value`; of the `half` `fresh`, all
        fresh questions with each chosen sentence, with the models that have them right in English and wrong in the
        target (`lost_by`). `sentence` is empty where a question stands alone; `place` is that of the right choice.
    effects : polars.DataFrame
        What each sentence changes on fresh questions, see `measure`; with `control`, which is false for the target and
        true for English against English in other words.
    sentences : polars.DataFrame
        Each sentence and place that could be tried: `tries`, `wins`, `mean`, `chosen`.
    calls : dict of str to int
        Questions put to models: `search`, `measurement`, and of the control.
    level : float
    """

    pairs: pl.DataFrame
    effects: pl.DataFrame
    sentences: pl.DataFrame
    calls: dict[str, int]
    level: float

    @property
    def finds(self) -> pl.DataFrame:
        """Rows of `effects` where a sentence makes a model lose more in the target than in English, by test."""
        beyond = (pl.col("p_holm") <= 1 - self.level) & (pl.col("excess") > 0)
        return self.effects.filter(pl.col("kind") == "chosen", beyond)


def search_pitfalls(
    pairs: Sequence[Pair],
    simulators: Sequence[Respondent],
    models: Sequence[Respondent],
    *,
    sentences: Sequence[Sentence] = (),
    budget: int = BUDGET,
    method: Method = "thompson",
    chosen: int = CHOSEN,
    fresh: int | None = None,
    control: bool = True,
    level: float = 0.95,
    seed: int = 0,
    listed: bool = False,
    template: str = "",
    meter: Meter | None = None,
    progress: Progress | None = None,
) -> Pitfalls:
    """Search questions that are right in English and wrong in another language, and measure models on fresh ones.

    Parameters
    ----------
    pairs : sequence of Pair
        See `pair_questions`.
    simulators : sequence of Respondent
        Whose answers decide which sentences are chosen.
    models : sequence of Respondent
        Others, that are measured.
    sentences : sequence of Sentence
        That stand before or after questions; by default up to 40 facts of the searched half.
    budget : int
        Questions put to simulators at most, each counted in each language. The control takes as many again, and models
        are measured on top.
    method : {"thompson", "beam", "random"}
        See `isogloss.behaviour.pitfalls.search.search`.
    chosen : int
        Sentences that are measured on fresh questions.
    fresh : int, optional
        Fresh questions at most; by default half of all.
    control : bool
        Whether all of it is done again with English against English in other words.
    level : float
        Of intervals; tests reject at 1 - level.
    seed : int
    listed, template, meter, progress : see `isogloss.behaviour.answer_questions`

    Raises
    ------
    BadValue
        If a model is a simulator, too, or the budget is too small for a question.
    IsoglossError
        If a model cannot be run; a second run goes on where it stopped.

    Notes
    -----
    Half of the questions, drawn at random, are searched. Sentences are judged on the other half by models that had no
    say in choosing them, so that nothing that was lucky in the search is counted again.
    """
    check_level(level)
    _check(simulators, models, budget)
    settings = {"listed": listed, "template": template, "meter": meter or Meter(), "progress": progress}
    searched, rest = halves(pairs, seed)
    rest = rest[:fresh]
    pool = [*sentences] or facts_as_sentences(searched, seed)
    run = partial(_run, simulators=simulators, models=models, pool=pool, budget=budget, method=method, chosen=chosen,
                  level=level, seed=seed, settings=settings)  # fmt: skip
    whole = run(searched, rest, is_control=False)
    if not control:
        return whole
    other = run([pair.as_control for pair in searched], [pair.as_control for pair in rest], is_control=True)
    return replace(whole, effects=pl.concat([whole.effects, other.effects]), calls=whole.calls | other.calls)


def _run(
    searched: Sequence[Pair], rest: Sequence[Pair], *, is_control: bool, simulators: Sequence[Respondent],
    models: Sequence[Respondent], pool: Sequence[Sentence], budget: int, method: Method, chosen: int, level: float,
    seed: int, settings: dict[str, Any],
) -> Pitfalls:  # fmt: skip
    """Search one half of the questions and measure the other."""
    of, progress = " of the control" * is_control, settings["progress"]
    if progress is not None:
        progress.begin(f"search{of}", budget)
    result = search(searched, pool, Panel(simulators, **settings), budget=budget, method=method, seed=seed,
                    control=is_control)  # fmt: skip
    best = result.best(chosen)
    others = _others(result, best, seed)
    if progress is not None:
        progress.begin(f"fresh questions{of}", 2 * (1 + len(best) + len(others)) * len(rest) * len(models))
    outside = Panel(models, **settings)
    outcomes = ask_models(outside, rest, best, others, control=is_control)
    names = [model.name for model in models]
    pairs = [*_searched(result.good), *_measured(rest, outcomes, names)]
    return Pitfalls(
        pl.DataFrame(pairs, schema=PAIRS),
        measure(outcomes, names, level=level, seed=seed).with_columns(control=is_control),
        pl.DataFrame(_sentences(result, best), schema=SENTENCES),
        {f"search{of}": result.calls, f"measurement{of}": outside.calls},
        level,
    )


def _check(simulators: Sequence[Respondent], models: Sequence[Respondent], budget: int) -> None:
    if not simulators or not models:
        lacking = "models" if simulators else "simulators"
        raise BadValue(f"no {lacking}", where=lacking, hint=f"give {lacking}=...")
    inside = [_weights(one) for one in simulators]
    for one in models:
        if _weights(one) in inside:
            reason = f"{one.name} is a simulator, too: its drop would be one that sentences were chosen for"
            raise BadValue(reason, where="models", hint="measure another model")
    if budget < 2 * len(simulators):
        reason = f"{budget} is too small to ask {len(simulators)} simulators one question in two languages"
        raise BadValue(reason, where="budget", hint="give at least 100")


def _weights(respondent: Respondent) -> list[Any]:
    """What tells two models apart, however they are run."""
    identity = respondent.identity
    known = [identity[name] for name in ("local", "endpoint", "model") if name in identity]
    return known or [dict(identity)]


def _others(result: Search, best: Sequence[Step], seed: int) -> list[Step]:
    """Random sentences beside the chosen ones: what any sentence does."""
    free = [arm for arm in result.arms if arm not in best]
    order = np.random.default_rng([seed, 1]).permutation(len(free))
    return [free[at] for at in order[:RANDOM]]


def _searched(good: Sequence[Candidate]) -> list[dict[str, Any]]:
    return [
        _row("search", one.pair, one.steps)
        | {"rate_english": one.rate_english, "rate_target": one.rate_target, "value": one.value}
        for one in sorted(good, key=lambda one: -one.value)
    ]


def _measured(pairs: Sequence[Pair], outcomes: Outcomes, names: Sequence[str]) -> list[dict[str, Any]]:
    lost = (outcomes.english == 1) & (outcomes.target == 0)  # (models, conditions, items)
    return [
        _row("fresh", pair, (step,)) | {"lost_by": [names[by] for by in np.flatnonzero(lost[:, number, at]).tolist()]}
        for number, step in enumerate(outcomes.chosen, 1) for at, pair in enumerate(pairs)
    ]  # fmt: skip


def _row(half: str, pair: Pair, steps: Sequence[Step]) -> dict[str, Any]:
    english, target = perturbed(pair, steps, "english"), perturbed(pair, steps, "target")
    return {
        "half": half, "item": pair.item, "sentence": " + ".join(f"{step.sentence.key} {step.place}" for step in steps),
        "question": english.question, "question_target": target.question, "choices": list(english.choices),
        "choices_target": list(target.choices), "place": pair.place,
    }  # fmt: skip


def _sentences(result: Search, best: Sequence[Step]) -> list[dict[str, Any]]:
    return [
        {"sentence": arm.sentence.key, "place": arm.place, "english": arm.sentence.english,
         "target": arm.sentence.target, "tries": int(result.tries[at]), "wins": float(result.wins[at]),
         "mean": float(result.means[at]), "chosen": arm in best}
        for at, arm in enumerate(result.arms)
    ]  # fmt: skip
