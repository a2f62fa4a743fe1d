"""`vocabulary-transliterate`: what a model knows in one script it knows in another, and nothing else changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.lab.adaptation.conftest import sentences as dutch
from tests.lab.adaptation.test_vocabulary_transplant import tokens_of
from tests.lab.adaptation.worlds import sentences

from isogloss.errors import BadValue, UnknownName
from isogloss.lab import adapt, adaptation_card
from isogloss.lab.adaptation.losses import measure_texts

torch = pytest.importorskip("torch", reason="needs the extra lab")

NAME = "vocabulary-transliterate"
LATIN = "abcdefghijklmnopqrstuvwxyz"
CYRILLIC = "абвгдежзиклмнопрстуфхцчшщъ"
LEARNT = [text.translate(str.maketrans(LATIN, CYRILLIC)) for text in sentences(200, 0)]
UNSEEN = [text.translate(str.maketrans(LATIN, CYRILLIC)) for text in sentences(20, 9)]


def capitals(text: str) -> str:
    """A text in Latin capitals, which no other text here has."""
    return text.translate(str.maketrans(CYRILLIC, LATIN.upper()))


@pytest.fixture
def table(tmp_path) -> str:
    """The table of the letters."""
    rows = [f"{source}\t{target}" for source, target in zip(CYRILLIC, LATIN.upper(), strict=True)]
    (tmp_path / "letters.tsv").write_text("\n".join(["source\ttarget", *rows, ""]))
    return str(tmp_path / "letters.tsv")


def model_of(kind: str, folder: Path) -> Path:
    """A model of hidden words whose tokens are learnt from Cyrillic and Dutch, untrained."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    model, around, decoder, more = {
        "Unigram": (models.Unigram(), pre_tokenizers.Metaspace(), decoders.Metaspace(), {"unk_token": "<unk>"}),
        "WordPiece": (models.WordPiece(unk_token="<unk>"), pre_tokenizers.Whitespace(), decoders.WordPiece(), {}),
        "BPE": (models.BPE(), pre_tokenizers.ByteLevel(), decoders.ByteLevel(),
                {"initial_alphabet": pre_tokenizers.ByteLevel.alphabet()}),
    }[kind]  # fmt: skip
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer, tokenizer.decoder = around, decoder
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 2), ("</s>", 3)]
    )
    special = ["<pad>", "<unk>", "<s>", "</s>", "<mask>"]
    trainer = getattr(trainers, f"{kind.replace('BPE', 'Bpe')}Trainer")(
        vocab_size=420, special_tokens=special, show_progress=False, **more
    )
    tokenizer.train_from_iterator([*LEARNT, *dutch("nld", 100)], trainer)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>", mask_token="<mask>", cls_token="<s>",
        sep_token="</s>",
    ).save_pretrained(folder)  # fmt: skip
    shape = transformers.BertConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64, pad_token_id=0,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(3)
        transformers.BertForMaskedLM(shape).save_pretrained(folder)
    return folder


def states(folder: Path, text: str) -> np.ndarray:
    """Last states of every token of a text."""
    import transformers

    model, tokenizer = (one.from_pretrained(folder) for one in (transformers.BertModel, transformers.AutoTokenizer))
    with torch.inference_mode():
        found: np.ndarray = model(input_ids=torch.tensor([tokenizer(text)["input_ids"]])).last_hidden_state[0].numpy()
    return found


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, Path]:
    kinds = ("Unigram", "WordPiece", "BPE")
    return {kind: model_of(kind, tmp_path_factory.mktemp(kind)) for kind in kinds}


@pytest.mark.parametrize("kind", ["Unigram", "WordPiece"])
def test_a_text_in_the_other_script_gets_the_states_of_the_text_to_the_last_bit(kind, models, table, tmp_path):
    """The planted world, where letters of both scripts go one to one; before, they have little in common."""
    made = adapt(models[kind], NAME, characters=table, into=tmp_path / "made")
    for text in UNSEEN[:4]:
        wanted = states(models[kind], text)
        np.testing.assert_array_equal(states(made, capitals(text)), wanted)
        np.testing.assert_array_equal(states(made, text), wanted)
        assert not np.array_equal(states(models[kind], capitals(text))[:3], wanted[:3])


