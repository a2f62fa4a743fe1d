"""Whether languages of few texts or other scripts pay more: planted effects are told, and none where there are none."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from isogloss.lab.adaptation_contrasts import contrasts_of
from isogloss.languages import resources

LANGUAGES = "eng deu vie tur swa hau yor quy rus hin arb tha kat amh khm tir".split()
OTHER_SCRIPTS = set("rus hin arb tha kat amh khm tir".split())


def changes(**recipes):
    """What each recipe costs each language."""
    rows = [{"model": "m", "recipe": name, "target": code, "change": float(value)}
            for name, values in recipes.items() for code, value in zip(LANGUAGES, values, strict=True)]  # fmt: skip
    return pl.DataFrame(rows)


def value(found, contrast, recipe="planted"):
    row = found.filter(contrast=contrast, recipe=recipe).row(0, named=True)
    return row["value"], row["p_value"]


def test_languages_of_fewer_texts_that_pay_more_are_told():
    sizes = np.array([resources().get(code, 0.0) for code in LANGUAGES])
    found = contrasts_of(changes(planted=-np.log(sizes + 0.05)))
    assert value(found, "text")[0] == pytest.approx(-1)
    assert value(found, "text")[1] < 0.01


def test_other_scripts_that_pay_more_are_told():
    noise = np.random.default_rng(0).normal(0, 0.1, len(LANGUAGES))
    found = contrasts_of(changes(planted=[code in OTHER_SCRIPTS for code in LANGUAGES] + noise))
    assert value(found, "script")[0] == pytest.approx(1, abs=0.15)
    assert value(found, "script")[1] < 0.01


def test_nothing_is_told_where_nothing_is():
    """In 40 null worlds, p is below .05 about as often as it says, and Holm keeps ten recipes at once to that."""
    chance = np.random.default_rng(0)
    told = [value(contrasts_of(changes(planted=chance.normal(size=16))), "text")[1] < 0.05 for _ in range(20)]
    assert sum(told) <= 4
    many = contrasts_of(changes(**{f"r{place}": chance.normal(size=16) for place in range(10)}))
    assert (many["p_value"] < 0.05).sum() <= 1


def test_few_languages_decide_nothing():
    found = contrasts_of(changes(planted=range(16)).head(5))
    assert found["p_value"].null_count() == 2
    alike = contrasts_of(changes(planted=[0.0] * 16))
    assert alike["p_value"].null_count() == 2
