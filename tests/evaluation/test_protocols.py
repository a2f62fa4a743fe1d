"""What protocols promise: nothing that is asked for can be learnt from, and what is asked is what they say."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import POOL, world

from isogloss import read_evidence
from isogloss.errors import NotEnoughEvidence, UnknownName
from isogloss.evaluation import describe_protocol, protocols
from isogloss.evaluation.language_protocols import describe_sample
from isogloss.evaluation.split import FEWEST_LEFT, hide_languages, isolation, one_of_each
from isogloss.evidence import Evidence
from isogloss.forecasting.features import space
from isogloss.languages import resolve

EVERYWHERE = ("lolo", "low-resource", "family", "script", "shift-aware", "anchors")
"""Protocols that hide languages in every task and model."""
NAMES = protocols.names()
MIXES = ("", "deu:100", "deu:100,swa", "deu:500,fin:200", "fin:300", "swa:2,swa+translated:9", "fin+translated:7")

few = settings(max_examples=20)
"""Examples are tables with up to a hundred splits each."""


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Scores of a few models in a few tasks, with two metrics of one, pairs of languages in one, and gaps."""
    languages = sorted({"deu", "fin", "swa", *draw(st.sets(st.sampled_from(POOL), min_size=5, max_size=12))})
    mixes = draw(st.lists(st.sampled_from(MIXES), min_size=1, max_size=4, unique=True))
    models = ["one", "two", "three"][: draw(st.integers(1, 3))]
    kinds = [("tagging", "accuracy"), ("tagging", "f1"), ("parsing", "accuracy"), ("reading", "accuracy")]
    cells = [
        (model, task, metric, target, train)
        for model in models
        for task, metric in kinds[: draw(st.integers(1, 4))]
        for target in languages
        for train in mixes
    ]
    chance = np.random.default_rng(draw(st.integers(0, 1000)))
    kept = [cell for cell in cells if chance.random() < draw(st.sampled_from((1.0, 0.9)))] or cells
    table = pl.DataFrame(kept, schema=["model", "task", "metric", "target", "train"], orient="row")
    paired = (pl.col("task") == "reading") & (pl.col("target") != "deu") & draw(st.booleans())
    table = table.with_columns(pair=pl.when(paired).then(pl.lit("deu-x")))
    return read_evidence(table.with_columns(score=pl.Series(chance.random(len(kept)).round(6))))


def splits(name: str, evidence: Evidence, **options: object) -> list:
    """The splits of a protocol; none where it refuses."""
    try:
        return list(protocols.get(name)(evidence, **options))
    except NotEnoughEvidence:
        return []


def languages_of(observations: pl.DataFrame) -> set[str]:
    """Languages tested on, alone or in a pair, or trained on."""
    paired = observations["pair"].drop_nulls().str.strip_suffix("-x")
    return {*Evidence(observations).targets, *Evidence(observations).sources, *paired}


@given(evidence=evidences(), name=st.sampled_from(NAMES), seed=st.integers(0, 3))
@few
def test_no_observation_is_both_learnt_from_and_asked_for(evidence, name, seed):
    for split in splits(name, evidence, seed=seed):
        assert not set(split.train.observations["origin_row"]) & set(split.test["origin_row"])


@given(evidence=evidences(), name=st.sampled_from(EVERYWHERE), seed=st.integers(0, 3))
@few
def test_a_hidden_language_is_nowhere_in_what_is_learnt_from(evidence, name, seed):
    for split in splits(name, evidence, seed=seed):
        hidden = set(split.test["target"])
        assert not hidden & languages_of(split.train.observations)
        assert not hidden & set(Evidence(split.test).sources)


@given(evidence=evidences(), case=st.sampled_from([("language-in-task", "task"), ("target-in-model", "model")]))
@few
def test_a_language_out_of_one_task_or_model_stays_in_the_others_as_it_was(evidence, case):
    name, column = case
    before = evidence.observations
    for split in splits(name, evidence):
        if split.test.is_empty():
            continue
        (value,) = split.test[column].unique()
        train = split.train.observations
        assert not set(split.test["target"]) & languages_of(train.filter(pl.col(column) == value))
        assert train.filter(pl.col(column) != value).equals(before.filter(pl.col(column) != value))
        assert set(split.test["target"]) <= set(train["target"])


@given(evidence=evidences(), seed=st.integers(0, 3))
@few
def test_a_mix_left_out_is_left_out_of_every_task_model_and_metric(evidence, seed):
    for split in splits("configs", evidence, seed=seed):
        assert not set(split.test["train"]) & set(split.train.observations["train"])


