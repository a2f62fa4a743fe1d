"""How stable vectors are under tuning and prompts: grid, kept models and prompts, encodings and their comparison."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from tests.lab.checkpoints import make_checkpoint, make_decoder

from isogloss.alignment import Encodings
from isogloss.errors import BadValue
from isogloss.evidence import Store
from isogloss.lab import read_grid, run_grid
from isogloss.questions.align_compare import CompareVectorsQuestion
from isogloss.questions.encoding import EncodeQuestion
from isogloss.questions.question import read_question

pytest.importorskip("torch", reason="models need torch, of the extra lab")

TASK = """[task]
name = "learnt from LEARNT"
kind = "text-classification"
file = "texts.csv"
[task.columns]
language = "lang"
text = "text"
label = "label"
item = "id"
[task.splits]
domain = "genre"
learnt = ["LEARNT"]
tested = ["forum"]
"""
GRID = """
[[recipe]]
name = "RECIPE"
checkpoint = "CHECKPOINT"
SETTINGS
[grid]
sources = ["eng"]
sizes = [8]
"""


def kept(folder: Path, checkpoint: Path, recipe: str, settings: str = "") -> dict[str, Path]:
    """Domain that is learnt from to the folder of what was learnt there."""
    rows = [
        {"lang": "eng", "id": f"{genre} {number}", "split": "train" if number < 8 else "test", "genre": genre,
         "label": label, "text": f"the {word} sees {genre} {number}"}
        for genre in ("news", "forum") for number in range(16)
        for label, word in [[("health", "doctor"), ("sport", "football")][number % 2]]
    ]  # fmt: skip
    pl.DataFrame(rows).write_csv(folder / "texts.csv")
    grid = GRID.replace("CHECKPOINT", str(checkpoint)).replace("RECIPE", recipe).replace("SETTINGS", settings)
    found = {}
    for learnt in ("news", "forum"):
        (folder / f"{learnt}.toml").write_text(TASK.replace("LEARNT", learnt) + grid)
        report = run_grid(read_grid(folder / f"{learnt}.toml"), Store(folder / "store"), keep=folder / learnt)
        assert report.failed == []
        found[learnt] = next((folder / learnt).iterdir())
    return found


def encoded(folder: Path, model: Path, corpus: Path) -> Path:
    read_question(EncodeQuestion, {"model": str(model), "corpus": corpus, "into": folder}).answer()
    return folder


def compared(one: Path, other: Path, **fields):
    return read_question(CompareVectorsQuestion, {"encodings": one, "against": other} | fields).answer()


def texts(folder: Path) -> Path:
    """Texts of one language."""
    pairs = [(word, other) for word in ("doctor", "match", "bank") for other in ("river", "fever")]
    rows = [("eng", str(at), f"{word} sees the {other}") for at, (word, other) in enumerate(pairs)]
    pl.DataFrame(rows, schema=["language", "id", "text"], orient="row").write_csv(folder / "some.csv")
    return folder / "some.csv"


@pytest.mark.parametrize(("recipe", "changed"), [("fine-tune", [0, 1, 2]), ("lora", [1, 2])])
def test_what_tuning_learns_shows_in_the_layers_that_it_changes(tmp_path, recipe, changed):
    """Low-rank additions leave the embeddings as they are, so that layer 0 is the same."""
    checkpoint = make_checkpoint(tmp_path / "model")
    tuned = kept(tmp_path, checkpoint, recipe, "epochs = 3\nbatch_size = 4\nlearning_rate = 5e-2")["news"]
    base, after = (encoded(tmp_path / name, model, texts(tmp_path))
                   for name, model in (("base", checkpoint), ("tuned", tuned)))  # fmt: skip
    answer = compared(base, after)
    each = answer.table.filter(metric="mplm-sim").sort("layer")
    assert each.filter(pl.col("value") < 0.9999)["layer"].to_list() == changed
    assert Encodings.read(base).identity != Encodings.read(after).identity
    said = "The same in both but for rounding: 1 layer (0)."
    assert (said in answer.sentences) == (0 not in changed)


def test_prompts_are_kept_and_their_vectors_compared_by_demonstrations(tmp_path):
    """The same items after demonstrations of their own domain and of another; the model is the one that was asked."""
    checkpoint = make_decoder(tmp_path / "decoder")
    found = kept(tmp_path, checkpoint, "in-context")
    prompts = {name: pl.read_parquet(folder / "prompts.parquet") for name, folder in found.items()}
    assert all(set(one["id"]) == {f"forum {at}" for at in range(8, 16)} for one in prompts.values())
    assert prompts["news"]["text"].str.contains("sees news").all()
    assert not prompts["forum"]["text"].str.contains("sees news").any()
    own, other = (encoded(tmp_path / f"of {name}", found[name], found[name] / "prompts.parquet")
                  for name in ("forum", "news"))  # fmt: skip
    answer = compared(own, other)
    assert answer.verdict.startswith("Vectors in of forum and of news are least alike by cka with ")
    assert answer.sentences[1:] == ()
    again = encoded(tmp_path / "plainly", checkpoint, found["forum"] / "prompts.parquet")
    assert compared(own, again).sentences[1] == "The same in both but for rounding: 3 layers (0 to 2)."


def test_what_learnt_no_model_of_texts_is_refused(tmp_path):
    probe = kept(tmp_path, make_checkpoint(tmp_path / "model"), "linear-probe")["news"]
    with pytest.raises(BadValue, match="linear-probe has learnt no model that reads texts alone; take one that"):
        encoded(tmp_path / "reps", probe, texts(tmp_path))
