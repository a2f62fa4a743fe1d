"""The evidence measured in the lab that ships with isogloss."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from benchmarks.ship import ship
from polars.testing import assert_frame_equal

from isogloss.evidence import Evidence, TrainingMix, read_evidence
from isogloss.evidence.read import shipped, shipped_path
from isogloss.evidence.store import Store


@dataclass(frozen=True)
class Grid:
    """What evidence of one name has to hold.

    Attributes
    ----------
    recipes : int
    trainings : dict of (int, int) to int
        Size of the source's part and seed, to the number of trainings with each recipe.
    targets : int
    megabytes : float
        Most that it may take.
    said : tuple of str
        What the card has to say.
    """

    recipes: int
    trainings: dict[tuple[int, int], int]
    targets: int
    megabytes: float
    said: tuple[str, ...]


GRIDS = {
    "isogloss:sib200-ngram": Grid(
        1, {(70, 0): 205, (70, 1): 205, (700, 0): 205}, 205, 3.0,
        ("CC BY-SA 4.0", "isogloss lab run examples/sib200_ngram.toml", "scikit-learn"),
    ),
    "isogloss:sib200-few-shot": Grid(
        2, {(700, seed): 81 for seed in range(3)}, 21, 0.12,
        ("CC BY-SA 4.0", "isogloss lab run examples/sib200_few_shot.toml", "scikit-learn"),
    ),
    "isogloss:udpos-ngram": Grid(
        1, {(100, 0): 39, (100, 1): 39, (300, 0): 39, (300, 1): 39, (1000, 0): 22}, 53, 0.6,
        ("CC BY-SA 4.0", "isogloss lab run examples/udpos_ngram.toml", "scikit-learn", "Not comparable with published"),
    ),
    "isogloss:udpos-e5": Grid(
        1, {(100, 0): 39, (100, 1): 39, (300, 0): 39, (300, 1): 39}, 53, 0.6,
        ("CC BY-SA 4.0", "python -m benchmarks.udpos_e5", "torch", "4 bits", "Not comparable with published"),
    ),
    "isogloss:udpos-minilm": Grid(
        1, {(100, 0): 39, (100, 1): 39, (300, 0): 39, (300, 1): 39, (1000, 0): 22}, 53, 0.6,
        ("CC BY-SA 4.0", "isogloss lab run examples/udpos_minilm.toml", "torch", "Not comparable with published"),
    ),
    "isogloss:sib200-e5": Grid(
        1, {(70, 0): 205, (70, 1): 205, (700, 0): 205}, 205, 0.65,
        ("CC BY-SA 4.0", "python -m benchmarks.sib200_e5", "torch", "4 bits"),
    ),
    "isogloss:sib200-e5-tuned": Grid(
        1, {(700, 0): 1}, 120, 0.02, ("CC BY-SA 4.0", "python -m benchmarks.sib200_e5_tuned", "torch", "4 bits"),
    ),
    "isogloss:sib200-minilm": Grid(
        1, {(70, 0): 205, (70, 1): 205, (700, 0): 205}, 205, 0.6,
        ("CC BY-SA 4.0", "python -m benchmarks.lab_linear_probe", "torch", "| layer |"),
    ),
}  # fmt: skip
NAMES = sorted(GRIDS)


def test_all_that_ships_is_described_here() -> None:
    assert set(shipped()) == set(GRIDS)


@pytest.fixture(params=NAMES, scope="module")
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def evidence(name: str) -> Evidence:
    return read_evidence(name)


def accuracies(name: str) -> pl.DataFrame:
    """Accuracies with the source, its size and the examples of another language in columns of their own."""
    found = read_evidence(name).filter(metric="accuracy").observations
    rows = []
    for train in found["train"].unique():
        sizes = {language: size or 0 for language, size in TrainingMix.parse(train).items()}
        source = max(sizes, key=lambda language, sizes=sizes: sizes[language])
        rows.append((train, source, sizes[source], sum(sizes.values()) - sizes[source]))
    return found.join(pl.DataFrame(rows, ["train", "source", "size", "shown"], orient="row"), on="train")


def test_the_grid_is_complete(name: str, evidence: Evidence) -> None:
    """Every training with every recipe on every target, in two metrics, once each."""
    grid, found = GRIDS[name], accuracies(name)
    trainings = found.unique(["recipe", "train", "seed"])
    counts = trainings.group_by("recipe", "size", "seed").len()
    assert counts["recipe"].n_unique() == grid.recipes
    for (_,), of_recipe in counts.group_by("recipe"):
        assert {(size, seed): trained for _, size, seed, trained in of_recipe.rows()} == grid.trainings
    assert found.height == trainings.height * grid.targets
    assert found["target"].n_unique() == grid.targets
    assert found.select("recipe", "train", "target", "seed").n_unique() == found.height
    assert len(evidence) == 2 * found.height


def test_card_and_size(name: str) -> None:
    """A data card lies beside it that says what was measured, how, and under which licence, and it is small."""
    folder, grid = shipped_path(name), GRIDS[name]
    card = (folder / "CARD.md").read_text()
    for said in (name, "## How", "## What to expect", "## Caveats", "## Licences", *grid.said):
        assert said in card
    assert sum(path.stat().st_size for path in folder.iterdir()) < grid.megabytes * 1e6


def test_shipping_again_changes_nothing(name: str, evidence: Evidence, tmp_path: Path) -> None:
    """What is shipped is what `ship` makes of it."""
    folder = tmp_path / name.partition(":")[2]
    ship(Store(shipped_path(name)), folder)
    again = Store(folder).read()
    assert_frame_equal(again.observations, evidence.observations)
    assert_frame_equal(again.tasks, evidence.tasks, check_row_order=False)


def test_mixes_are_canonical(evidence: Evidence) -> None:
    mixes = evidence.observations["train"].unique()
    assert [str(TrainingMix.parse(text)) for text in mixes] == mixes.to_list()


def score(table: pl.DataFrame, **where: str | int) -> float:
    """Mean of the scores of some rows."""
    return float(table.filter(**where)["score"].to_numpy().mean())


def test_topics_by_ngrams_are_plausible() -> None:
    """Own test sets are mostly known at 700; more examples help; related languages beat unrelated scripts."""
    found = accuracies("isogloss:sib200-ngram")
    own = found.filter(pl.col("source") == pl.col("target"))
    assert score(own, size=700) > 0.65
    assert score(own, size=700) > score(own, size=70) + 0.2
    trios = [("nob", "dan", "tha"), ("spa", "por", "kor"), ("rus", "ukr", "eng"), ("hin", "mai", "tam")]
    for source, near, far in trios:
        at_700 = found.filter(size=700, source=source)
        assert score(at_700, target=near) > score(at_700, target=far) + 0.2
    assert (found["items"] == 204).all()


def test_topics_by_an_english_encoder_are_plausible() -> None:
    """English is known best; Latin scripts learn from English, a script unknown to the tokenizer does not."""
    found = accuracies("isogloss:sib200-minilm").filter(size=700)
    own = found.filter(pl.col("source") == pl.col("target"))
    assert own.sort("score")["target"][-1] == "eng"
    assert score(own, target="eng") > 0.85
    english = found.filter(source="eng")
    for near, far in [("spa", "tha"), ("nob", "amh"), ("ita", "khm")]:
        assert score(english, target=near) > score(english, target=far) + 0.1
    assert read_evidence("isogloss:sib200-minilm").models["parameters"].to_list()[0] > 20_000_000


def test_topics_by_a_multilingual_encoder_are_plausible() -> None:
    """What it has read transfers across scripts; a script that it does not know does not."""
    found = accuracies("isogloss:sib200-e5").filter(size=700)
    english = found.filter(source="eng")
    assert score(english, target="eng") > 0.85
    for near in ("tha", "hin", "rus", "jpn", "swh"):
        assert score(english, target=near) > 0.7
    for far in ("nqo", "dzo", "sat"):
        assert score(english, target=far) < 0.3
    assert (found["items"] == 204).all()


def test_examples_of_the_target_are_worth_more_the_more_there_are() -> None:
    """In each of twenty targets 300 examples beat 100, and these none; English and the others hardly change."""
    found = accuracies("isogloss:sib200-few-shot")
    none = found.filter(shown=0)
    for target in none["target"].unique().sort():
        if target == "eng":
            continue
        own = found.filter(pl.col("train").str.contains(target), target=target)
        assert sorted(own["shown"].unique()) == [10, 30, 100, 300]
        assert score(own, shown=300) > score(own, shown=100) > score(none, target=target)
        elsewhere = found.filter(pl.col("train").str.contains(target), pl.col("target") != target)
        assert abs(score(elsewhere, target="eng") - score(none, target="eng")) < 0.03


def test_parts_of_speech_by_ngrams_are_plausible() -> None:
    """Own test sets are mostly known, the better the more sentences there are; near relatives are tagged best."""
    found = accuracies("isogloss:udpos-ngram")
    own = found.filter(pl.col("source") == pl.col("target"))
    assert score(own, size=300) > score(own, size=100) + 0.03 > 0.75
    for source, near, far in [
        ("spa", "por", "kor"),
        ("dan", "nob", "fin"),
        ("deu", "gsw", "yor"),
        ("kir", "kaz", "eng"),
    ]:
        at_300 = found.filter(size=300, source=source)
        assert score(at_300, target=near) > score(at_300, target=far) + 0.1
    assert found["items"].min() == 47


def test_parts_of_speech_by_a_multilingual_encoder_are_plausible() -> None:
    """What it has read is tagged from English across scripts, relatives best; what it has not read is not."""
    found = accuracies("isogloss:udpos-e5")
    own = found.filter(pl.col("source") == pl.col("target"))
    assert score(own, size=300) > score(own, size=100) > 0.8
    english = found.filter(size=300, source="eng")
    for near in ("deu", "swe", "rus", "tel"):
        assert score(english, target=near) > 0.65
    assert score(english, target="wol") < 0.5
    assert score(found, size=300) > score(accuracies("isogloss:udpos-minilm"), size=300) + 0.2


def test_parts_of_speech_by_an_english_encoder_are_plausible() -> None:
    """English is tagged best; scripts that the encoder knows little of are not tagged from it at all."""
    found = accuracies("isogloss:udpos-minilm")
    own = found.filter(pl.col("source") == pl.col("target"))
    assert score(own, size=300) > score(own, size=100) > 0.6
    english = found.filter(size=300, source="eng")
    assert score(english, target="eng") > score(english, target="deu") > score(english, target="tel")
