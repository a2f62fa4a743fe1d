"""Rules of instructions, checked in replies of any script."""

from __future__ import annotations

import json

import polars as pl
import pytest

from isogloss.behaviour import score_items
from isogloss.behaviour.rules import RULES, check_rule
from isogloss.errors import IsoglossError

pytest.importorskip("regex")

CASES = [
    ("keywords:existence", {"keywords": ["Regen"]}, "Der REGEN fiel.", "Es schneite."),
    ("keywords:frequency", {"keyword": "雨", "frequency": 2}, "雨、また雨。", "雨だ。"),
    ("keywords:forbidden_words", {"forbidden_words": ["cat"]}, "A category.", "A cat."),
    ("keywords:letter_frequency", {"letter": "a", "let_frequency": 3, "let_relation": "less than"}, "Ada", "A banana"),
    ("length_constraints:number_words", {"num_words": 3}, "यह छोटा वाक्य", "छोटा वाक्य"),
    ("length_constraints:number_sentences", {"num_sentences": 2}, "बारिश हुई। नदी भर गई।", "Rain fell, 3.5 mm."),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "One.\n***\nTwo.", "One. Two."),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "und"},
        "Es war.\n\nUnd es ist.", "Es war.\n\nOder nicht.",
    ),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[name] of [town]", "[name]"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Yes.\nP.S. Bring bread.", "Yes."),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* one\n- two", "* one"),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 1}, "A *word* here", "No word"),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "अध्याय", "num_sections": 2}, "अध्याय १ अध्याय २", "अध्याय १",
    ),
    ("detectable_format:json_format", {}, '```json\n{"a": 1}\n```', "{a: 1}"),
    ("detectable_format:title", {}, "<<चाँद>>\nText", "<< >> text"),
    ("combination:two_responses", {}, "One.\n******\nTwo.", "One.\n******\nOne."),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say it."}, "Say it. It.", "It."),
    ("startend:end_checker", {"end_phrase": "The end."}, "It was. the end.", "The end. More."),
    ("startend:quotation", {}, "„Ja“", "„Ja"),
    ("change_case:english_capital", {}, "SHOUT!", "Shout!"),
    ("change_case:english_lowercase", {}, "quiet", "Quiet"),
    ("change_case:capital_word_frequency", {"capital_frequency": 1}, "A LOUD word", "no loud word"),
    ("punctuation:no_comma", {}, "لا فواصل", "نعم، هنا"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "arguments", "kept", "broken"), CASES, ids=[one for one, *_ in CASES])
def test_a_rule_tells_replies_that_keep_it_from_others(rule, arguments, kept, broken) -> None:
    assert check_rule(rule, kept, arguments)[0] is True
    assert check_rule(rule, broken, arguments)[0] is False
    assert check_rule(rule, "", arguments) == (False, False)


def test_every_rule_is_tested_and_the_language_of_replies_is_one() -> None:
    pytest.importorskip("py3langid")
    assert {*RULES} - {one for one, *_ in CASES} == {"language:response_language"}
    text = "Der Fluss ist heute sehr hoch und das Wasser steigt weiter."
    assert check_rule("language:response_language", text, {"language": "de"}) == (True, True)
    assert check_rule("language:response_language", text, {"language": "hi"}) == (False, False)


def test_loosely_means_without_the_first_or_last_line_or_asterisks() -> None:
    assert check_rule("startend:end_checker", "Bye.\nHope that helps!", {"end_phrase": "Bye."}) == (False, True)
    assert check_rule("startend:quotation", '*"Yes"*', {}) == (False, True)


def test_letter_case_is_not_asked_of_scripts_without_it() -> None:
    assert check_rule("change_case:english_lowercase", "今日は雨", {}) == (None, None)


def replies(**columns: object) -> pl.DataFrame:
    """Two prompts in two languages, the second turn with a rule more."""
    rows = [
        {"item": 0, "language": language, "turn": turn, "completion": text, "instruction_id_list": rules,
         "kwargs": kwargs}
        for language, text in (("eng", "Rain fell, and it fell."), ("hin", "बारिश हुई और नदी भर गई"))
        for turn, rules, kwargs in (
            (1, ["punctuation:no_comma"], ["{}"]),
            (2, ["punctuation:no_comma", "length_constraints:number_words", "change_case:english_lowercase"],
             ["{}", json.dumps({"num_words": 4, "relation": "at least"}), "{}"]),
        )
    ]  # fmt: skip
    return pl.DataFrame(rows).with_columns(**columns)


def read(items: pl.DataFrame) -> pl.DataFrame:
    from isogloss.behaviour import read_items

    return read_items(items)


def test_replies_are_scored_by_turn_and_language_with_what_each_script_can_keep() -> None:
    scores = score_items(read(replies())).scores
    assert scores["metric"].unique().to_list() == ["instruction_following"]
    found = score_items(read(replies()), ["rules_strict"]).scores.drop_nulls("language")
    values = {(row["language"], row["part"]): row["value"] for row in found.iter_rows(named=True)}
    assert values == {
        ("eng", "turn 1"): 0, ("eng", "turn 2"): 1 / 3, ("hin", "turn 1"): 1, ("hin", "turn 2"): 1,
    }  # fmt: skip


def test_loose_outcomes_are_not_made_up_where_strict_ones_are_given() -> None:
    given = read(replies(instruction_id_list=pl.lit("punctuation:no_comma"), correct=pl.lit(1)))
    assert "instruction_following" not in score_items(given).scores["metric"]
    with pytest.raises(IsoglossError, match="has no column 'loose'"):
        score_items(given, ["instruction_following"])
    assert score_items(given, ["rules_strict"]).scores["value"].unique().to_list() == [1]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"kwargs": pl.lit(["{}"] * 4)}, "has 1 rules and 4 sets of arguments"),
        ({"instruction_id_list": pl.lit(["no:rule"]), "kwargs": pl.lit(["{}"])}, "unknown rule 'no:rule'"),
        (
            {"instruction_id_list": pl.lit(["keywords:existence"]), "kwargs": pl.lit(["{}"])},
            "rule 'keywords:existence' lacks 'keywords'",
        ),
        ({"kwargs": pl.lit("[{num_words: 4}]")}, "'\\[{num_words: 4}\\]' is no JSON; give them as JSON"),
        ({"instruction_id_list": pl.lit("[punctuation")}, "'\\[punctuation' is no JSON"),
        (
            {"instruction_id_list": pl.lit("length_constraints:number_words"), "kwargs": pl.lit(4)},
            "item 0 has the arguments '4', which have no names",
        ),
    ],
)
def test_rules_that_cannot_be_checked_are_refused(columns, reason: str) -> None:
    with pytest.raises(IsoglossError, match=reason):
        score_items(read(replies(**columns)))
