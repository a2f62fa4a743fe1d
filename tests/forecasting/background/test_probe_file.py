"""A model's own alignment of languages as the probe: read from a table, averaged with the probe that ships."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.questions import worlds

import isogloss
from isogloss.errors import BadFile, InputError, UnknownLanguage
from isogloss.forecasting import read_probe
from isogloss.forecasting.background.probe import shipped_probe

LANGUAGES = "eng deu fra rus hin swa yor wol hau amh zul nav".split()


def rows(**changed: float) -> pl.DataFrame:
    values = {language: 0.9 - 0.05 * place for place, language in enumerate(LANGUAGES)} | changed
    return pl.DataFrame({"language": [*values], "alignment": [*values.values()]})


@pytest.fixture
def write(tmp_path):
    def to(frame: pl.DataFrame, name: str = "probe.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if path.suffix == ".parquet":
            frame.write_parquet(path)
        else:
            frame.write_csv(path, separator="\t" if path.suffix == ".tsv" else ",")
        return path

    return to


def test_every_form_of_the_file_says_the_same_also_in_a_folder_and_by_names_of_languages(write):
    named = rows().with_columns(pl.col("language").replace({"deu": "German", "yor": "yor_Latn"}), tokens=pl.lit(1.5))
    forms = [write(rows()), write(rows(), "a.tsv"), write(named, "a.parquet"), write(rows(), "reps/probe.csv").parent]
    values = [read_probe(form).of(LANGUAGES).values for form in forms]
    for other in values[1:]:
        np.testing.assert_allclose(other, values[0])


def test_a_language_rises_with_its_alignment_and_others_keep_what_ships(write):
    low, high = (read_probe(write(rows(wol=value))).of(["wol", "tha"]) for value in (0.2, 0.9))
    assert (high.values[0] > low.values[0]).all()
    np.testing.assert_array_equal(high.values[1], shipped_probe().of(["tha"]).values[0])


def test_a_language_that_was_not_probed_is_no_longer_imputed(write):
    probed = read_probe(write(rows())).of(["nav"])
    assert not probed.imputed[0]
    assert (probed.variance == 0).all()


@pytest.mark.parametrize(("scale", "shift"), [(100.0, 0.0), (0.5, -3.0)])
def test_the_unit_of_the_measure_does_not_matter(write, scale, shift):
    moved = rows().with_columns(alignment=scale * pl.col("alignment") + shift)
    expected = read_probe(write(rows())).of(LANGUAGES).values
    np.testing.assert_allclose(read_probe(write(moved, "b.csv")).of(LANGUAGES).values, expected)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (rows().rename({"alignment": "cosine"}), "has no column 'alignment'"),
        (rows().head(9), "has 9 languages, which tells nothing apart"),
        (rows().with_columns(alignment=pl.lit(0.5)), "has one alignment for all"),
        (rows(deu=float("nan")), "has an alignment that is no number"),
        (pl.concat([rows(), rows().head(1)]), "has 'eng' twice"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_one_line(write, frame, reason):
    with pytest.raises(BadFile, match=reason):
        read_probe(write(frame))


def test_no_table_and_no_language_are_named(tmp_path, write):
    with pytest.raises(BadFile, match="no such file"):
        read_probe(tmp_path / "absent.csv")
    with pytest.raises(UnknownLanguage, match="unknown language 'qqqq'"):
        read_probe(write(rows(qqqq=0.5)))


def test_a_forecast_with_a_probe_rises_with_the_alignment_of_the_language_and_needs_a_background(write):
    def forecast(value: float) -> float:
        probe = write(rows(wol=value), f"{value}.csv")
        return isogloss.forecast(worlds.as_they_are(), ["wol"], probe=str(probe)).table["mean"][0]

    assert forecast(0.9) > forecast(0.2) + 0.1
    with pytest.raises(InputError, match="probe: a probe is read by what public evidence says"):
        isogloss.forecast(worlds.as_they_are(), ["wol"], probe=str(write(rows())), background="none")


def test_a_saved_forecaster_keeps_its_probe(write, tmp_path):
    asked = {"task": "support", "model": "model 0"}
    probe = str(write(rows(wol=0.9)))
    fresh = isogloss.forecast(worlds.as_they_are(), ["wol"], probe=probe, save=tmp_path / "saved", **asked)
    again = isogloss.forecast(targets=["wol", "yor"], forecaster_from=tmp_path / "saved", **asked)
    columns = ["lower", "upper"]
    np.testing.assert_allclose(100 * np.array(again.table[columns].row(0)), fresh.table[columns].row(0))
    with_shipped = isogloss.forecast(worlds.as_they_are(), ["yor"], **asked)
    with_probe = isogloss.forecast(worlds.as_they_are(), ["yor"], probe=probe, **asked)
    assert 100 * again.table["mean"][1] == pytest.approx(with_probe.table["mean"][0])
    assert with_probe.table["mean"][0] != pytest.approx(with_shipped.table["mean"][0])
