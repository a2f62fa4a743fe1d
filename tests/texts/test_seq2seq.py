"""Translating with an encoder-decoder: the likeliest token after the likeliest, in the language that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from isogloss.errors import BadValue, InputError
from isogloss.texts.translators import Passage, read_translator

torch = pytest.importorskip("torch", reason="needs the extra lab")
transformers = pytest.importorskip("transformers", reason="needs the extra lab")

TEXTS = ["the doctor cures", "fever", "the goalkeeper plays football in a big match", "small river"]
WORDS = " ".join(TEXTS).split()
LANGUAGES = ["eng_Latn", "spa_Latn", "hin_Deva"]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of the kind of NLLB with random weights, whose tokens are words and languages."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    folder = tmp_path_factory.mktemp("seq2seq")
    pieces = list(dict.fromkeys(["<s>", "<pad>", "</s>", "<unk>", *WORDS, *LANGUAGES]))
    tokenizer = Tokenizer(models.WordLevel({piece: place for place, piece in enumerate(pieces)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    fast.save_pretrained(folder)
    sides = {f"{side}_{name}": 2 for side in ("encoder", "decoder") for name in ("layers", "attention_heads")}
    widths = {"d_model": 32, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 64}
    marks = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2}
    configuration = transformers.M2M100Config(vocab_size=len(pieces), **sides, **widths, **marks)
    with torch.random.fork_rng():
        torch.manual_seed(4)
        model = transformers.M2M100ForConditionalGeneration(configuration)
        for weights in model.parameters():
            torch.nn.init.normal_(weights, std=0.3)
    model.save_pretrained(folder)
    return folder


def translator(folder: Path, **parameters: Any) -> Any:
    return read_translator({"name": "seq2seq", "checkpoint": str(folder), "max_length": 12, **parameters})


def by_transformers(checkpoint: Path, text: str, into: str) -> str:
    """What the library itself makes of one text, without sampling and with one beam."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
    model = transformers.M2M100ForConditionalGeneration.from_pretrained(checkpoint).eval()
    ids = tokenizer(text, return_tensors="pt")
    forced = tokenizer.convert_tokens_to_ids(into)
    options = {"num_beams": 1, "do_sample": False, "forced_bos_token_id": forced, "max_new_tokens": 13}
    written = model.generate(input_ids=ids["input_ids"], attention_mask=ids["attention_mask"], **options)
    # The first two say where a translation starts and its language; that it ends is no part of it either.
    return str(tokenizer.decode(written[0, 2:], skip_special_tokens=True))


def test_translations_are_those_of_transformers_one_by_one(checkpoint: Path) -> None:
    """As many as there are texts, in their order, whatever they are translated together with."""
    found = translator(checkpoint).translate([Passage(text) for text in TEXTS], "eng", "spa")
    assert found == [by_transformers(checkpoint, text, "spa_Latn") for text in TEXTS]
    assert found == [translator(checkpoint).translate([Passage(text)], "eng", "spa")[0] for text in TEXTS]
    assert any(found)


def test_the_language_that_is_asked_for_decides_the_translation(checkpoint: Path) -> None:
    given = [Passage(text) for text in TEXTS]
    into = {language: translator(checkpoint).translate(given, "eng", language) for language in ("spa", "hin")}
    assert into["spa"] != into["hin"]


def test_languages_without_a_token_are_named(checkpoint: Path) -> None:
    translator(checkpoint).check([("eng", "spa"), ("hin", "eng")])
    with pytest.raises(InputError, match=r"has no token for cat \(looked for cat, cat_Latn, __cat__\).*codes = "):
        translator(checkpoint).check([("eng", "cat")])
    translator(checkpoint, codes={"cat": "spa_Latn"}).check([("eng", "cat")])


def test_of_texts_that_are_too_long_the_end_is_left_out(checkpoint: Path) -> None:
    short, long = (Passage(" ".join(WORDS[:count])) for count in (12, 13))
    assert translator(checkpoint).translate([short], "eng", "spa") == translator(checkpoint).translate(
        [long], "eng", "spa"
    )


def test_models_of_one_pair_say_which(checkpoint: Path) -> None:
    one = translator(checkpoint, pairs=["en-es"])
    one.check([("eng", "spa")])
    with pytest.raises(InputError, match="translates en-es, not from spa into eng"):
        one.check([("spa", "eng")])
    assert len(one.translate([Passage("fever")], "eng", "spa")) == 1


def test_the_content_of_the_checkpoint_decides_which_translations_are_kept(checkpoint: Path) -> None:
    """Its place does not, but what is translated together does, as sums round differently in other batches."""
    assert "checkpoint" not in translator(checkpoint).identity["parameters"]
    assert translator(checkpoint).identity != translator(checkpoint, batch_size=4).identity
    assert translator(checkpoint).describe("eng", "spa").startswith(f"{checkpoint.name} ")


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"checkpoint": ""}, "needs a checkpoint"),
        ({"codes": ["spa_Latn"]}, "codes must be a table"),
        ({"pairs": ["eng"]}, "pairs must be a list"),
        ({"prefix": 1}, "prefix must be text"),
        ({"batch_size": 0}, "batch_size must be"),
    ],
)
def test_bad_parameters_are_refused(checkpoint: Path, parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(BadValue, match=said):
        translator(checkpoint, **parameters)
