"""How far forecasts of some languages can be trusted: the protocol fits the languages that are asked about."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from isogloss import read_evidence
from isogloss.errors import NotEnoughEvidence
from isogloss.evaluation import TargetKind, assess_targets
from isogloss.forecasting.features import space

MEASURED = tuple("eng deu fra spa ita por pol nld rus ukr bul ara fas hin zho jpn tur ces vie ind".split())


def scores(languages=MEASURED, *, models=1, task="support", slope=0.06):
    """Evidence of models whose scores rise with web text."""
    known = space(languages)
    web_text = known.web_text[known.at(languages)]
    rows = [
        (f"model {model}", task, language, 0.4 + slope * size - 0.01 * model)
        for model in range(models) for language, size in zip(languages, web_text, strict=True)
    ]  # fmt: skip
    table = pl.DataFrame(rows, schema=["model", "task", "target", "score"], orient="row")
    return read_evidence(table.with_columns(metric=pl.lit("accuracy"), train=pl.lit("")), scale="fraction")


@pytest.mark.parametrize(
    ("target", "kind", "protocol"),
    [
        ("wol", TargetKind.POORER, "low-resource"), ("kor", TargetKind.SCRIPT, "script"),
        ("swe", TargetKind.ALIKE, "lolo"), ("hun", TargetKind.FAMILY, "family"),
    ],
)  # fmt: skip
def test_what_is_withheld_differs_from_the_rest_as_the_targets_do(target, kind, protocol):
    result = assess_targets(scores(), [target], task="support")
    assert result.kinds == {target: kind}
    assert result.trust.protocol == protocol
    assert result.trust.overall["groups"] >= 3


def test_the_kind_of_most_targets_is_simulated_and_the_gravest_of_two():
    assert assess_targets(scores(), ["wol", "swe", "dan"], task="support").kind == TargetKind.ALIKE
    assert assess_targets(scores(), ["swe", "wol"], task="support").kind == TargetKind.POORER


def test_the_poorest_third_is_withheld_for_languages_poorer_than_nearly_all():
    result = assess_targets(scores(), ["wol", "bam"], task="support")
    withheld = set(result.trust.guesses["target"])
    known = space(MEASURED)
    order = [MEASURED[place] for place in np.argsort(known.web_text[known.at(MEASURED)])]
    assert withheld == set(order[: len(MEASURED) // 3])
    assert result.milder
    assert result.public.shift == "hard"


def test_a_language_with_scores_of_other_models_is_asked_of_one_model_alone():
    every = scores(models=3).observations
    gap = (pl.col("model") == "model 0") & (pl.col("target") == "ces")
    evidence = scores().with_observations(every.filter(~gap))
    result = assess_targets(evidence, ["ces"], task="support", model="model 0")
    assert result.kinds == {"ces": TargetKind.OTHER_MODELS}
    assert result.trust.protocol == "target-in-model"
    assert set(result.trust.guesses["model"]) == {"model 0"}


def test_a_language_with_scores_of_other_tasks_is_asked_of_one_task_alone():
    other = scores(task="other").observations
    evidence = scores().with_observations(
        pl.concat([scores().observations.filter(~pl.col("target").is_in(["ces", "vie"])), other])
    )
    result = assess_targets(evidence, ["ces", "vie"], task="support")
    assert set(result.kinds.values()) == {TargetKind.OTHER_TASKS}
    assert result.trust.protocol == "language-in-task"


@pytest.mark.parametrize("languages", [MEASURED[:1], MEASURED[:4], MEASURED[:8]])
def test_public_tables_stand_in_where_too_few_languages_were_measured(languages):
    result = assess_targets(scores(languages), ["wol", "bam"], task="support")
    assert result.trust is None
    assert result.reason
    assert result.public.shift == "hard"
    assert 0.5 <= result.public.measured / len(languages) <= 2
    assert 5 < result.public.error < 30
    assert 0.8 < result.public.coverage < 1


def test_models_are_looked_at_by_an_even_sample():
    result = assess_targets(scores(models=20), ["wol"], task="support")
    assert result.models == (8, 20)
    assert result.trust.guesses["model"].n_unique() == 8


def test_languages_that_were_measured_need_no_trust():
    with pytest.raises(NotEnoughEvidence, match="every one of them was measured"):
        assess_targets(scores(), ["eng", "ces"], task="support")
