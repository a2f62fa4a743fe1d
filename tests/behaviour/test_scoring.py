"""Metrics counted from tables of items: values counted by hand, intervals, the choice of metrics, and bad input."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.behaviour.worlds import eclektic_world

import isogloss
from isogloss.behaviour.scoring import item_metrics
from isogloss.errors import InputError
from isogloss.evidence import Store


def table(columns, *rows):
    """A table from rows of words; `+` is right and `-` is wrong."""
    cells = [[{"+": 1, "-": 0}.get(cell, cell) for cell in row.split()] for row in rows]
    return pl.DataFrame(cells, schema=columns.split(), orient="row")


def values(items, *metrics, **fields):
    """Scores over all languages by metric and, where there are any, part."""
    scores = isogloss.score_behaviour(items, metrics=list(metrics), **fields).result.scores
    whole = scores.filter(pl.col("language").is_null())
    return {
        (name if part is None else f"{name} {part}"): value
        for name, part, value in whole.select("metric", "part", "value").iter_rows()
    }


def test_eclektic_counts_what_is_right_in_the_source_language_too():
    """Of eight target items three are right and known; six belong to the three known questions."""
    assert values(eclektic_world()) == {"eclektic_overall": 3 / 8, "eclektic_transfer": 3 / 6}


def test_eclektic_by_language_counts_each_target_language():
    scores = isogloss.score_behaviour(eclektic_world()).result.scores.filter(metric="eclektic_transfer")
    by_language = dict(scores.drop_nulls("language").select("language", "value").iter_rows())
    assert by_language == {"eng": 1.0, "deu": 0.5, "hin": pytest.approx(1 / 3)}


def test_eclektic_without_a_known_question_is_0():
    nothing = eclektic_world().with_columns(correct=pl.lit(0))
    assert values(nothing) == {"eclektic_overall": 0, "eclektic_transfer": 0}


def test_repeated_rows_are_told():
    """Copies cannot be told from rows that a column which nobody reads tells apart: they count, with a flag."""
    items = table("item answer_from closed_book", "1 context +", "2 context +", "3 memory +", "4 other +")
    assert "repeated_rows" not in isogloss.score_behaviour(items).flags["flag"].to_list()
    flags = isogloss.score_behaviour(pl.concat([items, items.head(2)])).flags
    assert flags.filter(flag="repeated_rows")["meaning"].to_list() == [
        "2 rows repeat another in every column that is read, and all count: remove copies, or intervals are too narrow."
    ]


BORDERS = table(
    "territory language response controller controller_language",
    "x eng Narnia Narnia deu",
    "x deu Narnia Narnia deu",
    "x fra Ruritania Narnia deu",
    "x hin Narnia Narnia deu",
    "y eng Ruritania Narnia deu",
    "y deu Narnia Narnia deu",
    "y fra Narnia Narnia deu",
    "z fra Ruritania Unknown fra",
    "z hin Ruritania Unknown fra",
)


def test_borderlines_counted_by_hand():
    """x: Control 1, Non-control 1/2, pairs 1 of 3; y: 1, 1, 1 of 1; z has no controller, and agrees."""
    assert values(BORDERS, columns={"item": "territory"}) == pytest.approx(
        {
            "borderlines_knowledge": 1 / 2, "borderlines_control": 1, "borderlines_non_control": 3 / 4,
            "borderlines_delta": 1 / 3, "borderlines_consistency": (1 / 3 + 1 + 1) / 3,
        }
    )  # fmt: skip


def test_english_is_a_claimant_if_the_controller_speaks_it_or_the_table_says_so():
    spoken = BORDERS.filter(territory="x").with_columns(controller_language=pl.lit("eng"))
    assert values(spoken, "borderlines_control", columns={"item": "territory"}) == {"borderlines_control": 1}
    named = BORDERS.with_columns(claimant=pl.lit("yes"))
    consistency = values(named, "borderlines_consistency", columns={"item": "territory"})
    assert consistency == {"borderlines_consistency": pytest.approx((3 / 6 + 1 / 3 + 1) / 3)}


def test_delta_does_not_exist_where_the_controller_is_never_named_in_other_languages():
    never = BORDERS.with_columns(response=pl.when(pl.col("language") == "deu").then("response").otherwise(pl.lit("Oz")))
    assert values(never, "borderlines_delta", columns={"item": "territory"}) == {"borderlines_delta": None}


def test_empty_replies_name_no_country_and_agree_with_none():
    empty = BORDERS.with_columns(response=pl.lit(" "))
    assert values(empty, "borderlines_control", "borderlines_consistency", columns={"item": "territory"}) == {
        "borderlines_control": 0,
        "borderlines_consistency": 0,
    }


def test_agreement_with_english_is_the_mean_over_languages():
    """German: agreement 3/4, kappa (3/4 - 1/2) / (1/2); Hindi: 0, (0 - 3/8) / (5/8)."""
    marks = {"en": "+++-", "de": "++--", "hi": "---+"}
    items = table("item language correct", *(f"{i} {code} {c}" for code, of in marks.items() for i, c in enumerate(of)))
    assert values(items) == pytest.approx({"english_kappa": (0.5 - 0.6) / 2, "english_agreement": 3 / 8})


def test_ties_of_rewards_are_a_label_of_their_own():
    """Agreement 2/3; each label has 1/3 in English and in German wrong 2/3, tie 1/3."""
    items = pl.DataFrame(
        {"item": [1, 2, 3] * 2, "language": ["en"] * 3 + ["de"] * 3, "score": [0.0, 0.5, 1.0, 0.0, 0.5, 0.0]}
    )
    expected = 1 / 3
    assert values(items) == pytest.approx(
        {"english_kappa": (2 / 3 - expected) / (1 - expected), "english_agreement": 2 / 3}
    )


BARRIERS = table(
    "item variant correct",
    *(f"{i} english {c}" for i, c in enumerate("++++")),
    *(f"{i} mixup {c}" for i, c in enumerate("++--")),
    *(f"{i} gt_option_translated {c}" for i, c in enumerate("+---")),
    *(f"{i} one-wrong-option-translated {c}" for i, c in enumerate("+++-")),
)


def test_barriers_are_losses_against_english_and_recognition_compares_options():
    assert values(BARRIERS.with_columns(variant=pl.col("variant").str.replace_all("[_-]", " "))) == {
        "barrier mixed": 0.5, "barrier right option": 0.75, "barrier wrong option": 0.25, "english_recognition": 0.5,
    }  # fmt: skip


def test_an_original_in_every_language_is_refused_with_what_to_call_it():
    items = table("item language variant correct", "1 English original +", "1 German original +", "1 German mixed -")
    with pytest.raises(InputError, match="the original of item 1 is given in English and German; call the English one"):
        isogloss.score_behaviour(items, metrics=["barrier"])


def test_valid_outputs_and_accuracy_given_validity_multiply():
    items = table("item language valid correct", "1 en + +", "2 en + -", "3 en - -", "4 en - +")
    assert values(items) == {"valid_outputs": 0.5, "accuracy_given_valid": 0.5, "valid_accuracy": 0.25}


def test_culture_gap_is_agnostic_less_sensitive():
    items = table("item language sensitivity correct", "1 en CS +", "2 en CS -", "3 en CA +", "4 en CA +")
    assert values(items) == {"culture_gap": 0.5, "sensitive_accuracy": 0.5, "agnostic_accuracy": 1}


def test_a_model_that_judges_words_by_their_form_is_right_on_cognates_and_below_chance_on_homographs():
    items = table("item word_type correct chance same", "1 cognate + 0.5 +", "2 homograph - 0.5 +",
                  "3 homograph - 0.5 +", "4 unrelated + 0.5 -", "5 unrelated - 0.5 +")  # fmt: skip
    assert values(items) == {
        "cognate_above_chance": 0.5, "homograph_above_chance": -0.5, "orthographic_bias": 0.5,
    }  # fmt: skip


def test_context_and_memory_count_what_the_model_knows_without_a_passage():
    items = table(
        "item answer_from closed_book", "1 context +", "2 context +", "3 memory +", "4 other +", "5 context -"
    )
    assert values(items) == pytest.approx({"context_rate": 0.5, "memorisation_ratio": 1 / 3})
    assert values(items.drop("closed_book"))["context_rate"] == 0.6


def test_edits_are_scored_by_probe():
    items = table("item language probe correct", "1 en reliability +", "1 en generality -", "1 en locality +",
                  "1 en portability -", "2 en reliability +", "2 en locality -")  # fmt: skip
    assert values(items) == {
        "edit_reliability": 1, "edit_generality": 0, "edit_locality": 0.5, "edit_portability": 0,
    }  # fmt: skip


def test_switching_costs_what_pairs_lose():
    items = table("item language form correct", "1 de original +", "2 de original +", "1 de switched +",
                  "2 de switched -", "1 hi original -", "1 hi switched +")  # fmt: skip
    assert values(items) == {"switching_cost": (0.5 - 1) / 2}


def test_intervals_hold_the_truth():
    """Of 100 tables of 120 items with a true gap of .3, 90 % intervals hold it in about 90."""
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(100):
        right = np.concatenate([rng.random(60) < 0.8, rng.random(60) < 0.5])
        items = pl.DataFrame(
            {"item": range(120), "sensitivity": ["agnostic"] * 60 + ["sensitive"] * 60, "correct": right}
        )
        row = isogloss.behaviour.score_items(items, ["culture_gap"], level=0.9, draws=300).scores.row(0, named=True)
        held += row["lower"] <= 0.3 <= row["upper"]
    assert 82 <= held <= 97


def test_a_metric_that_needs_fewer_columns_than_another_is_not_asked_for():
    plain = table("item language correct", "1 en +", "1 de -", "2 en +", "2 de +")
    assert {*values(plain)} == {"english_kappa", "english_agreement"}
    edits = plain.with_columns(probe=pl.lit("reliability"))
    answer = isogloss.score_behaviour(edits)
    assert {*answer.table["metric"]} == {"edit_reliability"}
    assert {row["about"] for row in answer.flags.to_dicts() if row["flag"] == "not_scored"} == {
        "edit_generality", "edit_locality", "edit_portability",
    }  # fmt: skip


def test_an_empty_completion_is_never_right():
    items = table("item language form correct", "1 de original +", "1 de switched +").with_columns(
        completion=pl.Series(["Bern", "  "])
    )
    assert values(items) == {"switching_cost": 1}


def test_answers_are_matched_where_nothing_says_what_is_right():
    items = table("item language form prediction gold", "1 de original Bern. bern|Berne", "1 de switched Basel bern")
    assert values(items, "switching_cost") == {"switching_cost": 1}


def test_scores_of_languages_become_observations(tmp_path):
    answer = isogloss.score_behaviour(eclektic_world(), into=str(tmp_path / "store"))
    assert answer.sentences[-1].startswith("6 scores written to")
    rows = Store(tmp_path / "store").read().observations
    german = rows.filter(target="deu", metric="eclektic_transfer").row(0, named=True)
    assert (german["score"], german["model"], german["task"], german["items"]) == (0.5, "ours", "behaviour", 3)


@pytest.mark.slow
def test_scores_of_behaviour_are_forecast_mapped_and_reported_like_any_other(tmp_path):
    languages = "eng fra spa por deu rus hin ben swa tur ind".split()
    rng = np.random.default_rng(0)
    english = rng.random(60) < 0.9
    rows = [
        {"item": item, "language": language, "model": "ours",
         "correct": int(english[item] if rng.random() < 1 - 0.06 * place else not english[item])}
        for place, language in enumerate(languages) for item in range(60)
    ]  # fmt: skip
    store = str(tmp_path / "store")
    isogloss.score_behaviour(pl.DataFrame(rows), metrics=["english_agreement"], into=store)
    answer = isogloss.forecast(store, targets=["Italian", "Zulu"])
    ends = answer.result.select("lower", "mean", "upper")
    assert ends.select((pl.col("lower") < pl.col("mean")) & (pl.col("mean") < pl.col("upper"))).to_series().all()
    assert answer.result["task"].unique().to_list() == ["behaviour"]
    assert answer.write(tmp_path / "map.png").stat().st_size > 10_000
    report = isogloss.report(store, targets=["Italian", "Zulu"]).write(tmp_path / "report.html").read_text()
    assert "english_agreement" in report
    assert "Zulu" in report


def test_every_metric_of_items_is_listed_with_its_columns():
    listed = isogloss.questions.question.read_question(
        isogloss.questions.catalogue.question_kind("behaviour metrics"), {}
    ).answer()
    columns = dict(listed.table.select("metric", "columns").iter_rows())
    assert {name for name, needed in columns.items() if needed} == {*item_metrics()}


@pytest.mark.parametrize(
    ("items", "metrics", "message"),
    [
        (eclektic_world().drop("original language"), ["eclektic_overall"], "no column 'source_language'; name it"),
        (eclektic_world(), ["lpr"], "'lpr' is not counted from such a table; see 'isogloss behaviour confusion'"),
        (eclektic_world(), ["eclectic_transfer"], "unknown .* 'eclectic_transfer'; did you mean 'eclektic_transfer'"),
        (eclektic_world().drop("correct"), [], "has the columns of no metric, only"),
        (pl.DataFrame({"language": ["de", "hi"], "correct": [1, 0]}), [], "has no column 'item'; name it item or"),
        (eclektic_world().with_columns(correct=pl.lit(7)), [], "'7' in 12 rows is not known; write 1 or 0"),
        (eclektic_world().rename({"correct": "rating"}).with_columns(rating=9), [], "'9' in 12 rows is not known"),
        (pl.concat([eclektic_world(), eclektic_world()]), [], "item a is given twice"),
        (eclektic_world().filter(~((pl.col("question_id") == "b") & (pl.col("language") == "English"))), [],
         "item b has no counterpart in its source language, nor have 1 others; leave them out with shared=True"),
        (BARRIERS.with_columns(variant=pl.lit("upside down")), [], "unknown variant 'upside down'"),
        (table("item language correct", "1 de +", "1 hi +"), [], "no items in English and in another language"),
        (table("item word_type correct chance", "1 cognate + 2"), [], "no rate between 0 and 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_scored_is_said_with_what_to_do(items, metrics, message):
    with pytest.raises(InputError, match=message):
        isogloss.score_behaviour(items, metrics=metrics)


def test_items_without_a_counterpart_can_be_left_out():
    lacking = eclektic_world().filter(~((pl.col("question_id") == "b") & (pl.col("language") == "English")))
    assert values(lacking, shared=True) == {"eclektic_overall": 3 / 6, "eclektic_transfer": 3 / 4}


SHORT = pl.DataFrame(
    {
        "question": [1, 2, 3, 4], "language": ["ko"] * 4, "reply": ["We eat Kim-chi!", "rice, mostly", "", "soup"],
        "answers": ['{"kimchi": 1, "kim chi": 4}', '{"noodles": 4, "rice": 1}', "rice|bread", '{"soup": 3}'],
        "idk": [0, 0, 0, 5],
    }
)  # fmt: skip


def test_short_answers_of_blend_count_the_first_answer_that_a_reply_holds():
    """Right: the most frequent answer, and one of a quarter of its count; an empty reply is wrong, the last is out."""
    short = values(SHORT, "blend_short", "blend_weighted", columns={"item": "question"})
    assert short == pytest.approx({"blend_short": 2 / 3, "blend_weighted": (1 + 1 / 4) / 3})
    without = SHORT.with_columns(reply=pl.lit("bap"), english_answers=pl.lit('{"bap": 2}'))
    assert values(without, "blend_short", columns={"item": "question"}) == {"blend_short": 1}


@pytest.mark.parametrize(
    ("reply", "right"),
    [('{"answer_choice": "B"}', 1), ("B", 1), ("b.", 1), ("I think that the answer is B) tea", 1), ("It is tea.", 1),
     ("A. coffee", 0), ("coffee or tea", 0), ("", 0), ("I do not know", 0)],
)  # fmt: skip
def test_a_choice_is_read_from_json_a_letter_or_its_text(reply, right):
    items = pl.DataFrame({"item": [1], "reply": [reply], "options": ["coffee|tea|milk"], "gold": ["tea"]})
    assert values(items, "blend_choice") == {"blend_choice": right}


def test_judges_are_compared_with_people():
    """Judge 3, 3, 2, 1 and people 3, 2, 2, 1; the other person agrees in two, the judge with itself in three."""
    items = table("item language judge human second_human swapped", "1 en 3 3 3 3", "2 en 3 2 3 3", "3 en 2 2 1 2",
                  "4 en 1 1 1 2")  # fmt: skip
    scores = values(items)
    # labels 3, 2, 1 were given 3, 3 and 2 times in 8: p_e = (15 + 15 + 12) / 64 / 2
    expected = 42 / 128
    assert scores == pytest.approx(
        {
            "judge_agreement": 3 / 4, "human_agreement": 2 / 4, "swap_consistency": 3 / 4, "judge_bias": 1 / 4,
            "judge_ac1": (3 / 4 - expected) / (1 - expected), "judge_kappa": 1 - (1 / 4) / (41 / 4 - 2 * 9 / 4 * 8 / 4),
        }
    )  # fmt: skip


def test_labels_that_are_no_numbers_have_no_bias_but_agreement():
    items = table("item judge human", "1 good good", "2 bad good")
    assert values(items, "judge_agreement") == {"judge_agreement": 0.5}
    with pytest.raises(InputError, match="'good' is no number; give scores, or ask for judge_agreement"):
        values(items, "judge_bias")


def test_names_of_entities_are_counted_in_any_script():
    """Three of four names given are right, of five; vowel signs tell Hindi words apart."""
    items = pl.DataFrame(
        {"item": [1, 2], "language": ["hi", "hi"], "prediction": ["दिल्ली|Delhi", "मुंबई; मबई"],
         "answers": ["दिल्ली|DELHI|देहली", '["मुंबई", "बंबई"]']}
    )  # fmt: skip
    names = ["entity_precision", "entity_recall", "entity_f1"]
    assert values(items, *names) == pytest.approx(dict(zip(names, (3 / 4, 3 / 5, 6 / 9), strict=True)))


def test_rules_are_scored_by_prompt_and_by_rule_for_each_turn():
    items = table("item language turn rule correct loose", "1 en 1 a + +", "1 en 1 b - +", "2 en 1 a + +",
                  "1 en 2 a - -", "2 en 2 a + +", "2 en 2 b - -")  # fmt: skip
    scores = values(items, "instruction_following", "prompts_strict", "rules_strict")
    assert scores == pytest.approx(
        {
            "instruction_following turn 1": (1 / 2 + 1 + 2 / 3 + 1) / 4, "prompts_strict turn 1": 1 / 2,
            "rules_strict turn 1": 2 / 3, "instruction_following turn 2": (0 + 0 + 1 / 3 + 1 / 3) / 4,
            "prompts_strict turn 2": 0, "rules_strict turn 2": 1 / 3,
        }
    )  # fmt: skip


def test_labels_are_looked_for_in_replies_where_no_column_says_what_is_valid():
    """One reply says a label that is right, one a wrong one, one none, one two of them, and one its letter."""
    replies = ["It is positive.", "negative", "I like it", "positive or negative", "A"]
    items = pl.DataFrame({"item": ["1", "2", "3", "4", "5"], "language": ["eng"] * 5, "text": replies,
                          "choices": ["positive|negative"] * 5, "answers": ["positive"] * 5})  # fmt: skip
    found = values(items)
    assert {name: round(found[name], 3) for name in ("valid_outputs", "accuracy_given_valid", "valid_accuracy")} == {
        "valid_outputs": 0.6, "accuracy_given_valid": 0.667, "valid_accuracy": 0.4
    }  # fmt: skip


def test_kappa_with_the_language_that_each_model_learnt_in():
    """A reward of German errs on the same items in Dutch and on others in Swahili."""
    labels = {"of German": ("deu", {"deu": "1100", "nld": "1100", "swh": "0011"}),
              "of Swahili": ("swh", {"swh": "1110", "nld": "1110", "deu": "1010"})}  # fmt: skip
    rows = [(model, learnt, language, str(item), int(label)) for model, (learnt, by) in labels.items()
            for language, some in by.items() for item, label in enumerate(some)]  # fmt: skip
    names = ["model", "training_language", "language", "item", "correct"]
    table = pl.DataFrame(rows, schema=names, orient="row")
    answer = isogloss.score_behaviour(table, metrics=["training_kappa"])
    values = {(model, code): value for model, code, value in
              answer.result.scores.select("model", "language", "value").iter_rows()}  # fmt: skip
    assert values["of German", "nld"] == 1
    assert values["of German", "swh"] == -1
    assert values["of Swahili", "nld"] == 1
    assert values["of Swahili", "deu"] == pytest.approx(0.5)
    assert ("of German", "deu") not in values
    assert answer.picture()
    mixed = table.with_columns(model=pl.lit("one"), item=pl.col("model") + pl.col("item"))
    with pytest.raises(InputError, match="a model has several training languages; give each training a model name"):
        isogloss.score_behaviour(mixed, metrics=["training_kappa"])


def test_one_item_has_no_interval():
    items = table("item language correct", "1 eng +", "1 fra -")
    answer = isogloss.score_behaviour(items, metrics=["english_agreement"])
    assert answer.result.scores["lower"].to_list() == [None] * answer.result.scores.height
    assert answer.verdict.startswith("english_agreement of the model: 0.000 (of one item).")
