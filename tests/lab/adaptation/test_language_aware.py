"""Vectors of languages that training learns: kin get similar ones, and languages without kin do not."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from isogloss.errors import BadValue
from isogloss.lab import adapt, adaptation_card

pytest.importorskip("torch", reason="needs the extra lab")

from tests.lab.adaptation.test_continued_pretraining import Impatient, Interrupted, files
from tests.lab.adaptation.worlds import KIN, related, untrained

from isogloss.languages import compare
from isogloss.languages.similarity import similarity_files

NAME = "language-aware-pretraining"
TRAINED = {"tokens": 120 * 16 * 16, "length": 16, "batch_size": 16, "learning_rate": 1e-2, "parts": 1}
SHORT = {"tokens": 256, "length": 16, "batch_size": 4, "parts": 2, "measured": 1}


def learnt(shared, folder):
    """A checkpoint that has read six languages, of which kin share some words."""
    texts = related(60, 1, shared)
    model = untrained("masked", folder / "model", layers=1, texts=[one for some in texts.values() for one in some],
                      tokens=900)  # fmt: skip
    return adapt(model, NAME, corpus=texts, into=folder / "made", measured=4, measure=False, **TRAINED)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return learnt(0.6, tmp_path_factory.mktemp("planted"))


def found_kin(folder):
    """How many languages have their kin for the nearest."""
    rows = csv.DictReader((folder / "language_similarity.csv").open())
    alike = {(row["lang_a"], row["lang_b"]): float(row["similarity"]) for row in rows}
    alike |= {(other, one): number for (one, other), number in alike.items()}
    nearest = [max((one for one in KIN if one != code), key=lambda one, code=code: alike[code, one]) for code in KIN]
    return sum(one == KIN[place ^ 1] for place, one in enumerate(nearest))


def test_kin_get_the_most_similar_vectors(planted):
    """Five of six at least, of which chance would find one."""
    assert found_kin(planted) >= 5


def test_where_no_language_has_kin_none_is_found(tmp_path):
    """Four or more would be there by chance in 2 of 100 worlds."""
    assert found_kin(learnt(0.0, tmp_path)) <= 3


def test_tables_of_distances_take_the_vectors(planted):
    """Half of 1 - the cosine of the rows of the file."""
    table = planted / "language_vectors.csv"
    rows = {row[0]: np.array(row[1:], float) for row in list(csv.reader(io.StringIO(table.read_text())))[1:]}
    cosine = rows["spa"] @ rows["deu"] / np.linalg.norm(rows["spa"]) / np.linalg.norm(rows["deu"])
    with similarity_files([f"learnt={planted / 'language_similarity.csv'}"]):
        pair = compare(["spa", "deu"], ["learnt"])
    assert pair["learnt"].item() == pytest.approx((1 - cosine) / 2, abs=1e-4)


def test_the_checkpoint_is_without_vectors_and_the_curve_says_what_they_gave(planted):
    import transformers

    facts = adaptation_card(planted)["facts"]
    assert facts["scripts"] == dict.fromkeys(KIN, "LATIN")
    first, last = facts["curve"]
    assert first["loss"] == pytest.approx(first["loss_with_vectors"])  # they begin as 0
    assert sum(last["loss_with_vectors"].values()) < sum(last["loss"].values())
    _, told = transformers.AutoModelForMaskedLM.from_pretrained(planted, output_loading_info=True)
    assert not told["unexpected_keys"]


@pytest.mark.parametrize("kind", ["decoder", "masked"])
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(kind, checkpoints, corpus, tmp_path):
    """The vectors too, and with scripts or without the files are those that were asked for."""
    whole = adapt(checkpoints[kind], NAME, corpus=corpus, into=tmp_path / "whole", **SHORT)
    with pytest.raises(Interrupted):
        adapt(checkpoints[kind], NAME, corpus=corpus, into=tmp_path / "parts", progress=Impatient(2), **SHORT)
    assert files(adapt(checkpoints[kind], NAME, corpus=corpus, into=tmp_path / "parts", **SHORT)) == files(whole)
    assert (whole / "script_vectors.csv").read_text().startswith("script,1,2,")
    plain = adapt(checkpoints[kind], NAME, corpus=corpus, into=tmp_path / "plain", scripts=False, **SHORT)
    assert not (plain / "script_vectors.csv").exists()


def test_of_the_next_checkpoint_the_tables_would_not_be_true(planted, tmp_path):
    later = adapt(planted, "magnitude-prune", into=tmp_path / "later")
    assert not [*later.glob("*.csv")]


def test_what_has_no_languages_to_tell_apart_is_refused(checkpoints, corpus, tmp_path):
    def refused(match, **given):
        with pytest.raises(BadValue, match=match):
            adapt(checkpoints["decoder"], NAME, corpus=corpus, into=tmp_path / "made", **SHORT, **given)

    refused("one language to learn: eng.*give texts of two or more", languages=("eng",))
    refused("interleave: a window of two languages has no language", interleave="eng")
