"""Forecasts that look at a model: encodings as the probe, in planted worlds where they tell the truth or nothing."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import isogloss
from isogloss.alignment import Encodings, label_free_alignment, write_encodings
from isogloss.errors import BadFile

MEASURED = "eng deu fra spa ita pol rus hin arb zho tur fin por nld swe ces ron ell hun ind vie tha kor jpn".split()
ASKED = "yor wol hau amh zul swh ibo sna xho lug som kin bam ewe fon tsn".split()
SENTENCES, WIDTH = 60, 24


def quality(seed: int) -> dict[str, float]:
    """How well a planted model holds each language, 0 to 1; nothing else is known to say it."""
    random = np.random.default_rng(seed)
    rich = dict(zip(MEASURED, random.uniform(0.4, 1.0, len(MEASURED)), strict=True))
    return rich | dict(zip(ASKED, random.uniform(0.0, 0.8, len(ASKED)), strict=True))


def scores(held: dict[str, float], seed: int) -> pl.DataFrame:
    """Accuracy in the measured languages, which rises with how well each is held."""
    random = np.random.default_rng(seed + 100)
    values = [0.2 + 0.7 * held[language] + 0.02 * random.normal() for language in MEASURED]
    return pl.DataFrame({"language": MEASURED, "score": values}).with_columns(
        model=pl.lit("m"), task=pl.lit("t"), metric=pl.lit("accuracy")
    )


def encodings(folder, held: dict[str, float], seed: int):
    """Vectors whose noise is the less the better a language is held."""
    random = np.random.default_rng(seed + 200)
    meanings = random.normal(size=(SENTENCES, WIDTH))
    vectors = {
        language: meanings + (0.2 + 2.5 * (1 - value)) * random.normal(size=meanings.shape)
        for language, value in held.items()
    }
    vectors["eng"] = meanings
    write_encodings(folder, vectors, dict.fromkeys(vectors, range(SENTENCES)), model="m")
    return folder


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """Mean absolute errors and widths of forecasts in worlds of three seeds: without, with the truth, with chance."""
    rows = []
    for seed in range(3):
        held = quality(seed)
        random = np.random.default_rng(seed + 300)
        order = random.permutation(list(held.values()))
        chance = dict(zip(held, order, strict=True))
        folder = tmp_path_factory.mktemp("world")
        probes = {
            "none": None,
            "truth": encodings(folder / "truth", held, seed),
            "chance": encodings(folder / "chance", chance, seed),
        }
        truth = np.array([0.2 + 0.7 * held[language] for language in ASKED])
        for name, probe in probes.items():
            table = isogloss.forecast(scores(held, seed), ASKED, probe=probe).table
            table = pl.DataFrame({"target": ASKED}).join(table, on="target", how="left", maintain_order="left")
            error = np.abs(table["mean"].to_numpy() - truth).mean()
            width = (table["upper"] - table["lower"]).mean()
            rows.append({"probe": name, "error": error, "width": width})
    means = pl.DataFrame(rows).group_by("probe").agg(pl.col("error", "width").mean())
    return {probe: (error, width) for probe, error, width in means.rows()}


def test_encodings_that_tell_the_truth_lower_the_error(worlds):
    assert worlds["truth"][0] < 0.8 * worlds["none"][0]


def test_encodings_that_say_nothing_do_no_harm(worlds):
    """Slopes on the probe are learnt from the measured languages, where it says nothing either."""
    assert worlds["chance"][0] < 1.05 * worlds["none"][0]


def test_intervals_stay_as_wide_as_public_evidence_has_them(worlds):
    """What a probe left unsaid is taken from public tables, whatever this one says."""
    widths = [width for _, width in worlds.values()]
    assert max(widths) < 1.1 * min(widths)


def test_alignment_rises_with_what_is_held_and_leaves_out_the_pivot(tmp_path):
    held = quality(0)
    alignment = label_free_alignment(Encodings.read(encodings(tmp_path / "reps", held, 0)))
    assert set(alignment) == set(held) - {"eng"}
    assert np.corrcoef([alignment[one] for one in alignment], [held[one] for one in alignment])[0, 1] > 0.9


def test_few_languages_are_refused_as_in_a_table(tmp_path):
    held = dict.fromkeys(MEASURED[:5], 0.5)
    with pytest.raises(BadFile, match="has 4 languages, which tells nothing apart"):
        isogloss.forecast(scores(quality(0), 0), ["yor"], probe=encodings(tmp_path / "reps", held, 0))


def test_a_table_is_a_probe_as_before(tmp_path):
    table = pl.DataFrame({"language": MEASURED, "alignment": np.linspace(0, 1, len(MEASURED))})
    table.write_csv(tmp_path / "probe.csv")
    assert isogloss.forecast(scores(quality(0), 0), ["yor"], probe=tmp_path / "probe.csv").table.height == 1
