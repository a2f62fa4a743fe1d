"""Names of languages in other languages than English."""

from __future__ import annotations

import pytest

from isogloss.errors import UnknownLanguage
from isogloss.evidence import read_evidence
from isogloss.languages import resolve
from isogloss.languages.names import English
from isogloss.languages.writing import read_table


@pytest.mark.parametrize(
    ("name", "code"),
    [("Französisch", "fra"), ("Anglais", "eng"), ("inglés", "eng"), ("Kiingereza", "eng"), ("немецкий", "deu"),
     ("法语", "fra"), ("Haussa", "hau"), ("amharique", "amh")],
)  # fmt: skip
def test_a_name_in_another_language_is_that_of_its_language(name, code):
    assert resolve(name).id == code


def test_no_such_name_is_one_in_english():
    """Not even one that several languages share, which is asked about."""
    english = English.load()
    assert not [name for _, name, _ in read_table("foreign_names.tsv") if english.candidates(name)]
    with pytest.raises(UnknownLanguage, match="did you mean 'tog'"):
        resolve("Tonga")


def test_a_wide_sheet_in_german_is_read_and_its_mean_left_out(tmp_path):
    path = tmp_path / "bericht.csv"
    path.write_text("Modell;Deutsch;Englisch;Suaheli;Durchschnitt\nA;81,5;85,1;55,2;73,9\n")
    evidence = read_evidence(path)
    assert evidence.observations.select("target", "score").rows() == [("deu", 0.815), ("eng", 0.851), ("swa", 0.552)]


def test_rows_of_means_are_left_out_and_said(tmp_path):
    (tmp_path / "rapport.csv").write_text("Langue,Score\nAnglais,85\nFrançais,79\nAllemand,78\nMoyenne,80.7\n")
    evidence = read_evidence(tmp_path / "rapport.csv")
    assert evidence.targets == ["deu", "eng", "fra"]
    assert "1 row left out: a summary of several languages: 'Moyenne'" in evidence.notes
