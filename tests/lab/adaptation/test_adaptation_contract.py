"""What every adaptation promises, on a decoder, a model of hidden words and an encoder."""

from __future__ import annotations

import json
import math
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.lab.adaptation.adapters import make_adapter, write_choices, write_task
from tests.lab.adaptation.conftest import texts

from isogloss.errors import BadFile, BadValue, IsoglossError, UnknownName
from isogloss.lab import adapt, adaptation_card, adaptations
from isogloss.lab.adaptation.weights import Weights

KINDS = ("decoder", "masked", "encoder")
RESTORE = "code-switch-restore"
OF_DECODERS = ("instruction-lora", "language-preference", "answer-preference", "sampled-preference", "logit-shift")
TRAINS = ("continued-pretraining", "language-aware-pretraining")
ALIGN = ("align-sentences", "align-words")
ALIGNED = {"batches": 4, "batch_size": 4, "parts": 2, "measured": 1, "own": 0.0, "keep": 1.0}
TAUGHT = ("distil", "distil-interpolated", "distil-fused")
SHORT = {"tokens": 128, "length": 16, "batch_size": 2, "parts": 2, "measured": 1}
REFUSED = {
    *((name, "encoder") for name in (*TRAINS, *TAUGHT)),
    *((name, kind) for name in OF_DECODERS for kind in KINDS[1:]),
    *((RESTORE, kind) for kind in KINDS),  # of encoder-decoders, see test_restore.py
}
"""An encoder without a head expects nothing, and cannot be trained on."""
CASES = [(name, kind) for name in adaptations.names() for kind in KINDS if (name, kind) not in REFUSED]


class Interrupted(Exception):
    """Somebody ends the run."""


