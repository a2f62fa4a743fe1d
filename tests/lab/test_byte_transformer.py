"""The transformer over bytes: what it learns, which languages share nothing with others, and what is written down."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadFile, InputError
from isogloss.lab import Corpus, Training, read_pretraining, recipes, tasks
from isogloss.lab.byte_tokenizer import clone_text, space_after, vocabulary_size, write_byte_tokenizer
from isogloss.lab.byte_transformer import ByteTransformer, pretrain
from isogloss.models.checkpoints import fingerprint, load_tokenizer
from isogloss.models.decoder import load_decoder
from isogloss.models.encoder import load_encoder_model
from isogloss.models.generation import generate
from isogloss.models.inputs import WordsType, tokenize
from isogloss.models.likelihood import score
from isogloss.models.tokenizers import Tokenizer

pytest.importorskip("torch", reason="needs the extra lab")

TINY = ByteTransformer(layers=2, width=32, heads=2, context=32, steps=180, batch_size=8, learning_rate=1e-2, copies=1)
BARE = ByteTransformer(layers=1, width=8, heads=1, context=16, steps=3, batch_size=2)
CAPITALS = {"France": "Paris", "Italy": "Rome", "Japan": "Tokyo", "Egypt": "Cairo"}


def facts(count: int) -> list[str]:
    """Sentences of which the last word follows from the first."""
    chance = random.Random(1)
    return [f"{land}: {CAPITALS[land]}." for land in chance.choices(sorted(CAPITALS), k=count)]


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer with two copies."""
    folder = tmp_path_factory.mktemp("bytes")
    write_byte_tokenizer(folder, 2, 64)
    return folder


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has read the facts, half of them in a copy of the language."""
    folder = tmp_path_factory.mktemp("pretrained") / "capitals"
    texts = facts(400)
    pretrain([*texts[:200], *map(clone_text, texts[200:])], folder, TINY)
    return folder


@given(text=st.text(st.characters(exclude_categories=["Cs", "Co"]), max_size=40))
def test_tokens_are_bytes(tokenizers: Path, text: str) -> None:
    """In the order of the text, and no text gets lost; characters for private use are those of copies."""
    tokenizer = load_tokenizer(tokenizers)
    ids = tokenizer(text)["input_ids"]
    assert ids == [257, *text.encode()]
    assert tokenizer.decode(ids, skip_special_tokens=True) == text


@given(text=st.text(max_size=40), copy=st.sampled_from([1, 2]))
def test_a_copy_has_the_same_tokens_under_other_names(tokenizers: Path, text: str, copy: int) -> None:
    """As many, in the same order, each 256 or 512 further up: nothing is shared with the language or another copy."""
    tokenizer = load_tokenizer(tokenizers)
    ids = tokenizer(clone_text(text, copy))["input_ids"][1:]
    assert ids == [byte + 258 + 256 * (copy - 1) for byte in text.encode()]
    assert tokenizer.decode(ids) == clone_text(text, copy)


@pytest.mark.parametrize("copy", [0, -1, 300, True, "1"])
def test_a_copy_there_cannot_be_is_refused(copy: object) -> None:
    with pytest.raises(InputError, match="copy must be a whole number from 1 to 255"):
        clone_text("a", copy)  # type: ignore[arg-type]  # that is what is refused


def test_what_was_read_is_expected(pretrained: Path) -> None:
    """Of two capitals the right one is likelier, and it is what is written."""
    decoder = load_decoder(pretrained, "float32")
    lands = sorted(CAPITALS)
    capitals = [f" {CAPITALS[land]}." for land in lands]
    found = score(decoder, [f"{land}:" for land in lands], [capitals] * len(lands), max_length=32)
    assert found.sums.reshape(4, 4).argmax(axis=1).tolist() == [0, 1, 2, 3]
    written = generate(decoder, [f"{land}:" for land in lands], max_new=8, stop=["."], max_length=32)
    assert written == [CAPITALS[land] for land in lands]


def test_a_copy_is_learnt_as_the_language_is(pretrained: Path) -> None:
    decoder = load_decoder(pretrained, "float32")
    ways = [clone_text(f" {CAPITALS[land]}.") for land in sorted(CAPITALS)]
    found = score(decoder, [clone_text(f"{land}:") for land in sorted(CAPITALS)], [ways] * 4, max_length=32)
    assert found.sums.reshape(4, 4).argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_what_was_done_is_written_down(pretrained: Path) -> None:
    """Fewer bits than the eight that a byte has without any knowledge; texts held out are not counted as read."""
    record = json.loads((pretrained / "pretraining.json").read_text())
    assert record["shape"]["copies"] == 1
    assert record["bits_per_byte"] < 1 < 7.5 < record["bits_per_byte_before"]
    assert record["texts"] == 380
    assert record["parameters"] == sum(one.numel() for one in load_decoder(pretrained, "float32").model.parameters())


def test_the_same_texts_and_seed_give_the_same_weights(tmp_path: Path) -> None:
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        pretrain(facts(20), tmp_path / name, ByteTransformer(**{**vars(BARE), "seed": seed}))
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "same") != fingerprint(tmp_path / "other")


def test_states_of_its_tokens_can_be_had(pretrained: Path) -> None:
    """It is a checkpoint as any other, also without its head."""
    model, tokenizer = load_encoder_model(pretrained, "float32"), load_tokenizer(pretrained)
    states = model(**tokenizer("France", return_tensors="pt")).last_hidden_state
    assert states.shape == (1, 7, 32)
    assert model.config.vocab_size == vocabulary_size(1)


@pytest.mark.parametrize(
    ("recipe", "parameters"),
    [
        ("linear-probe", {"layer": 2, "C": 1.0}),
        ("fine-tune", {"epochs": 3, "learning_rate": 3e-3}),
        ("lora", {"epochs": 6, "learning_rate": 1e-2}),
        ("bitfit", {"epochs": 1}),
    ],
)
def test_recipes_for_encoders_can_adapt_it(pretrained: Path, recipe: str, parameters: dict[str, object]) -> None:
    """Trained on facts they tell French capitals from others; biases it has none of, save in the head."""
    texts = facts(60)
    labels = np.array([int("France" in text) for text in texts])
    chosen = recipes.get(recipe).read({"checkpoint": str(pretrained), "max_length": 32, **parameters})
    prepared = chosen.prepare(Corpus([texts[:40]], [texts[40:]], ["eng"]), map)
    fitted = chosen.fit(prepared, Training(np.arange(40), labels[:40], 0, labels_count=2))
    answers = chosen.predict(prepared, fitted)[""]
    if recipe == "bitfit":
        assert set(fitted.arrays) == {"head.weight", "head.bias"}
    else:
        assert (answers == labels[40:]).mean() > 0.9


@pytest.mark.parametrize("copy", [0, 1])
def test_words_stand_in_a_sentence_as_in_a_text(pretrained: Path, copy: int) -> None:
    """With spaces between, in a copy its own; words that bring a space with them get no other one."""

    def put(text: str) -> str:
        return clone_text(text, copy) if copy else text

    found = tokenize([(put("so"), put("be "), put("it"))], Tokenizer(pretrained, 32, space_after), WordsType())
    assert found.sequence(0).tolist() == load_tokenizer(pretrained)(put("so be it"))["input_ids"]


def test_a_decoder_tells_a_word_by_its_last_token(pretrained: Path) -> None:
    """At the others it has not read the word. One that is cut off in the middle has the last of what is left."""
    found = tokenize([("so", "beit"), ("so", "bei", "t")], Tokenizer(pretrained, 7), WordsType())
    assert found.positions.tolist() == [2, 6, 2, 6, -1]


@pytest.mark.parametrize(
    ("recipe", "parameters"), [("linear-probe", {"C": 1.0}), ("fine-tune", {"epochs": 4, "learning_rate": 1e-2})]
)
def test_words_can_be_tagged_by_how_they_end(pretrained: Path, recipe: str, parameters: dict[str, object]) -> None:
    chance = random.Random(2)
    sentences = [tuple(chance.choices(["walks", "walked", "talks", "talked"], k=4)) for _ in range(60)]
    labels = np.array([int(word.endswith("ed")) for sentence in sentences for word in sentence])
    chosen = recipes.get(recipe).read({"checkpoint": str(pretrained), "max_length": 32, **parameters})
    prepared = chosen.prepare(Corpus([sentences[:40]], [sentences[40:]], ["eng"], tasks.get("token-tagging")()), map)
    fitted = chosen.fit(prepared, Training(np.arange(40), labels[:160], 0, labels_count=2))
    assert (chosen.predict(prepared, fitted)[""] == labels[160:]).mean() > 0.9


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"layers": 0}, "layers must be a whole number above 0, not 0"),
        ({"steps": 1.5}, "steps must be a whole number above 0, not 1.5"),
        ({"warmup": 1.0}, "warmup must be a number from 0 up and below 1, not 1.0"),
        ({"held_out": 0}, "held_out must be a number above 0 and below 1, not 0"),
        ({"seed": -1}, "seed must be a whole number from 0 up, not -1"),
        ({"width": 30, "heads": 4}, "4 heads do not divide a width of 30 evenly"),
        ({"width": 12, "heads": 4}, "width must be an even number times heads"),
        ({"copies": 256}, "copies must be a whole number from 0 to 255, not 256"),
    ],
)
def test_shapes_there_cannot_be_are_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as caught:
        ByteTransformer(**{**vars(BARE), **changed})  # type: ignore[arg-type]  # that is what is refused
    assert said in str(caught.value)


def test_too_little_text_and_a_folder_in_use_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="are too little to learn from"):
        pretrain(["a", " "], tmp_path / "new", BARE)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "notes.txt").touch()
    with pytest.raises(InputError, match="is not empty; name a new folder"):
        pretrain(facts(20), tmp_path / "used", BARE)
    with pytest.raises(InputError, match="cannot be made"):
        pretrain(facts(20), tmp_path / "used" / "notes.txt" / "below", BARE)


def test_what_fails_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    """Texts that cannot be read, or are too few: the same folder can be named again."""

    def broken() -> Iterator[str]:
        yield "a text"
        raise BadFile("cannot be read", where="texts.txt")

    for texts in (broken(), ["too little"]):
        with pytest.raises(InputError):
            pretrain(texts, tmp_path / "new", BARE)
        assert not list(tmp_path.iterdir())
    pretrain(facts(20), tmp_path / "new", BARE)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_bits_per_byte_are_those_of_the_definition(pretrained: Path) -> None:
    """Mean of -log2 p over a stretch, each token given those before it."""
    import torch

    from isogloss.lab.byte_transformer import bits_per_byte

    model = load_decoder(pretrained, "float32").model
    row = np.array([257, *b"France: Paris."])
    with torch.inference_mode():
        log = torch.log_softmax(model(input_ids=torch.tensor(row)[None]).logits[0].double(), dim=-1)
    expected = -float(log[torch.arange(len(row) - 1), torch.tensor(row[1:])].mean()) / np.log(2)
    assert bits_per_byte(model, row, 32) == pytest.approx(expected, rel=1e-5)


def write(folder: Path, text: str) -> Path:
    (folder / "lines.txt").write_text("one\ntwo\n\nthree\n")
    (folder / "rows.csv").write_text("lang,said\neng,yes\ndeu,ja\neng,no\n")
    (folder / "bytes.toml").write_text(text)
    return folder / "bytes.toml"


def test_texts_come_from_lines_and_tables(tmp_path: Path) -> None:
    """Some as they are, some in a copy of their language; there are as many copies as they need."""
    path = write(
        tmp_path,
        """[[text]]
