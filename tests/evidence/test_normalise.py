from __future__ import annotations

import math

import pytest

from isogloss.errors import BadTrainingMix, BadValue, ConflictingScores, UnknownLanguage, UnknownName
from isogloss.evidence import read_evidence, read_queries


def test_languages_become_ids_and_the_code_as_reported_is_kept(table):
    row = read_evidence(table({"target": "zh-TW", "train": "jp:5"})).observations.row(0, named=True)
    assert (row["target"], row["target_as_reported"], row["train"]) == ("zho_Hant", "zh-TW", "jpn:5")


def test_a_user_says_how_to_read_a_code(table):
    evidence = read_evidence(table({"target": "xx9", "train": "xx9:5"}), languages={"xx9": "German"})
    assert evidence.targets == evidence.sources == ["deu"]


def test_an_unknown_language_names_the_row_that_first_has_it(table):
    with pytest.raises(UnknownLanguage, match=r"^table row 1: unknown language 'xx9'.*languages=\{'xx9': 'CODE'\}"):
        read_evidence(table({"target": "fr"}, {"target": "xx9"}, {"target": "xx9", "seed": 1}))


def test_a_negative_size_names_the_row(table):
    with pytest.raises(BadTrainingMix, match=r"^table row 0: size -5 of 'eng' is negative"):
        read_evidence(table({"train": "en:-5"}))


def test_scores_that_never_exceed_one_are_fractions(table):
    observations = read_evidence(table({"score": 0.5}, {"score": 1.0, "target": "fr"})).observations
    assert observations["score"].to_list() == [0.5, 1.0]
    assert observations["scale"].unique().to_list() == ["fraction"]


def test_larger_scores_are_percentages_and_become_fractions_with_their_errors(table):
    observations = read_evidence(
        table({"score": 50.0, "standard_error": 2.0}, {"score": 0.0, "target": "fr"}, {"score": 1.0, "target": "es"})
    ).observations
    assert observations["score"].to_list() == [0.5, 0.0, 0.01]
    assert observations["standard_error"].to_list() == [0.02, None, None]
    assert observations["scale"].unique().to_list() == ["percent"]


def test_percentages_mixed_with_fractions_name_a_row_of_each_and_the_hint(table):
    with pytest.raises(BadValue, match=r"^table row 1: percentages mixed with fractions.* 0; give scale=percent"):
        read_evidence(table({"score": 0.7}, {"score": 70, "target": "fr"}))


def test_a_negative_score_is_shown_as_it_is_and_tells_nothing_of_the_scale(table):
    with pytest.raises(BadValue, match=r"^table row 0: accuracy -5 lies outside 0 to 1 \(fraction\)"):
        read_evidence(table({"score": -5.0}, {"score": 0.5, "target": "fr"}))
    with pytest.raises(BadValue, match=r"percentages mixed with fractions in .*: -50 here, -0.5 in row 1"):
        read_evidence(table({"score": -50.0, "metric": "spearman"},
                            {"score": -0.5, "target": "fr", "metric": "spearman"}))  # fmt: skip


def test_one_model_in_percent_and_another_in_fractions_is_a_mix_too(table):
    with pytest.raises(BadValue, match="percentages mixed with fractions"):
        read_evidence(table({"score": 0.7}, {"score": 70, "model": "other"}))


def test_metrics_of_one_file_may_have_scales_of_their_own(table):
    observations = read_evidence(table({"score": 0.7}, {"score": 34.0, "metric": "bleu"})).observations
    assert observations["score"].to_list() == [0.7, 0.34]
    assert observations["scale"].to_list() == ["fraction", "percent"]


def test_a_declared_scale_settles_small_percentages(table):
    observations = read_evidence(table({"score": 0.7}, {"score": 70, "target": "fr"}), scale="percent").observations
    assert observations["score"].to_list() == pytest.approx([0.007, 0.7])


def test_scores_outside_a_declared_scale_are_refused(table):
    with pytest.raises(BadValue, match=r"^table row 0: accuracy 70 lies outside 0 to 1 \(fraction\)"):
        read_evidence(table({"score": 70}), scale="fraction")


def test_an_unknown_scale_says_which_there_are(table):
    with pytest.raises(UnknownName, match="did you mean 'percent'"):
        read_evidence(table({}), scale="precent")


def test_metrics_without_bounds_keep_their_values_and_their_direction(table):
    observations = read_evidence(table({"metric": "loss", "score": 0.5}, {"metric": "loss", "score": 7.5, "seed": 1}))
    assert observations.observations["score"].to_list() == [0.5, 7.5]
    assert observations.observations["scale"].unique().to_list() == ["raw"]
    assert observations.observations["higher_is_better"].unique().to_list() == [False]


def test_a_correlation_may_be_negative_and_an_accuracy_may_not(table):
    assert read_evidence(table({"metric": "spearman", "score": -0.5})).observations["score"].item() == -0.5
    with pytest.raises(BadValue, match=r"^table row 0: accuracy -0.5 lies outside 0 to 1"):
        read_evidence(table({"score": -0.5}))


