"""Tagging and choices, and the files that words come in."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.described import read, refusal

from isogloss.lab.task_file import known_tasks, read_info
from isogloss.models.inputs import Choice, Pair
from isogloss.texts.hub import is_on_hub
from isogloss.texts.tables import read_conll, read_conllu

CONLLU = """# sent_id = {split}-1
# text = The doctors don't sleep.
1\tThe\tthe\tDET\tDT\t_\t2\tdet\t_\t_
2\tdoctors\tdoctor\tNOUN\tNNS\t_\t4\tnsubj\t_\t_
3-4\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
3\tdo\tdo\tAUX\tVBP\t_\t4\taux\t_\t_
4\tn't\tnot\tPART\tRB\t_\t5\tadvmod\t_\t_
4.1\tghost\t_\tVERB\t_\t_\t_\t_\t_\t_
5\tsleep{split}\tsleep\tVERB\tVB\t_\t0\troot\t_\tSpaceAfter=No

# sent_id = {split}-2
1\tRivers{split}\triver\tNOUN\tNNS\t_\t2\tnsubj\t_\t_
2\tsleep\tsleep\tVERB\tVBP\t_\t0\troot\t_\t_
"""


@pytest.fixture
def treebank(tmp_path: Path) -> dict[str, object]:
    """Two languages, a file per language and split, as Universal Dependencies has them."""
    for language in ("eng", "deu"):
        for split in ("train", "dev", "test"):
            (tmp_path / f"{language}_made-ud-{split}.conllu").write_text(CONLLU.replace("{split}", split))
    return {
        "name": "made-up tags", "kind": "token-tagging", "file": "{language}_*-ud-{split}.conllu",
        "columns": {"words": "form", "tags": "upos", "item": "sent_id"},
    }  # fmt: skip


def test_a_treebank_is_read_from_a_file_per_language_and_split(treebank: dict[str, object], tmp_path: Path) -> None:
    task = read(treebank, tmp_path)
    assert list(task.languages) == ["deu", "eng"]
    assert task.labels == ["AUX", "DET", "NOUN", "PART", "VERB"]
    assert task.train["eng"].inputs[0] == ("The", "doctors", "do", "n't", "sleeptrain")
    assert [task.labels[label] for label in task.train["eng"].labels_of([0])] == ["DET", "NOUN", "AUX", "PART", "VERB"]
    assert (len(task.dev["deu"]), len(task.test["deu"])) == (2, 2)
    assert task.train["eng"].starts.tolist() == [0, 5, 7]


def test_any_column_of_a_treebank_can_be_the_tag(treebank: dict[str, object], tmp_path: Path) -> None:
    columns = {"words": "form", "tags": "deprel", "item": "sent_id"}
    assert "nsubj" in read(treebank | {"columns": columns}, tmp_path).labels


def test_ranges_and_empty_nodes_are_no_words(tmp_path: Path) -> None:
    path = tmp_path / "one.conllu"
    path.write_text(CONLLU)
    assert read_conllu(path)["form"][0].to_list() == ["The", "doctors", "do", "n't", "sleep{split}"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\tSpaceAfter=No", "", "line 9: 9 columns, not 10"),
        ("\tNOUN\tNNS\t_\t2\tnsubj", "\t\tNNS\t_\t2\tnsubj", "an empty one among the tags"),
    ],
)
def test_spoilt_treebanks_are_refused(
    treebank: dict[str, object], tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "eng_made-ud-train.conllu"
    path.write_text(path.read_text().replace(old, new))
    assert said in refusal(treebank, tmp_path)


def test_a_tag_that_nothing_is_trained_on_is_refused(treebank: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "deu_made-ud-test.conllu"
    path.write_text(path.read_text().replace("\tDET\t", "\tDETT\t"))
    assert "tag 'DETT' is tested on in 'deu' and trained on in no language" in refusal(treebank, tmp_path)
    declared = treebank | {"labels": ["AUX", "DET", "NOUN", "PART", "VERB"]}
    assert "unknown label 'DETT'; did you mean 'DET'?" in refusal(declared, tmp_path)


def test_a_pattern_that_nothing_fits_is_named(treebank: dict[str, object], tmp_path: Path) -> None:
    assert "no file fits this pattern" in refusal(treebank | {"file": "{language}.{split}.conllu"}, tmp_path)


def test_entities_are_read_from_two_columns(tmp_path: Path) -> None:
    """Tabs or spaces between; comments and document marks are passed over; the last column can be asked for."""
    text = "-DOCSTART- O\n\nAnna B-PER\nlives O\n\n# sent_id = 2\nin O\nSt. B-LOC\nGallen I-LOC\n"
    for split in ("train", "test"):
        (tmp_path / f"eng.{split}.conll").write_text(
            text.replace("lives", f"lives{split}").replace("in ", f"in{split} ")
        )
    described = {
        "name": "names", "kind": "token-tagging", "file": "{language}.{split}.conll", "metrics": ["span_f1"],
        "columns": {"words": "1", "tags": "last"},
    }  # fmt: skip
    task = read(described, tmp_path)
    assert task.labels == ["B-LOC", "B-PER", "I-LOC", "O"]
    assert task.train["eng"].inputs[1] == ("intrain", "St.", "Gallen")
    path = tmp_path / "eng.train.conll"
    path.write_text(path.read_text().replace("B-PER", "PER"))
    assert "tag 'PER' marks no span" in refusal(described, tmp_path)
    path.write_text("Anna B-PER\nlives\n")
    assert "line 2: 1 columns where lines before have 2" in refusal(described, tmp_path)


@given(
    st.lists(
        st.lists(st.tuples(st.text("abß漢", min_size=1), st.sampled_from(["O", "B-X"])), min_size=1, max_size=5),
        min_size=1,
        max_size=5,
    )
)
def test_sentences_are_read_as_they_were_written(sentences: list[list[tuple[str, str]]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.conll"
        path.write_text("\n\n".join("\n".join("\t".join(word) for word in sentence) for sentence in sentences))
        table = read_conll(path)
    assert [list(zip(*row, strict=True)) for row in table.select("1", "last").iter_rows()] == sentences


def test_words_and_tags_must_be_as_many(tmp_path: Path) -> None:
    rows = [
        {"language": "eng", "split": split, "words": ["a", split], "tags": ["DET", "NOUN"]}
        for split in ("train", "test")
    ]
    rows[1]["tags"] = ["DET"]
    pl.DataFrame(rows).write_parquet(tmp_path / "words.parquet")
    described = {"name": "t", "kind": "token-tagging", "file": "words.parquet"}
    assert "row 1: 2 words and 1 tags" in refusal(described, tmp_path)


@pytest.fixture
def choices(tmp_path: Path) -> dict[str, object]:
    rows = [
        {"language": "eng", "split": split, "premise": f"{split} {place}", "question": "cause", "label": place % 2,
         "choice1": f"first {place}", "choice2": f"second {place}"}
        for split in ("val", "test") for place in range(3)
    ]  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "choices.parquet")
    columns = {"choices": ["choice1", "choice2"], "question": "question"}
    return {
        "name": "choices", "kind": "multiple-choice", "file": "choices.parquet", "columns": columns,
        "splits": {"train": "val"},
    }  # fmt: skip


def test_choices_are_read_with_their_question(choices: dict[str, object], tmp_path: Path) -> None:
    task = read(choices, tmp_path)
    assert task.train["eng"].inputs[1] == Choice("val 1 cause", ("first 1", "second 1"))
    assert task.train["eng"].labels.tolist() == [0, 1, 0]
    assert task.chance == 0.5


def test_a_label_must_be_the_number_of_a_choice(choices: dict[str, object], tmp_path: Path) -> None:
    table = pl.read_parquet(tmp_path / "choices.parquet").with_columns(label=pl.col("label") + 1)
    table.write_parquet(tmp_path / "choices.parquet")
    assert "label '2' is no choice; write 0, 1, or A, B" in refusal(choices, tmp_path)
    assert "no choices; add choices" in refusal(choices | {"columns": {}}, tmp_path)


@pytest.mark.parametrize("name", known_tasks())
def test_every_task_that_comes_with_isogloss_says_what_it_is(name: str, tmp_path: Path) -> None:
    """Kind, metrics, origin of the texts and source are there; the licence where the data may lie anywhere."""
    info = read_info({"use": name}, tmp_path, "grid.toml")
    assert is_on_hub(info.file) or (info.file.parent == tmp_path and info.licence)
    assert all((info.text_origin, info.source, info.metrics))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"use": "sib2000"}, "unknown task 'sib2000'; did you mean 'sib200'?"),
        ({"use": "mine.toml"}, "mine.toml: no such task description"),
        ({"text_origin": "human"}, "unknown origin of texts 'human'"),
        ({"allowed_leakage": 5}, "allowed_leakage must be a share from 0 to 1"),
        ({"labels": ["a", "a"]}, "labels must be a list of different names"),
        ({"metrics": ["span_f1"]}, "unknown metric of text-classification 'span_f1'"),
        ({"splits": {"dev": "test"}}, "dev is 'test' too"),
    ],
)
def test_bad_descriptions_are_refused_in_one_line(changed: dict[str, object], said: str, tmp_path: Path) -> None:
    described = {"name": "topics", "file": "topics.csv"} | changed
    assert said in refusal(described, tmp_path)


def write_topics(path: Path, language: str) -> None:
    rows = [f"{language},{split},{split} {label},{label}" for split in ("train", "test") for label in "ab"]
    path.write_text("\n".join(["language,split,text,label", *rows]))


def test_a_description_of_ones_own_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nfile = "mine.csv"\nlanguages = ["eng", "deu"]\n')
    rows = ["language,split,text,label"] + [
        f"eng,{split},{split} {label},{label}" for split in ("train", "test") for label in "ab"
    ]
    (tmp_path / "mine.csv").write_text("\n".join(rows))
    assert "language 'deu' is declared and has no row" in refusal({"use": "mine.toml"}, tmp_path)
    assert read({"use": "mine.toml", "languages": ["eng"]}, tmp_path).labels == ["a", "b"]


def test_a_code_nobody_else_has_can_be_explained(tmp_path: Path) -> None:
    rows = ["language,split,text,label"] + [
        f"qaf,{split},{split} {label},{label}" for split in ("train", "test") for label in "ab"
    ]
    (tmp_path / "mine.csv").write_text("\n".join(rows))
    described = {"name": "mine", "file": "mine.csv"}
    assert "unknown language 'qaf'" in refusal(described, tmp_path)
    assert read(described | {"codes": {"qaf": "arq_Latn"}}, tmp_path).languages["qaf"].id == "arq_Latn"


def test_two_sentences_are_one_input_which_translators_and_tokenisers_read_in_two_parts(tmp_path: Path) -> None:
    rows = [
        (language, split, f"{split}{number}", f"It rains {number}.", f"It is {word}, {split} {number}.", label)
        for language in ("eng", "swa") for split in ("train", "test")
        for number, (word, label) in enumerate([("wet", "entailment"), ("dry", "contradiction")])
    ]  # fmt: skip
    columns = ["language", "split", "item", "premise", "hypothesis", "label"]
    pl.DataFrame(rows, schema=columns, orient="row").write_csv(tmp_path / "pairs.csv")
    described = {
        "name": "inference", "kind": "sentence-pairs", "file": "pairs.csv",
        "columns": {"first": "premise", "second": "hypothesis", "item": "item"},
    }  # fmt: skip
    task = read(described, tmp_path)
    assert task.labels == ["contradiction", "entailment"]
    assert task.test["swa"].inputs[0] == Pair("It rains 0.", "It is wet, test 0.")
    kind = task.info.kind.input_type
    assert kind.sequences(task.test["swa"].inputs[0]) == [("It rains 0.", "It is wet, test 0.")]
    assert kind.with_texts(task.test["swa"].inputs[0], ["Mvua.", "Kavu."]) == Pair("Mvua.", "Kavu.")
    assert task.chance == 0.5
    single = described | {"columns": {"first": "premise", "second": "hypothesis"}, "metrics": ["span_f1"]}
    assert "unknown metric of sentence-pairs 'span_f1'" in refusal(single, tmp_path)
