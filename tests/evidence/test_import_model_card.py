from __future__ import annotations

import pytest

from isogloss.errors import BadFile, BadValue
from isogloss.evidence import import_files, read_evidence

CARD = """---
language: [hi, no]
license: apache-2.0
base_model: openai/whisper-small
model-index:
- name: org/whisper-hi
  results:
  - task: {type: automatic-speech-recognition}
    dataset: {name: Common Voice 11.0, type: mozilla-foundation/common_voice_11_0, config: hi, split: test, args: hi}
    metrics:
    - {type: wer, value: 32.1}
    - {type: wer, value: 28.5, name: WER (normalized)}
  - task: {type: classification}
    dataset: {name: MTEB MassiveIntentClassification (no), type: mteb/massive, config: no, split: test}
    metrics: [{type: accuracy, value: '65.5'}]
  - task: {type: bitext-mining}
    dataset: {name: MTEB BUCC (de-en), type: mteb/bucc, config: de-en}
    metrics: [{type: f1, value: 99.1}]
  - task: {type: sts}
    dataset: {name: MTEB STS12, type: mteb/sts12, config: default}
    metrics: [{type: spearman, value: 70.5}]
---
# A card

| Language | x |
|---|---|
| Hindi | 1 |
"""


@pytest.fixture
def write(tmp_path):
    def write(content, name="README.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    return write


def test_results_of_a_card(write):
    names = ("model", "task", "metric", "target", "pair", "score", "split")
    assert read_evidence(write(CARD)).observations.select(names).rows() == [
        ("org/whisper-hi", "Common Voice 11.0", "wer", "hin", None, 32.1, "test"),
        ("org/whisper-hi", "Common Voice 11.0", "wer,WER (normalized)", "hin", None, 28.5, "test"),
        ("org/whisper-hi", "MassiveIntentClassification", "accuracy", "nor", None, 0.655, "test"),
        ("org/whisper-hi", "BUCC", "f1", "deu", "x-eng", 0.991, None),
    ]


def test_what_names_no_language_is_named_and_an_answer_reads_it(write):
    path = write(CARD)
    report = import_files([path], dry_run=True).files[0]
    assert report.dropped == {"names no language": 1}
    assert any("no language is named: MTEB STS12" in note for note in report.notes)
    evidence = read_evidence(path, languages={"MTEB STS12": "en"})
    assert evidence.observations.select("task", "target").rows()[-1] == ("STS12", "eng")


def test_the_front_matter_says_facts_of_the_model(write):
    (facts,) = read_evidence(write(CARD)).models.select("languages", "license", "base_model").rows()
    assert facts == (["hin", "nor"], "apache-2.0", "openai/whisper-small")


COMMUNITY = """
- dataset: {id: org/belebele, task_id: swh_Latn}
  value: 61.5
  date: '2026-01-15'
  notes: no tools
- dataset: {id: org/belebele, task_id: deu_Latn}
  value: 81.5
"""


def test_results_that_a_community_measured(write):
    path = write(COMMUNITY, "org__toy/.eval_results/belebele.yaml")
    with pytest.raises(BadValue, match=r"does not name its metric; give metric="):
        read_evidence(path)
    rows = read_evidence(path, metric="accuracy").observations.select("model", "task", "target", "score").rows()
    assert rows == [("org/toy", "org/belebele", "swh", 0.615), ("org/toy", "org/belebele", "deu", 0.815)]


def test_a_hidden_folder_of_results_is_found(write, tmp_path):
    write(COMMUNITY, "org__toy/.eval_results/belebele.yaml")
    assert len(read_evidence(tmp_path, metric="accuracy")) == 2


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ("model-index: &a [*a]", "refers to other parts of itself"),
        ("a: &a [1]\nmodel-index: [*a, *a]", "refers to other parts of itself"),
        ("model-index: " + "[" * 60 + "]" * 60, "is nested too deeply"),
        ("model-index: []\nmodel-index: []", "the key 'model-index' stands twice"),
        ("model-index: [", "is no readable YAML"),
        ("model-index: yes", "has no model-index"),
    ],
)
def test_hostile_front_matter_is_refused_in_a_line(write, front, reason):
    with pytest.raises(BadFile, match=reason):
        read_evidence(write(f"---\n{front}\n---\n"))


def test_a_result_that_is_no_object_is_refused_also_where_the_model_is_given(write):
    with pytest.raises(BadFile, match=r"what should hold 'results' is no object"):
        read_evidence(write("---\nmodel-index:\n- name\n---\n"), model="owl")