class Impatient:
    """Ends the run when some steps are done."""

    def __init__(self, steps: int):
        self.left = steps

    def begin(self, stage: str, total: int | None) -> None:
        pass

    def advance(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise Interrupted


def parameters(name: str, checkpoint: Path) -> dict[str, Any]:
    """What an adaptation needs; those of two checkpoints get the same one twice, and training is short."""
    if name == "logit-shift":
        return {"tuned": str(checkpoint), "untuned": str(checkpoint)}
    if name == "answer-preference":
        return {"task": str(write_choices(checkpoint.parent)), "settings": {"epochs": 1, "rank": 2}}
    if name == "sampled-preference":
        settings = {"epochs": 1, "rank": 2, "max_new": 2}
        given = {"samples": 3, "rounds": 2, "reward": "pattern:[a-z]", "settings": settings, "examples": 8}
        return {"task": str(write_task(checkpoint.parent)), **given}
    if name in OF_DECODERS:
        return {"task": str(write_task(checkpoint.parent)), "settings": {"epochs": 1, "rank": 2}}
    if name == "merge-adapters":
        return {"adapters": (str(adapter_of(checkpoint)),)}
    if name in ALIGN:
        return ALIGNED
    if name == "vocabulary-transliterate":
        table = checkpoint.with_name("letters.tsv")
        table.write_text("source\ttarget\ne\tE\nt\tT\n")
        return {"characters": str(table)}
    if name == RESTORE:
        words = checkpoint.with_name("words.tsv")
        words.write_text("source\ttarget\nthe\tde\n")
        return {"dictionary": str(words)}
    same = str(checkpoint)
    if name == "distil-fused":
        return {**SHORT, "teachers": (same, same)}
    if name in TRAINS:
        return SHORT
    if name in TAUGHT:
        return {**SHORT, "teacher": same}
    return {"merge-average": {"others": (same,)}, "layer-swap": {"other": same}}.get(name, {})


def adapter_of(checkpoint: Path) -> Path:
    """An adapter of two matrices of a checkpoint, beside it."""
    folder = checkpoint.with_name(f"adapter of {checkpoint.name}")
    if not folder.exists():
        weights = Weights(checkpoint)
        chosen = list(weights.linears())[:2]
        make_adapter(folder, {name.removesuffix(".weight"): weights.shape(name) for name in chosen})
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Adapted(dict):
    """Each checkpoint after each adaptation with seed 1, made when it is first needed."""

    def __init__(self, checkpoints, corpus, folder):
        self.checkpoints, self.corpus, self.folder = checkpoints, corpus, folder

    def __missing__(self, case):
        name, kind = case
        given = parameters(name, self.checkpoints[kind])
        into = self.folder / f"{name} of {kind}"
        self[case] = adapt(self.checkpoints[kind], name, corpus=self.corpus, into=into, seed=1, **given)
        return self[case]


@pytest.fixture(scope="module")
def adapted(checkpoints, tmp_path_factory):
    return Adapted(checkpoints, texts(), tmp_path_factory.mktemp("adapted"))


@pytest.fixture(scope="module")
def trimmed(checkpoints, tmp_path_factory) -> Path:
    """The decoder with fewer tokens."""
    into = tmp_path_factory.mktemp("trimmed") / "first"
    return adapt(checkpoints["decoder"], "vocabulary-trim", corpus=texts(), into=into, min_count=2)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_same_seed_gives_the_same_bytes_and_a_stopped_run_goes_on(
    name, kind, checkpoints, adapted, corpus, tmp_path
):
    """Nothing but the folder is written, and the checkpoint stays as it is."""
    before = content(checkpoints[kind])
    given = {"corpus": corpus, "seed": 1, **parameters(name, checkpoints[kind])}
    one = adapted[name, kind]
    with pytest.raises(Interrupted):
        adapt(checkpoints[kind], name, into=tmp_path / "stopped", progress=Impatient(2), **given)
    assert not (tmp_path / "stopped").exists()
    again = adapt(checkpoints[kind], name, into=tmp_path / "stopped", **given)
    assert content(one) == content(again)
    assert [path.name for path in tmp_path.iterdir()] == ["stopped"]
    assert content(checkpoints[kind]) == before


KILLED = """
import sys
from isogloss.lab import adapt
adapt(sys.argv[1], "layer-drop", corpus={"eng": sys.argv[3:]}, into=sys.argv[2], seed=1)
"""


@pytest.mark.slow
def test_killed_midway_and_run_again_it_gives_the_same_bytes(checkpoints, corpus, tmp_path):
    """By SIGKILL, which nothing can tidy up after, once some steps are done."""
    given = {"corpus": {"eng": corpus["eng"]}, "seed": 1}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(checkpoints["decoder"]), str(tmp_path / "killed"), *corpus["eng"]]
    )
    end = time.monotonic() + 600
    while len([*tmp_path.glob(".killed.*/steps/*.safetensors")]) < 2 and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed").exists()
    assert [path.name for path in tmp_path.glob(".killed.*")]
    again = adapt(checkpoints["decoder"], "layer-drop", into=tmp_path / "killed", **given)
    whole = adapt(checkpoints["decoder"], "layer-drop", into=tmp_path / "whole", **given)
    assert content(again) == content(whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["killed", "whole"]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_other_programs_load_it_and_its_tokenizer_fits(name, kind, adapted):
    import transformers

    folder = adapted[name, kind]
    model = transformers.AutoModel.from_pretrained(folder, output_loading_info=True)
    assert not [missing for missing in model[1]["missing_keys"] if "pooler" not in missing]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    assert len(tokenizer) == model[0].get_input_embeddings().num_embeddings
    assert tokenizer.pad_token == "<pad>"
    assert tokenizer.pad_token_id == model[0].config.pad_token_id
    ids = tokenizer("the doctor")["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == "the doctor"
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} <= {
        ".safetensors", ".json", ".md", ".jinja", ".csv",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_card_says_what_was_done_and_what_each_language_lost(name, kind, adapted):
    folder = adapted[name, kind]
    card = adaptation_card(folder)
    assert (card["adaptation"], card["seed"], card["of"]["licence"]) == (name, 1, "mit")
    assert card["corpus"].keys() == {"eng", "nld"}
    assert [(one["language"], one["texts"]) for one in card["losses"]] == [("eng", 3), ("nld", 3)]
    assert all(math.isfinite(one["before"]) and math.isfinite(one["after"]) for one in card["losses"])
    assert card["measure"] == ("vector_distance" if kind == "encoder" else "bits_per_byte")
    assert "license: mit" in (folder / "README.md").read_text()


@pytest.mark.parametrize("name", [name for name, kind in CASES if kind == "decoder"])
def test_adaptations_chain_and_the_card_names_them_all(name, trimmed, corpus, tmp_path):
    folder = adapt(trimmed, name, corpus=corpus, into=tmp_path / "second", **parameters(name, trimmed))
    assert adaptation_card(folder)["before"] == ["vocabulary-trim(min_count=2)"]


def test_what_is_made_of_the_same_is_made_once(checkpoints, corpus, tmp_path, monkeypatch):
    """Named by checkpoint, adaptation, parameters, texts and seed, in the cache."""
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path))
    folder = adapt(checkpoints["decoder"], "vocabulary-trim", corpus=corpus)
    assert folder.parent == tmp_path / "adapted"
    made = (folder / "model.safetensors").stat().st_mtime_ns
    assert adapt(checkpoints["decoder"], "vocabulary-trim", corpus=corpus) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == made
    others = [{"min_count": 2, "corpus": corpus}, {"corpus": corpus, "seed": 1}, {"corpus": {"eng": corpus["eng"]}}]
    assert folder not in {adapt(checkpoints["decoder"], "vocabulary-trim", **other) for other in others}


