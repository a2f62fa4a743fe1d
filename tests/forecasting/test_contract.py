"""What every registered forecaster promises, whatever its method."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest
from planted import POOL, world
from sklearn.base import clone

from isogloss import read_queries
from isogloss.errors import InputError, NotEnoughEvidence
from isogloss.evidence import Evidence
from isogloss.forecasting import ask, forecasters
from isogloss.forecasting.capability import Capability, require

PLANTED = world(11, languages=12, sources=4, mixes=11)
HIDDEN = tuple(name for name in PLANTED.languages if name not in " ".join(PLANTED.mixes))[::4]
MEASURED = slice(0, 9)
NEW_MIX = f"{PLANTED.languages[0]}:300,{PLANTED.languages[-1]}:700"
NUMBERS = ["mean", "lower", "upper"]
TWELVE = POOL[:12]

every_forecaster = pytest.mark.parametrize("name", forecasters.names())


def forecast(name: str, evidence: Evidence, queries: pl.DataFrame, level: float = 0.9) -> pl.DataFrame:
    return forecasters.get(name)().fit(evidence).conformalize().predict_interval(queries, level)


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """A complete grid in which some languages are hidden, and the last mixes."""
    return PLANTED.evidence(hidden=HIDDEN, rows=MEASURED)


@pytest.fixture(scope="module")
def queries() -> pl.DataFrame:
    """Known and unmeasured languages in measured mixes, new ones and none at all."""
    targets = (*HIDDEN[:2], *PLANTED.languages[:2])
    asked = PLANTED.queries(targets, rows=slice(8, None))
    cells = pl.DataFrame({"target": targets * 2, "train": [NEW_MIX, ""] * len(targets)})
    new = read_queries(cells, task="planted-task", model="planted-model", metric="accuracy")
    return pl.concat([asked, new], how="diagonal_relaxed").with_columns(query_row=pl.int_range(pl.len()))


@pytest.fixture(scope="module")
def fitted(evidence):
    """A fitted forecaster by name, made once."""
    made = {}

    def fitted(name: str):
        if name not in made:
            made[name] = forecasters.get(name)().fit(evidence).conformalize()
        return made[name]

    return fitted


@every_forecaster
def test_a_clone_has_the_same_parameters_and_has_learnt_nothing(name, fitted):
    copy = clone(fitted(name))
    assert copy.get_params() == fitted(name).get_params()
    assert not [attribute for attribute in vars(copy) if attribute.endswith("_")]
    assert copy.set_params(**copy.get_params()).get_params() == copy.get_params()


@every_forecaster
def test_every_kind_of_question_gets_a_number(name, fitted, queries):
    found = fitted(name).predict_interval(queries)
    assert found.height == queries.height
    assert np.isfinite(found.select(NUMBERS).to_numpy()).all()
    of_score, of_language = found["flags"].list.contains("measured"), found["nearest"].is_null()
    assert set(zip(of_score, of_language, strict=True)) == {(False, False), (False, True), (True, True)}


@every_forecaster
def test_the_same_evidence_gives_the_same_forecasts_to_the_last_digit(name, fitted, evidence, queries):
    assert forecast(name, evidence, queries).equals(fitted(name).predict_interval(queries))


@every_forecaster
def test_the_order_of_observations_does_not_matter(name, fitted, evidence, queries):
    shuffled = Evidence(evidence.observations.sample(fraction=1, shuffle=True, seed=3))
    assert forecast(name, shuffled, queries).equals(fitted(name).predict_interval(queries))


@every_forecaster
def test_the_order_of_questions_does_not_matter(name, fitted, queries):
    order = np.random.default_rng(3).permutation(queries.height)
    found = fitted(name).predict_interval(queries[order.tolist()])
    assert found.equals(fitted(name).predict_interval(queries)[order.tolist()])


@every_forecaster
def test_a_question_asked_alone_gets_the_same_answer(name, fitted, queries):
    together = fitted(name).predict_interval(queries)
    for row in range(0, queries.height, 5):
        alone = fitted(name).predict_interval(queries[[row]])
        np.testing.assert_allclose(
            alone.select(NUMBERS).to_numpy(), together[[row]].select(NUMBERS).to_numpy(), atol=1e-7
        )


@every_forecaster
def test_intervals_contain_the_mean_and_lie_within_those_of_higher_levels(name, fitted, queries):
    levels = [fitted(name).predict_interval(queries, level) for level in (0.5, 0.8, 0.9, 0.99)]
    lower, upper = (np.array([found[side].to_numpy() for found in levels]) for side in ("lower", "upper"))
    mean = levels[0]["mean"].to_numpy()
    assert (lower <= mean).all()
    assert (mean <= upper).all()
    assert (np.diff(lower, axis=0) <= 0).all()
    assert (np.diff(upper, axis=0) >= 0).all()


@every_forecaster
def test_several_levels_at_once_are_each_level_alone(name, fitted, queries):
    alone = [fitted(name).predict_interval(queries, level) for level in (0.5, 0.9)]
    assert fitted(name).predict_intervals(queries, (0.5, 0.9)).equals(pl.concat(alone))


@every_forecaster
def test_evidence_and_questions_are_left_as_they_were(name, fitted, evidence, queries):
    asked = queries.clone()
    fitted(name).predict_interval(queries)
    assert evidence.observations.equals(PLANTED.evidence(hidden=HIDDEN, rows=MEASURED).observations)
    assert queries.equals(asked)


@every_forecaster
def test_forecasts_stay_in_the_range_of_the_metric_and_say_where_they_were_held(name, measured):
    """Scores that rise to the edge with the size of the mix; asked about are a hundred times as many examples."""
    cells = [
        (target, f"eng:{10 * 2**step}", min(1.0, 0.02 * place + 0.1 * step))
        for place, target in enumerate(TWELVE)
        for step in range(10)
    ]
    question = ask(task="t", model="m", train="eng:1000000", targets=["yor", *TWELVE])
    found = forecast(name, measured(cells), question)
    assert found.select(pl.all_horizontal(pl.col(NUMBERS).is_between(0, 1))).to_series().all()
    held = found["mean"].is_in([0.0, 1.0])
    assert (found["flags"].list.contains("edge_of_range") == held).all()


UNSIZED = ("eng", "eng,hin", "hin")
THIN = {
    "one score": [("deu", "eng:100", 0.5)],
    "one language": [("deu", f"eng:{size}", 0.5 + size / 10_000) for size in range(100, 1300, 100)],
    "one mix": [(target, "eng:100", 0.5 + 0.02 * place) for place, target in enumerate(TWELVE)],
    "one mix, the model used as it is": [(target, "", 0.4 + 0.02 * place) for place, target in enumerate(TWELVE)],
    "unknown sizes": [
        (target, train, 0.4 + 0.02 * place)
        for place, target in enumerate(TWELVE)
        for train in ("eng", "eng,hin", "hin")
    ],
    "constant scores": [(target, f"eng:{size}", 0.5) for target in TWELVE for size in (100, 200, 300)],
    "a cross of gaps": [(target, "eng:100", 0.4) for target in TWELVE]
    + [(TWELVE[0], f"hin:{size}", 0.6) for size in (100, 200, 300)],
}


@every_forecaster
@pytest.mark.parametrize("thin", THIN.values(), ids=THIN)
def test_thin_evidence_gets_an_answer_near_what_was_measured_or_a_refusal(name, thin, measured):
    question = ask(task="t", model="m", train=thin[0][1], targets=["yor", thin[0][0]])
    scores = [score for *_, score in thin]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = forecast(name, measured(thin), question)
    except NotEnoughEvidence:
        return
    margin = 0.5 * (max(scores) - min(scores)) + 1e-6
    # Public evidence says by how much scores fall towards poorer languages, however few were measured.
    lowest = 0.0 if "background" in forecasters.get(name)().get_params() else min(scores) - margin
    assert found["mean"].is_between(lowest, max(scores) + margin).all()
    assert (found["lower"] <= found["mean"]).all()
    assert (found["mean"] <= found["upper"]).all()


@every_forecaster
def test_a_metric_without_a_range_gets_numbers_of_its_own_size(name, measured):
    cells = [(target, "eng:100", 20.0 + place) for place, target in enumerate(TWELVE)]
    found = forecast(
        name, measured(cells, metric="perplexity"), ask(task="t", model="m", targets=["yor"], train="eng:100")
    )
    assert found["mean"].is_between(19, 33).all()


def means_of(forecaster, cells: list[tuple[str, str]]) -> pl.Series:
    table = pl.DataFrame(cells, schema=["target", "train"], orient="row")
    queries = read_queries(table, task="planted-task", model="planted-model", metric="accuracy")
    return forecaster.predict(queries)["mean"]


@every_forecaster
def test_forecasts_differ_between_unmeasured_languages_where_a_forecaster_declares_it(fitted, name):
    first, second = means_of(fitted(name), [(target, PLANTED.mixes[0]) for target in HIDDEN[:2]])
    needs_other_tasks = name == "weakest-link"
    assert (first != second) == (Capability.LANGUAGES in fitted(name).capabilities and not needs_other_tasks)


@every_forecaster
def test_forecasts_differ_between_unmeasured_mixes_where_a_forecaster_declares_it(fitted, name):
    other_mix = f"{PLANTED.languages[0]}:2000"
    first, second = means_of(fitted(name), [(PLANTED.languages[0], mix) for mix in (NEW_MIX, other_mix)])
    assert (first != second) == (Capability.MIXES in fitted(name).capabilities)


@every_forecaster
@pytest.mark.parametrize("target", [HIDDEN[0], PLANTED.languages[0]])
def test_contributions_add_up_to_the_forecast(fitted, name, target):
    query = ask(task="planted-task", model="planted-model", targets=[target], train=NEW_MIX)
    decomposition = fitted(name).decompose(query)
    total = decomposition.baseline + sum(part.value for part in decomposition.contributions)
    assert total == pytest.approx(fitted(name).predict(query)["mean"][0], abs=1e-9)


def test_a_forecaster_that_lacks_a_capability_is_refused_in_one_line():
    require(forecasters.get("default"), *Capability)
    with pytest.raises(InputError) as caught:
        require(forecasters.get("mean")(), Capability.MIXES, Capability.CONTRIBUTIONS)
    assert str(caught.value) == (
        "forecaster: Mean has no forecasts that differ between unmeasured training mixes and no contributions of named "
        "features and measured languages; forecaster=default has them"
    )