@pytest.mark.parametrize("kind", ["Unigram", "WordPiece", "BPE"])
def test_a_language_in_latin_letters_does_not_change_by_a_bit(kind, models, table, tmp_path):
    """The null world: Dutch, which has none of the letters that are written."""
    made = adapt(models[kind], NAME, characters=table, corpus={"nld": dutch("nld", 40)}, into=tmp_path / "made")
    for text in dutch("nld", 4):
        np.testing.assert_array_equal(states(made, text), states(models[kind], text))
    old, new = tokens_of(models[kind]), tokens_of(made)
    assert old.items() <= new.items()
    facts = adaptation_card(made)["facts"]
    assert facts["tokens"] == len(new) > len(old) == facts["tokens_before"] == facts["rows_kept"]
    assert facts["texts_with_new_tokens"] == {"nld": 0.0}
    assert facts["bytes_per_token"]["nld"][0] == facts["bytes_per_token"]["nld"][1]


def test_byte_pairs_are_merged_in_the_other_script_too(models, table, tmp_path):
    import transformers

    made = adapt(models["BPE"], NAME, characters=table, into=tmp_path / "made")
    old, new = (transformers.AutoTokenizer.from_pretrained(one) for one in (models["BPE"], made))
    pieces = [[len(one(capitals(text))["input_ids"]) for text in UNSEEN] for one in (old, new)]
    assert sum(pieces[1]) < 0.6 * sum(pieces[0])
    for text in UNSEEN:
        assert new.decode(new(capitals(text))["input_ids"], skip_special_tokens=True).strip() == capitals(text)
        assert new(text)["input_ids"] == old(text)["input_ids"]


def test_a_model_that_reads_cyrillic_tells_latin_letters(models, table, tmp_path):
    """Each token costs a bit more at most, as it can be written in two ways; texts in Cyrillic pay the same."""
    trained = adapt(
        models["Unigram"], "continued-pretraining", corpus={"rus": LEARNT}, tokens=100 * 256, length=32, batch_size=8,
        learning_rate=3e-3, parts=1, measured=0, measure=False, into=tmp_path / "trained",
    )  # fmt: skip
    made = adapt(trained, NAME, characters=table, into=tmp_path / "made")
    both = {"rus": UNSEEN, "rus_Latn": list(map(capitals, UNSEEN))}
    bits = []
    for folder in (trained, made):
        losses = measure_texts(folder, both).with_columns(
            bytes=pl.Series([len(one.encode()) for one in [*UNSEEN, *both["rus_Latn"]]])
        )
        bits.append({code: (rows["loss"] * rows["bytes"]).mean() for (code,), rows in losses.group_by("language")})
    tokens = np.mean(list(map(len, _encoded(made, UNSEEN))))
    assert bits[1]["rus_Latn"] == pytest.approx(bits[1]["rus"], rel=1e-4)
    assert bits[0]["rus"] < bits[1]["rus"] < bits[0]["rus"] + tokens


def _encoded(folder: Path, texts: list[str]) -> list[list[int]]:
    import transformers

    found: list[list[int]] = transformers.AutoTokenizer.from_pretrained(folder)(texts)["input_ids"]
    return found


