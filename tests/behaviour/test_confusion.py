"""Language confusion: replies counted by hand, values of the formulas, bad input, and shipped accuracies."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import isogloss
from isogloss.behaviour import behaviour_metrics, identification_accuracy, identify, score_confusion
from isogloss.behaviour.lines import english_words, reply_lines, words_in
from isogloss.errors import InputError
from isogloss.texts.identification import codes_of

pytest.importorskip("py3langid", reason="to identify languages needs py3langid, of the extra behaviour")

GERMAN = "Der Hund läuft heute schnell durch den großen Garten."
ENGLISH = "The dog runs quickly through the big garden today."
RUSSIAN = "Собака сегодня быстро бежит через большой сад."
MIXED = "Собака сегодня быстро бежит через garden."


def replies(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["language", "response"], orient="row").with_columns(model=pl.lit("ours"))


def test_pass_rates_of_six_replies_counted_by_hand():
    """German: one of two passes. Russian: two of three pass by line, and one of these by word."""
    table = replies(
        ("German", GERMAN), ("German", f"{GERMAN}\n{ENGLISH}"),
        ("Russian", RUSSIAN), ("Russian", MIXED), ("Russian", ENGLISH),
    )  # fmt: skip
    answer = isogloss.language_confusion(table)
    german, russian = answer.result.languages.sort("language").to_dicts()
    assert (german["lpr"], german["wpr"], german["lcpr"]) == (0.5, None, None)
    assert german["line_accuracy"] == 0.75
    assert (russian["lpr"], russian["wpr"]) == (pytest.approx(2 / 3), 0.5)
    assert russian["lcpr"] == pytest.approx(2 * (2 / 3) * 0.5 / (2 / 3 + 0.5))
    (model,) = answer.result.models.to_dicts()
    assert model["lpr"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert model["lpr_lower"] <= model["lpr"] <= model["lpr_upper"]
    wrong = answer.tables["wrong"].frame.select("language", "identified", "share").rows()
    assert wrong == [("deu", "en", pytest.approx(1 / 3)), ("rus", "en", pytest.approx(1 / 3))]
    assert answer.verdict.startswith(
        "ours: 42 % of replies are not in the language expected, on average over 2 languages; LPR"
    )


def test_empty_replies_are_wrong_unless_they_are_left_out():
    table = replies(("German", GERMAN), ("German", ""), ("German", "  \n"))
    assert isogloss.language_confusion(table).table["lpr"].item() == pytest.approx(1 / 3)
    answer = isogloss.language_confusion(table, skip_empty=True)
    assert answer.table.select("lpr", "replies", "judged", "empty").row(0) == (1.0, 3, 1, 2)


def test_replies_too_short_to_judge_are_counted_and_not_scored():
    answer = isogloss.language_confusion(replies(("German", GERMAN), ("German", "Ja, gern.")))
    assert answer.table.select("lpr", "judged", "short").row(0) == (1.0, 1, 1)


def test_tasks_count_the_same_however_many_replies_they_have():
    rows = [("eng", GERMAN, "a"), ("eng", ENGLISH, "b"), ("eng", ENGLISH, "b"), ("eng", ENGLISH, "b")]
    table = pl.DataFrame(rows, schema=["language", "response", "task"], orient="row")
    assert score_confusion(table.rename({"response": "text"}), draws=10).models["lpr"].item() == 0.5


@pytest.mark.parametrize(
    ("target", "others", "entropy"),
    [
        (1.0, [0.0], 0.0),
        (0.8, [0.2], 0.3665),
        (0.5, [0.5], 0.6931),
        (0.2, [0.8], 1.4661),
        (0.0, [1.0], -math.log(1e-3)),
    ],
)
def test_confusion_entropy_has_the_values_of_its_definition(target, others, entropy):
    """The last is 0 in the release, where a reply wholly in another language counts as perfect."""
    assert behaviour_metrics.get("confusion_entropy")(target, others) == pytest.approx(entropy, abs=1e-4)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_harmonic_mean_lies_between_its_parts(line, word):
    both = float(behaviour_metrics.get("lcpr")(line, word))
    assert min(line, word) - 1e-9 <= both <= max(line, word) + 1e-9


def test_nothing_judged_has_no_rate():
    assert math.isnan(behaviour_metrics.get("lpr")(0, 0))
    assert math.isnan(behaviour_metrics.get("lcpr")(0.5, float("nan")))


def test_lines_are_cut_as_in_the_release():
    assert reply_lines("one two three four, five!\nshort\nQ: one two three four five six") == [
        "one two three four five"
    ]
    assert words_in("今日は天気がいい") == 4
    assert english_words("Собака runs, the GARDEN garden") == ["runs", "garden"]
    assert english_words("Собака runs", frozenset({"garden"})) == []


def test_a_macrolanguage_and_its_members_count_as_one():
    assert "no" in codes_of("nob")
    assert codes_of("swh") == codes_of("swa") == {"sw"}
    assert codes_of("zho_Hant") >= {"zh"}
    assert codes_of("bam") == frozenset()


def test_what_is_no_language_is_unknown():
    assert identify(["12 34 56 78 90"]) == {"12 34 56 78 90": "unknown"}


def test_accuracies_of_205_languages_ship_and_bound_what_is_said():
    table = identification_accuracy()
    assert table.height == 205
    assert table["accuracy"].is_between(0, 1).all()
    assert (table["accuracy"] > 0.9).sum() >= 120
    answer = isogloss.language_confusion(replies(("Bosnian", ENGLISH), ("German", GERMAN)))
    assert answer.flags.select("about", "flag").rows() == [("bos", "identification_weak")]
    assert answer.flags["meaning"].item() == "Only 33 % of sentences are identified; 37 % are called Croatian."


def test_a_language_that_cannot_be_identified_is_not_scored():
    answer = isogloss.language_confusion(replies(("German", GERMAN), ("Bambara", ENGLISH)))
    assert "Not scored, because they cannot be identified: Bambara." in answer.sentences
    assert answer.result.languages["language"].to_list() == ["deu"]
    with pytest.raises(InputError, match="bam cannot be identified"):
        isogloss.language_confusion(replies(("Bambara", ENGLISH)))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (replies(("German", GERMAN)).drop("response"), "no column 'text'; name it completion"),
        (replies(("German", GERMAN)).drop("language"), "no column 'language'"),
        (replies(("German", GERMAN)).clear(), "has no rows"),
        (replies(("Germish", GERMAN)), "unknown language 'Germish'"),
        (replies(("German", GERMAN)).with_columns(output=pl.lit("")), "may both be the text"),
    ],
)
def test_what_cannot_be_scored_is_said_with_what_to_do(table, message):
    with pytest.raises(InputError, match=message):
        isogloss.language_confusion(table)


def test_completions_are_read_from_json_lines(tmp_path):
    path = tmp_path / "completions.jsonl"
    replies(("German", GERMAN), ("German", ENGLISH)).rename({"response": "completion"}).write_ndjson(path)
    assert isogloss.language_confusion(str(path)).table["lpr"].item() == 0.5