file = "lines.txt"
[[text]]
file = "rows.csv"
column = "said"
where = { lang = "eng" }
copy = 2
[model]
layers = 1
""",
    )
    texts, shape = read_pretraining(path)
    assert texts[0].read() == ["one", "two", "", "three"]
    assert texts[1].read() == [clone_text("yes", 2), clone_text("no", 2)]
    assert (shape.layers, shape.copies) == (1, 2)


def test_nonsense_has_the_letters_and_lengths_of_what_it_stands_for(tmp_path: Path) -> None:
    """In the same shares, whatever stood beside them."""
    (tmp_path / "long.txt").write_text("\n".join(["aab " * 50, "c" * 20] * 20))
    path = write(tmp_path, '[text]\nfile = "long.txt"\nnonsense = true\n')
    text = read_pretraining(path)[0][0]
    found = text.read(1)
    assert found == text.read(1) != text.read(2)
    assert list(map(len, found)) == [200, 20] * 20
    shares = {letter: "".join(found).count(letter) / 4400 for letter in "abc "}
    assert shares == pytest.approx({"a": 2000 / 4400, "b": 1000 / 4400, "c": 400 / 4400, " ": 1000 / 4400}, abs=0.03)
    assert "aab aab" not in found[0]


def test_words_of_a_text_can_be_in_the_language_or_in_its_copy(tmp_path: Path) -> None:
    """Each by chance, with the space after it; put back they are the text."""
    (tmp_path / "long.txt").write_text("so be it \n" * 100)
    found = read_pretraining(write(tmp_path, '[text]\nfile = "long.txt"\ncopy = 1\nshare = 0.2\n'))[0][0].read(3)
    ways = {"so ": clone_text("so "), "be ": clone_text("be "), "it ": clone_text("it ")}
    assert 0.1 < np.mean([ways["be "] in text for text in found]) < 0.3
    for word, copy in ways.items():
        assert len({copy in text for text in found}) == 2
        found = [text.replace(copy, word) for text in found]
    assert found == ["so be it "] * 100


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no text"),
        ('[text]\nfile = "lines.txt"\nclone = 1', "unknown key 'clone'"),
        ('[text]\nfile = "lines.txt"\ncopy = -1', "copy must be a whole number from 0 up, not -1"),
        ('[text]\nfile = "lines.txt"\ncopy = 1\nshare = 0', "share must be a number above 0 and at most 1, not 0"),
        ('[text]\nfile = "lines.txt"\nshare = 0.5', "share without a copy"),
        ('[text]\nfile = "lines.txt"\nnonsense = 1', "nonsense must be true or false, not 1"),
        ('[text]\nfile = "lines.txt"\n[model]\nlayer = 1', "unknown key 'layer'; did you mean 'layers'?"),
        ('[text]\nfile = "lines.txt"\n[model]\nlayers = 0', "[model]: layers must be a whole number above 0, not 0"),
        ("[text", "is not TOML"),
        ('[text]\nfile = "none.txt"', "none.txt: no such file"),
        ('[text]\nfile = "rows.csv"', "unknown column 'text'"),
        ('[text]\nfile = "rows.csv"\ncolumn = "said"\nwhere = { lang = "fra" }', "no row with lang = fra"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        [texts.read() for texts in read_pretraining(path)[0]]
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_command_makes_a_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from isogloss.cli import main

    (tmp_path / "facts.txt").write_text("\n".join(facts(30)))
    shape = "\n".join(f"{name} = {value}" for name, value in vars(BARE).items() if value is not None)
    path = write(tmp_path, f'[text]\nfile = "facts.txt"\n[model]\n{shape}\n')
    monkeypatch.setattr(
        "sys.argv", ["isogloss", "lab", "pretrain", str(path), "--into", str(tmp_path / "model"), "--json"]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    (found,) = json.loads(capsys.readouterr().out)["tables"]["pretraining"]
    assert found["texts"] == 28
    assert load_decoder(tmp_path / "model", "float32").limit == 16
