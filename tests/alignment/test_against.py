"""How stable vectors are: one layer that was changed is shown at that layer, and what is the same has 1."""

from __future__ import annotations

import numpy as np
import pytest

from isogloss.alignment import Encodings, score_against, write_encodings
from isogloss.errors import BadValue

TEXTS, WIDTH, LAYERS, CHANGED = 120, 16, 5, 3


def written(folder, vectors, ids=None, language="eng"):
    write_encodings(folder, {language: vectors}, {language: range(TEXTS) if ids is None else ids}, model=folder.name)
    return Encodings.read(folder)


def planted(seed=0):
    return np.random.default_rng(seed).normal(size=(LAYERS, TEXTS, WIDTH)).astype(np.float32) + 1


@pytest.fixture
def base(tmp_path):
    return written(tmp_path / "base", planted())


def of_layers(scores, metric="cka"):
    return scores.filter(metric=metric, layers="each").sort("layer")


def test_a_changed_layer_is_found_at_that_layer(base, tmp_path):
    """Noise as large as the vectors themselves leaves a CKA of 1/2: the share of what is common."""
    changed = planted()
    changed[CHANGED] += np.random.default_rng(9).normal(size=(TEXTS, WIDTH))
    scores = score_against(base, written(tmp_path / "changed", changed))
    for metric in ("cka", "mplm-sim"):
        rows = of_layers(scores, metric)
        assert rows.filter(layer=CHANGED)["upper"][0] < 0.95
        assert rows.filter(rows["layer"] != CHANGED)["value"].to_list() == pytest.approx([1] * (LAYERS - 1), abs=1e-6)
    row = of_layers(scores).filter(layer=CHANGED).row(0, named=True)
    assert row["lower"] < 0.5 < row["upper"]


def test_a_model_and_itself_have_one_without_width(base):
    scores = score_against(base, base)
    assert scores.select("value", "lower", "upper").to_numpy() == pytest.approx(1, abs=1e-5)
    assert set(scores["n"]) == {TEXTS}


def test_shuffled_texts_have_nothing_in_common(base, tmp_path):
    """In eight shuffles of five layers, intervals of CKA hold 0 nearly always."""
    held = []
    for seed in range(8):
        order = np.random.default_rng(seed).permutation(TEXTS)
        rows = of_layers(score_against(base, written(tmp_path / str(seed), planted()[:, order]), ["cka"]))
        held += ((rows["lower"] < 0) & (rows["upper"] > 0)).to_list()
    assert np.mean(held) > 0.9


def test_texts_are_matched_by_their_ids(base, tmp_path):
    order = np.random.default_rng(1).permutation(TEXTS)[: TEXTS - 20]
    part = written(tmp_path / "part", planted()[:, order], ids=order)
    scores = score_against(base, part, ["cka"])
    assert set(scores["n"]) == {TEXTS - 20}
    assert set(scores["left_out"]) == {20}
    assert scores["value"].to_list() == pytest.approx([1] * scores.height, abs=1e-5)


def test_a_turn_is_seen_by_cosines_and_not_by_cka(base, tmp_path):
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(WIDTH, WIDTH)))[0].astype(np.float32)
    scores = score_against(base, written(tmp_path / "turned", planted() @ turn))
    assert of_layers(scores)["value"].to_list() == pytest.approx([1] * LAYERS, abs=1e-4)
    assert of_layers(scores, "mplm-sim")["value"].max() < 0.9


def test_what_cannot_be_compared_is_refused(base, tmp_path):
    with pytest.raises(BadValue, match=r"has 2 layers, and .* 5; compare a model with what was made of it"):
        score_against(base, written(tmp_path / "low", planted()[:2]))
    with pytest.raises(BadValue, match="has 8 dimensions"):
        score_against(base, written(tmp_path / "thin", planted()[:, :, :8]))
    with pytest.raises(BadValue, match="has deu, and none of eng"):
        score_against(base, written(tmp_path / "german", planted(), language="deu"))
    with pytest.raises(BadValue, match="no text of eng has an id that is in"):
        score_against(base, written(tmp_path / "other", planted(), ids=[f"x{one}" for one in range(TEXTS)]))
    with pytest.raises(BadValue, match="anisotropy describes single languages; take cka"):
        score_against(base, base, ["anisotropy"])