@given(evidence=evidences(), seed=st.integers(0, 3))
@few
def test_languages_asked_in_new_mixes_are_known_from_others(evidence, seed):
    keys = ["model", "task", "metric", "target"]
    for split in splits("configs", evidence, seed=seed):
        assert set(split.test.select(keys).rows()) <= set(split.train.observations.select(keys).rows())


@given(evidence=evidences(), case=st.sampled_from([("models", "model"), ("tasks", "task")]))
@few
def test_a_model_or_task_left_out_is_left_out_whole_and_all_of_it_is_asked(evidence, case):
    name, column = case
    asked = splits(name, evidence)
    for split in asked:
        assert not set(split.test[column]) & set(split.train.observations[column])
    if asked:
        assert sum(split.test.height for split in asked) == len(evidence)


@given(evidence=evidences(), name=st.sampled_from(NAMES))
@few
def test_the_same_evidence_and_seed_give_the_same_splits(evidence, name):
    once, again = splits(name, evidence, seed=1), splits(name, evidence, seed=1)
    assert [split.name for split in once] == [split.name for split in again]
    for one, other in zip(once, again, strict=True):
        assert one.train.observations.equals(other.train.observations)
        assert one.test.equals(other.test)


@given(evidence=evidences(), name=st.sampled_from(NAMES), order=st.randoms())
@few
def test_splits_do_not_depend_on_the_order_of_observations(evidence, name, order):
    rows = list(range(len(evidence)))
    order.shuffle(rows)
    shuffled = Evidence(evidence.observations[rows])
    for one, other in zip(splits(name, evidence), splits(name, shuffled), strict=True):
        assert one.name == other.name
        assert set(one.test["origin_row"]) == set(other.test["origin_row"])


@given(evidence=evidences(), name=st.sampled_from(NAMES))
@few
def test_scores_are_asked_for_as_they_were_measured_and_questions_hold_none(evidence, name):
    measured = dict(evidence.observations.select("origin_row", "score").rows())
    for split in splits(name, evidence):
        assert all(measured[row] == score for row, score in split.test.select("origin_row", "score").rows())
        assert "score" not in split.queries.columns
        assert split.queries["query_row"].to_list() == list(range(split.test.height))
        assert split.groups.to_list() == split.test[split.grouped_by].to_list()


@given(evidence=evidences(), count=st.integers(1, 4))
@few
def test_hiding_several_languages_at_once_is_hiding_one_after_the_other(evidence, count):
    hidden, one_by_one = evidence.targets[:count], evidence
    for language in hidden:
        one_by_one = one_by_one.without_language(language)
    train, test = hide_languages(evidence.observations, languages=hidden)
    assert Evidence(train).observations.equals(one_by_one.observations)
    assert not set(hidden) & set(Evidence(test).sources)


def test_runs_that_differ_in_their_seed_alone_are_asked_for_once_by_their_mean():
    table = pl.DataFrame(
        [("deu", 1, 0.4), ("deu", 2, 0.6), ("fra", 1, 0.7)], schema=["target", "seed", "score"], orient="row"
    ).with_columns(model=pl.lit("m"), task=pl.lit("t"), metric=pl.lit("accuracy"), train=pl.lit("eng:5"))
    asked = {split.name: split for split in protocols.get("lolo")(read_evidence(table))}
    assert asked["deu"].test["score"].to_list() == pytest.approx([0.5])
    assert asked["fra"].train.observations["score"].to_list() == [0.4, 0.6]


def test_mixes_that_differ_in_what_is_left_out_alone_are_both_asked_for(measured):
    evidence = measured([(target, train, 0.5) for target in ("deu", "fra") for train in ("eng:5", "eng:5,deu:9")])
    asked = {split.name: split.test["train"].to_list() for split in protocols.get("lolo")(evidence)}
    assert asked["deu"] == ["eng:5", "eng:5"]


def test_facts_about_models_stay_known(measured):
    evidence = measured([(target, "eng:5", 0.5) for target in ("deu", "fra", "ita")])
    facts = pl.DataFrame({"model": ["m"], "parameters": [1000]})
    split = next(protocols.get("lolo")(Evidence(evidence.observations, facts)))
    assert split.train.models["parameters"].to_list() == [1000]


def test_a_model_used_as_it_is_is_asked_but_one_trained_on_the_hidden_language_alone_is_not(measured):
    evidence = measured([(target, train, 0.5) for target in ("deu", "fra", "ita") for train in ("", "deu:5", "fra:5")])
    asked = {split.name: split.test["train"].to_list() for split in protocols.get("lolo")(evidence)}
    assert asked == {"deu": ["", "fra:5"], "fra": ["", "deu:5"], "ita": ["", "deu:5", "fra:5"]}