def rows_of(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    whole = load_file(folder / "model.safetensors")["bert.embeddings.word_embeddings.weight"]
    return {token: whole[place] for token, place in tokens_of(folder).items()}


class TestAlike:
    """Two letters that are written as one."""

    @pytest.fixture
    def table(self, tmp_path) -> str:
        (tmp_path / "two.tsv").write_text("source\ttarget\nа\tA\nе\tA\n")
        return str(tmp_path / "two.tsv")

    def made(self, models: dict[str, Path], table: str, into: Path, **given: Any) -> dict[str, np.ndarray]:
        return rows_of(adapt(models["Unigram"], NAME, characters=table, into=into, **given))

    def test_their_row_is_the_mean_or_that_of_the_highest_or_the_lowest_score(self, models, table, tmp_path):
        settings = json.loads((models["Unigram"] / "tokenizer.json").read_text())
        scores = dict(settings["model"]["vocab"])
        order = sorted("ае", key=lambda letter: scores[letter])
        old = rows_of(models["Unigram"])
        for merge, wanted, score in [
            ("mean", (old["а"] + old["е"]) / 2, (scores["а"] + scores["е"]) / 2),
            ("min", old[order[0]], scores[order[0]]), ("max", old[order[1]], scores[order[1]]),
        ]:  # fmt: skip
            new = self.made(models, table, tmp_path / merge, merge=merge)
            np.testing.assert_allclose(new["A"], wanted, rtol=1e-6, atol=1e-8)
            written = json.loads((tmp_path / merge / "tokenizer.json").read_text())["model"]["vocab"]
            assert dict(written)["A"] == pytest.approx(score)
        assert adaptation_card(tmp_path / "mean")["facts"]["tokens_written_alike"] > 0

    def test_scores_are_those_of_unigram_models_alone(self, models, table):
        with pytest.raises(BadValue, match="merge: 'max' goes by scores, which tokens of WordPiece have not"):
            adapt(models["WordPiece"], NAME, characters=table, merge="max")


def test_texts_that_are_to_be_cut_as_before_are(models, table, tmp_path):
    texts = {"eng": [f"{capitals(' '.join(text.split()[:2]))} {place}" for place, text in enumerate(UNSEEN)]}
    free = adapt(models["Unigram"], NAME, characters=table, corpus=texts, into=tmp_path / "free")
    kept = adapt(models["Unigram"], NAME, characters=table, corpus=texts, keep=("eng",), into=tmp_path / "kept")
    facts = [adaptation_card(one)["facts"] for one in (free, kept)]
    assert facts[0]["texts_with_new_tokens"] == {"eng": 1.0}
    assert facts[1]["texts_with_new_tokens"] == {"eng": 0.0}
    assert facts[1]["tokens_left_out"] > facts[0]["tokens_left_out"] == 0
    assert _encoded(kept, texts["eng"]) == _encoded(models["Unigram"], texts["eng"])


def test_only_tokens_of_the_scripts_asked_for_are_written(models, table, tmp_path):
    with pytest.raises(BadValue, match=r"letters\.tsv: give no new token; take rules"):
        adapt(models["Unigram"], NAME, characters=table, scripts=("Grek",))
    one, other = (
        adapt(models["Unigram"], NAME, characters=table, into=tmp_path / str(len(scripts)), scripts=scripts)
        for scripts in ((), ("Cyrl",))
    )
    assert tokens_of(one) == tokens_of(other)


@pytest.mark.skipif(shutil.which("uconv") is None, reason="needs uconv: apt-get install icu-devtools")
def test_the_rules_are_those_of_the_transform(models, tmp_path):
    made = adapt(models["Unigram"], NAME, into=tmp_path / "made")
    new = tokens_of(made).keys() - tokens_of(models["Unigram"]).keys()
    assert {"ž", "š"}.isdisjoint("".join(new))
    assert all(token.replace("\u2581", "").isascii() for token in new)
    assert "zh" in new | tokens_of(models["Unigram"]).keys() or "z" in "".join(new)
    assert adaptation_card(made)["facts"]["written_by"].startswith("uconv")


def test_a_language_without_texts_is_refused(models, table):
    with pytest.raises(UnknownName, match="deu"):
        adapt(models["Unigram"], NAME, characters=table, corpus={"nld": dutch("nld", 9)}, keep=("deu",))


def test_byte_pairs_that_mark_the_ends_of_words_are_refused(models, table, tmp_path):
    folder = Path(shutil.copytree(models["BPE"], tmp_path / "model"))
    settings = json.loads((folder / "tokenizer.json").read_text())
    settings["model"]["end_of_word_suffix"] = "</w>"
    (folder / "tokenizer.json").write_text(json.dumps(settings))
    with pytest.raises(BadValue, match="checkpoint: its byte pairs mark the ends of words"):
        adapt(folder, NAME, characters=table)