def test_time_that_is_up_ends_a_run_which_the_next_goes_on_with(checkpoints, corpus, tmp_path):
    with pytest.raises(IsoglossError, match=r"stopped for want of time after 0 of \d+ steps.*goes on from there"):
        adapt(checkpoints["decoder"], "vocabulary-trim", corpus=corpus, into=tmp_path / "made", max_minutes=0)
    assert adapt(checkpoints["decoder"], "vocabulary-trim", corpus=corpus, into=tmp_path / "made").is_dir()


@pytest.mark.parametrize("name", adaptations.names())
def test_memory_that_there_is_not_is_said_before_the_work(name, checkpoints, corpus, tmp_path):
    given = {"corpus": corpus, **parameters(name, checkpoints["decoder"])}
    with pytest.raises(IsoglossError, match=f"{name} takes about [0-9.]+ GB of memory, and there are 0.0 GB"):
        adapt(checkpoints["decoder"], name, into=tmp_path / "made", max_memory_gb=0.001, **given)
    assert [*tmp_path.iterdir()] == []


class TestBadInput:
    """The thing, the reason, what to do."""

    @pytest.fixture
    def copy(self, checkpoints, tmp_path) -> Path:
        return Path(shutil.copytree(checkpoints["decoder"], tmp_path / "copy"))

    def refused(self, folder, kind, match, **given):
        with pytest.raises(kind, match=match):
            adapt(folder, "vocabulary-trim", into=folder.parent / "made", **given)
        assert not (folder.parent / "made").exists()

    def test_weights_that_can_run_code(self, copy, corpus):
        (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
        self.refused(copy, BadFile, "holds no weights as safetensors.*convert them", corpus=corpus)

    def test_a_shard_that_is_missing(self, copy, corpus):
        named = {"weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
        (copy / "model.safetensors.index.json").write_text(json.dumps(named))
        self.refused(copy, BadFile, r"lacks model-00002-of-00002\.safetensors.*copy it again", corpus=corpus)

    def test_a_file_that_is_cut(self, copy, corpus):
        whole = (copy / "model.safetensors").read_bytes()
        (copy / "model.safetensors").write_bytes(whole[: len(whole) // 2])
        self.refused(copy, BadFile, r"model\.safetensors: is damaged.*copy it again", corpus=corpus)

    @pytest.mark.parametrize(
        ("texts", "match"),
        [
            (None, "corpus: vocabulary-trim needs texts"),
            ({}, "corpus: vocabulary-trim needs texts"),
            ({"eng": ["", " "]}, "corpus has no text of 'eng'"),
            ({"eng": ["one"]}, "corpus: one text of 'eng' is too little"),
            ({"eng": "a text"}, "corpus: the texts of 'eng' are no list of texts"),
            ("eng", "corpus is no texts by language"),
        ],
    )
    def test_texts_that_are_none(self, copy, texts, match):
        self.refused(copy, BadValue, match, corpus=texts)

    def test_names_that_there_are_not(self, copy, corpus):
        with pytest.raises(UnknownName, match=r"unknown adaptation 'vocabulary-trimm'.*vocabulary-trim"):
            adapt(copy, "vocabulary-trimm", corpus=corpus)
        self.refused(copy, UnknownName, "min_counts", corpus=corpus, min_counts=2)

    def test_a_folder_that_holds_something_else(self, copy, corpus):
        (copy.parent / "taken").mkdir()
        (copy.parent / "taken" / "thesis.tex").write_text("...")
        with pytest.raises(BadFile, match="holds something else"):
            adapt(copy, "vocabulary-trim", corpus=corpus, into=copy.parent / "taken")