def test_of_an_unknown_metric_nothing_is_presumed(table):
    """One error asks for all that is lacking, and the answers are one call away."""
    liveliness = table({}, {"metric": "liveliness", "score": 3.0})
    with pytest.raises(BadValue) as refused:
        read_evidence(liveliness)
    assert str(refused.value) == (
        "table row 1: unknown metric 'liveliness'; give scale=fraction, percent or raw and better=higher or lower, "
        "or the columns scale and higher_is_better"
    )
    with pytest.raises(BadValue, match="give better=higher or lower, or"):
        read_evidence(liveliness, scale="percent")
    with pytest.raises(BadValue, match="give scale=fraction, percent or raw, or"):
        read_evidence(liveliness, better="lower")
    rows = read_evidence(liveliness, scale="percent", better="lower").observations
    assert rows.select("metric", "score", "scale", "higher_is_better").rows() == [
        ("accuracy", 0.005, "percent", True),
        ("liveliness", 0.03, "percent", False),
    ]


def test_columns_answer_for_each_unknown_metric(table):
    rows = read_evidence(
        table(
            {"metric": "liveliness", "scale": "fraction", "higher_is_better": True},
            {"metric": "dullness", "scale": "raw", "higher_is_better": False, "score": 7.0},
        )
    ).observations
    assert rows.select("metric", "score", "scale", "higher_is_better").sort("score").rows() == [
        ("liveliness", 0.5, "fraction", True),
        ("dullness", 7.0, "raw", False),
    ]


def test_a_misspelt_metric_is_told_the_nearest(table):
    with pytest.raises(BadValue, match="unknown metric 'acuracy'; did you mean 'accuracy'"):
        read_evidence(table({"metric": "acuracy"}))


def test_a_declared_scale_leaves_losses_as_they_are(table):
    rows = read_evidence(table({"score": 50.0}, {"metric": "eval_loss", "score": 1.25}), scale="percent").observations
    assert rows["score"].to_list() == [0.5, 1.25]


def test_questions_may_be_about_an_unknown_metric(table):
    queries = read_queries(table({"metric": "liveliness"}))
    assert queries.select("metric", "higher_is_better").row(0) == ("liveliness", None)


def test_an_unknown_direction_says_which_there_are(table):
    with pytest.raises(UnknownName, match="unknown better 'bigger'; did you mean 'higher'"):
        read_evidence(table({}), better="bigger")


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf, 100.5, -3])
def test_a_score_that_cannot_be_names_its_row(table, score):
    with pytest.raises(BadValue, match=r"^table row 1: "):
        read_evidence(table({"score": 50.0}, {"score": score, "target": "fr"}))


def test_a_negative_standard_error_names_its_row(table):
    with pytest.raises(BadValue, match=r"^table row 0: standard error -1 is not 0 or more"):
        read_evidence(table({"standard_error": -1.0}))


@pytest.mark.parametrize("column", ["model", "task", "metric", "target"])
def test_an_empty_cell_that_must_be_filled_names_its_row_and_column(table, column):
    with pytest.raises(BadValue, match=f"^table row 1: no {column};"):
        read_evidence(table({}, {column: " "}))


def test_what_the_user_says_fills_in_and_never_overrides_in_silence(table):
    assert read_evidence(table({"task": None}), task="topics").observations["task"].item() == "topics"
    with pytest.raises(BadValue, match=r"^table row 0: its task is 'topics', not 'other' as given"):
        read_evidence(table({}), task="other")


def test_equal_duplicates_count_once(table):
    assert len(read_evidence(table({}, {}, {"target": "fr"}))) == 2


def test_an_equal_score_in_percent_and_as_a_fraction_is_a_duplicate(table):
    assert len(read_evidence(table({"score": 71.3, "seed": 1}), table({"score": 0.713, "seed": 1}))) == 1


def test_duplicates_that_disagree_name_both_rows_and_the_hint(table):
    with pytest.raises(ConflictingScores, match=r"^table row 0: 0.5 here and 0.6 in row 2 .*duplicates=mean"):
        read_evidence(table({}, {"target": "fr"}, {"score": 0.6}))


def test_duplicates_in_different_files_disagree_too(tmp_path, table):
    table({}).write_csv(tmp_path / "a.csv")
    table({"score": 0.6}).write_csv(tmp_path / "b.csv")
    with pytest.raises(ConflictingScores, match=r"a.csv row 0: 0.5 here and 0.6 in .*b.csv row 0"):
        read_evidence(tmp_path / "*.csv")


@pytest.mark.parametrize(("how", "score"), [("mean", 0.4), ("last", 0.1)])
def test_a_user_says_what_to_do_with_duplicates(table, how, score):
    rows = [{"score": 0.5}, {"score": 0.6}, {"score": 0.1}]
    assert read_evidence(table(*rows), duplicates=how).observations["score"].item() == pytest.approx(score)


def test_the_mean_of_duplicates_has_no_standard_error(table):
    rows = table({"score": 0.5, "standard_error": 0.1}, {"score": 0.6, "standard_error": 0.1})
    assert read_evidence(rows, duplicates="mean").observations["standard_error"].item() is None


def test_seeds_tell_observations_apart(table):
    evidence = read_evidence(table({"seed": 1}, {"seed": 2, "score": 0.6}))
    assert evidence.settings()["seeds"].item() == 2