@pytest.fixture(scope="module")
def planted() -> Evidence:
    return world(3, languages=24, sources=6, mixes=8).evidence()


def test_every_language_is_left_out_once(planted):
    assert [split.name for split in protocols.get("lolo")(planted)] == planted.targets


@pytest.mark.parametrize("name", ["lolo", "family", "script", "configs", "shift-aware"])
def test_every_second_of_what_is_left_out_can_be_asked_alone(planted, name):
    whole, half = ([split.name for split in protocols.get(name)(planted, every=every)] for every in (1, 2))
    assert half == whole[::2]


def test_languages_can_be_left_out_in_folds(planted):
    folds = list(protocols.get("lolo")(planted, folds=5))
    assert [split.name for split in folds] == [f"fold {number}" for number in range(1, 6)]
    assert sorted(language for split in folds for language in set(split.test["target"])) == planted.targets


def test_of_many_languages_a_sample_is_left_out_a_tenth_at_a_time(measured):
    """Of 90 languages 40, in folds of at most 9, no poorer or richer on the whole than all of them."""
    targets = list(one_of_each(read_evidence("isogloss:sib200-ngram").targets))[:90]
    many = measured([(target, "", 0.5) for target in targets])
    folds = [set(split.test["target"]) for split in protocols.get("lolo")(many)]
    sample = set().union(*folds)
    assert (len(sample), sum(map(len, folds)), max(map(len, folds))) == (40, 40, 8)
    quartiles = [np.quantile(space(sorted(names)).web_text, (0.25, 0.5, 0.75)) for names in (sample, targets)]
    np.testing.assert_allclose(*quartiles, atol=0.5)
    again = [set(split.test["target"]) for split in protocols.get("lolo")(many, seed=1)]
    assert again != folds
    assert describe_sample(many, "lolo", None, None) == (
        "A sample of 40 of 90 languages was withheld, 8 at a time; every=1 withholds each language alone."
    )


def test_every_language_is_left_out_alone_where_that_was_asked_for(measured):
    targets = list(one_of_each(read_evidence("isogloss:sib200-ngram").targets))[:50]
    many = measured([(target, "", 0.5) for target in targets])
    assert [split.name for split in protocols.get("lolo")(many, every=1)] == targets
    assert describe_sample(many, "lolo", 1, None) is None


def test_the_poorest_quarter_is_what_has_least_web_text(planted):
    (split,) = protocols.get("low-resource")(planted)
    hidden = set(split.test["target"])
    web_text = dict(zip(planted.targets, space(planted.targets).web_text, strict=True))
    assert len(hidden) == 6
    assert max(web_text[language] for language in hidden) <= min(
        web_text[language] for language in planted.targets if language not in hidden
    )


@pytest.mark.parametrize(("name", "kind"), [("family", lambda one: one.family[:1]), ("script", lambda one: one.script)])
def test_families_and_scripts_are_left_out_whole(planted, name, kind):
    for split in protocols.get(name)(planted):
        hidden = {kind(resolve(language)) for language in set(split.test["target"])} - {()}
        assert len(hidden) <= 1
        assert not hidden & {kind(resolve(language)) for language in split.train.targets}


def test_a_script_that_would_leave_too_few_languages_stays(measured):
    latin = "deu fra spa ita nld pol".split()
    evidence = measured([(target, "eng:5", 0.5) for target in [*latin, "rus", "ell", "hin", "tha"]])
    names = [split.name for split in protocols.get("script")(evidence)]
    assert names == ["Cyrl", "Deva", "Grek", "Thai"]
    assert all(len(split.train.targets) >= FEWEST_LEFT for split in protocols.get("script")(evidence))


@pytest.mark.parametrize("seed", range(4))
def test_shift_aware_folds_are_poorer_and_stranger_than_what_stays(seed):
    evidence = world(seed, languages=40, sources=5, mixes=5).evidence()
    languages = evidence.targets
    web_text = dict(zip(languages, space(languages).web_text, strict=True))
    alone = dict(zip(languages, isolation(languages), strict=True))
    hidden, kept = [], []
    for split in protocols.get("shift-aware")(evidence):
        hidden += set(split.test["target"])
        kept += split.train.targets
    assert len(hidden) == len(set(hidden)) <= len(languages) / 2
    for measure in (web_text, alone):
        means = [np.mean([measure[language] for language in group]) for group in (hidden, kept)]
        assert (means[0] < means[1]) if measure is web_text else (means[0] > means[1])


