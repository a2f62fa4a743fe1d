from __future__ import annotations

import pytest

from isogloss.errors import BadValue
from isogloss.evidence import plan_reading, read_evidence

WIDE = "Results of spring,,,\nLanguage,Rook,Knight,Family\nGerman,81.5,79.0,A\nSwahili,70.5,-,B\nMean,76.0,79.0,\n"


@pytest.fixture
def write(tmp_path):
    def write(content: str, name: str = "chess.csv"):
        path = tmp_path / name
        path.write_text(content)
        return path

    return write


def test_a_plan_says_what_is_certain_and_what_is_assumed(write):
    plan = plan_reading(write(WIDE), train="eng")
    decided = {one.what: (one.value, one.confidence.value) for one in plan.decisions}
    assert decided["format"] == ("table", "certain")
    assert decided["layout"] == ("2 languages in rows", "certain")
    assert decided["scale"] == ("percentages", "certain")
    assert decided["model"] == ("Rook, Knight", "assumed")
    assert decided["task"] == ("'chess'", "assumed")
    assert "train" not in decided
    assert plan.questions == ()
    assert len(plan.sentences) == 2


def test_what_is_unclear_is_asked_all_at_once(write):
    path = write("model,de,de,sw\nRook,4.5,3.5,1.5\n")
    plan = plan_reading(path)
    assert [one.what for one in plan.questions] == ["task", "scale"]
    assert plan.sentences[-1].startswith("to be asked: ")
    with pytest.raises(BadValue) as caught:
        read_evidence(path)
    assert "the columns 'de' stand twice: which test set is which?" in str(caught.value)
    assert "nothing says what the scores from 1.5 to 4.5 are" in str(caught.value)


def test_a_plan_is_a_mapping_file_that_reads_the_same(write, tmp_path):
    path = write(WIDE)
    mapping = tmp_path / "map.toml"
    mapping.write_text(plan_reading(path).mapping())
    same = ("model", "task", "metric", "target", "train", "score", "scale", "higher_is_better", "details", "origin_row")
    expected, mapped = (read_evidence(path, **options) for options in ({}, {"mapping": mapping}))
    assert mapped.observations.select(same).equals(expected.observations.select(same))


def test_a_mapping_file_answers_what_was_unclear(write, tmp_path):
    path = write("model,amh,swa,yor,swa,yor,avg\nRook,42.5,51.5,40.5,50.5,39.5,44.9\n")
    text = plan_reading(path).mapping()
    assert '"swa [2]" = { target = "swa", task = "chess 2" }' in text
    mapping = tmp_path / "map.toml"
    mapping.write_text(text)
    assert read_evidence(path, mapping=mapping).observations.height == 5  # apart as it is written
    mapping.write_text(text.replace("chess 1", "A").replace("chess 2", "B"))
    rows = read_evidence(path, mapping=mapping).observations.select("task", "target", "score").rows()
    assert rows == [
        *[("A", "amh", 0.425), ("A", "swa", 0.515), ("A", "yor", 0.405), ("B", "swa", 0.505), ("B", "yor", 0.395)]
    ]


def test_a_table_that_needs_no_mapping_has_none(write):
    with pytest.raises(BadValue, match="needs no mapping file"):
        plan_reading(write("model,task,metric,target,train,score\nm,t,f1,de,,0.5\n")).mapping()


def test_a_plan_is_of_one_file(tmp_path):
    with pytest.raises(BadValue, match="is not one file or table"):
        plan_reading("isogloss:sib200-ngram")