def test_anchors_are_given_back_and_the_same_is_asked_with_any_number_of_them(planted):
    found = list(protocols.get("anchors")(planted, folds=2))
    assert [split.condition for split in found] == ["0 anchors", "1 anchor", "3 anchors"] * 2
    for draw in (found[:3], found[3:]):
        asked = [split.test.select("origin_row", "score").rows() for split in draw]
        assert asked[0] == asked[1] == asked[2]
        assert len(set(draw[0].test["target"])) == 5  # a third of 24, less the three that become anchors
        for split, anchors in zip(draw, (0, 1, 3), strict=True):
            assert len(split.train.targets) == 16 + anchors


def test_anchors_differ_between_draws_and_follow_the_seed(planted):
    def asked(**options: int) -> list[set[str]]:
        return [set(split.test["target"]) for split in protocols.get("anchors")(planted, **options)]

    assert len({frozenset(one) for one in asked()}) > 1
    assert asked(seed=1) == asked(seed=1)


def two_tasks(evidence: Evidence) -> Evidence:
    second = evidence.observations.with_columns(task=pl.lit("second"))
    return Evidence(pl.concat([evidence.observations, second]))


def test_a_sister_task_is_kept_out_of_the_evidence_only_while_its_sister_is_asked(planted):
    evidence = two_tasks(planted)
    third = Evidence(pl.concat([evidence.observations, planted.observations.with_columns(task=pl.lit("third"))]))
    sisters = {"second": "third"}
    for split in protocols.get("language-in-task")(third, folds=3, sisters=sisters):
        (task,) = split.test["task"].unique()
        assert ("third" in split.train.observations["task"].unique().to_list()) == (task != "second")


def test_an_unknown_sister_task_is_refused_by_name(planted):
    with pytest.raises(UnknownName, match="unknown task 'secnd'; did you mean 'second'"):
        list(protocols.get("language-in-task")(two_tasks(planted), sisters={"secnd": "planted-task"}))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("models", "there is only one model"),
        ("tasks", "there is only one task"),
        ("language-in-task", "no task shares a language with another"),
        ("target-in-model", "no model shares a language with another"),
    ],
)
def test_a_protocol_that_cannot_leave_anything_out_says_why(planted, name, reason):
    with pytest.raises(NotEnoughEvidence, match=reason):
        list(protocols.get(name)(planted))


@pytest.mark.parametrize("name", ["low-resource", "anchors", "shift-aware"])
def test_so_few_languages_that_too_little_would_stay_are_refused(measured, name):
    evidence = measured([(target, "eng:5", 0.5) for target in ("deu", "fra", "ita", "spa")])
    with pytest.raises(NotEnoughEvidence, match=f"protocol '{name}': . languages would stay measured, 5 are needed"):
        list(protocols.get(name)(evidence))


def test_every_protocol_explains_itself_in_a_line():
    lines = {name: describe_protocol(protocol) for name, protocol in protocols.items()}
    assert all(20 < len(line) < 120 for line in lines.values())


TWICE = ["swa", "swh", "fil", "tgl", "nor", "nob", "deu", "fin", "hun", "tur", "vie", "tha", "kor", "jpn", "hin"]
"""Languages of which six are three, each under two ids."""


def evidence_of_twins() -> Evidence:
    rows = [
        {"model": model, "task": task, "metric": "f1", "target": target, "train": train, "score": 0.5}
        for model in ("one", "two") for task in ("a", "b") for target in TWICE for train in ("", "swh:100,deu:100")
    ]  # fmt: skip
    return read_evidence(pl.DataFrame(rows))


@pytest.mark.parametrize("name", EVERYWHERE)
@pytest.mark.parametrize("options", [{}, {"folds": 3}])
def test_no_near_identical_language_gives_away_a_hidden_one(name, options):
    twins = {"swa": "swh", "fil": "tgl", "nor": "nob"}
    twins |= {second: first for first, second in twins.items()}
    asked = splits(name, evidence_of_twins(), **options)
    for split in asked:
        learnt = languages_of(split.train.observations)
        assert not {twins.get(language) for language in split.test["target"]} & learnt


def test_near_identical_languages_are_withheld_together_and_count_once():
    asked = splits("lolo", evidence_of_twins())
    assert len(asked) == 12
    groups = [set(split.groups) for split in asked]
    assert all(len(group) == 1 for group in groups)
    assert {"fil", "nob", "swa"} <= set().union(*groups)
    assert not {"tgl", "nor", "swh"} & set().union(*groups)
    (swahili,) = [split for split in asked if "swh" in set(split.test["target"])]
    assert set(swahili.test["target"]) == {"swa", "swh"}
