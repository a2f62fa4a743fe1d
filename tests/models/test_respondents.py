"""Respondents on this machine: decoders, chats and masked models behind one door, and what is kept of them."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest
from tests.lab.checkpoints import make_checkpoint, make_decoder

from isogloss.errors import BadFile, BadValue, InputError
from isogloss.models import load_decoder, score
from isogloss.models.inputs import Choice, Cloze
from isogloss.models.respondents import Meter, RunSettings, ask, open_respondent

pytest.importorskip("torch", reason="needs the extra lab")

TEMPLATE = "{% for turn in messages %}{{ turn.role }}: {{ turn.content }}\n{% endfor %}assistant: "


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_decoder(tmp_path_factory.mktemp("own") / "bytes")


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT with its head."""
    import torch
    from transformers import BertConfig, BertForMaskedLM

    folder = make_checkpoint(tmp_path_factory.mktemp("masked") / "bert")
    torch.manual_seed(7)
    BertForMaskedLM(BertConfig.from_pretrained(folder)).save_pretrained(folder)
    return folder


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path))


def test_a_candidate_is_scored_with_what_stands_after_its_slot(folder: Path) -> None:
    (found,) = ask(open_respondent(str(folder), RunSettings(normalise="sum")), "score",
                   [Cloze("The <mask> sleeps.", ("cat", "dog"))])  # fmt: skip
    decoder = load_decoder(folder)
    expected = score(decoder, ["The"], [[" cat sleeps.", " dog sleeps."]], max_length=100).sums
    assert found == pytest.approx(expected, abs=1e-4)


def test_a_chat_asks_in_a_turn_of_the_user(folder: Path, tmp_path: Path) -> None:
    chat = tmp_path / "chat"
    shutil.copytree(folder, chat)
    (chat / "chat_template.jinja").write_text(TEMPLATE)
    respondent = open_respondent(str(chat), RunSettings(form="chat", system="Be brief.", normalise="sum"))
    (found,) = ask(respondent, "score", [Choice("Which? ", ("a", "b"))])
    prompt = "system: Be brief.\nuser: Which?\nassistant: "
    assert found == pytest.approx(score(load_decoder(chat), [prompt], [["a", "b"]], max_length=200).sums, abs=1e-4)
    with pytest.raises(InputError, match="has no chat template"):
        ask(open_respondent(str(folder), RunSettings(form="chat")), "score", [Choice("Which? ", ("a", "b"))])


def test_a_masked_model_hides_every_token_of_a_candidate_at_once(masked: Path) -> None:
    """Against the definition: log-probabilities of the candidate's tokens where all of them are masks."""
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    cloze = Cloze("the <mask> sees a goalkeeper.", ("doctor", "bank bat"))
    (found,) = ask(open_respondent(str(masked), RunSettings(normalise="tokens")), "score", [cloze])
    tokenizer, model = AutoTokenizer.from_pretrained(masked), AutoModelForMaskedLM.from_pretrained(masked)
    for choice, value in zip(cloze.choices, found, strict=True):
        truth = tokenizer(choice, add_special_tokens=False)["input_ids"]
        text = f"the {' '.join(['[MASK]'] * len(truth))} sees a goalkeeper."
        ids = torch.tensor([tokenizer(text)["input_ids"]])
        with torch.inference_mode():
            shares = torch.log_softmax(model(ids).logits[0], -1)
        at = torch.nonzero(ids[0] == tokenizer.mask_token_id)[:, 0]
        expected = sum(float(shares[place, token]) for place, token in zip(at, truth, strict=True)) / len(truth)
        assert value == pytest.approx(expected, abs=1e-4)
    assert len(tokenizer("bank bat", add_special_tokens=False)["input_ids"]) > 1


def test_masked_models_put_the_slot_at_the_end_where_there_is_none(masked: Path) -> None:
    one = open_respondent(str(masked))
    assert ask(one, "score", [Choice("the doctor sees a ", ("river", "bank"))]) == ask(
        one, "score", [Cloze("the doctor sees a <mask>", ("river", "bank"))]
    )
    with pytest.raises(BadValue, match="a masked model writes no replies; give every item its choices"):
        ask(one, "write", ["the doctor"])


def test_an_encoder_without_its_head_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="has no head for hidden words; choose a masked model with its head"):
        ask(open_respondent(str(make_checkpoint(tmp_path / "bert"))), "score", [Choice("the ", ("doctor", "bank"))])


def test_answers_are_the_same_to_the_last_bit_whether_they_were_kept_or_not(folder: Path, tmp_path: Path) -> None:
    prompts = [Choice(f"{'word ' * (number % 7)}number {number} is ", ("odd", "even")) for number in range(70)]
    meter = Meter()
    first = ask(open_respondent(str(folder)), "score", prompts, meter=meter)
    again = ask(open_respondent(str(folder)), "score", prompts, meter=meter)
    assert first == again
    assert (meter.prompts, meter.kept) == (140, 70)
    assert meter.tokens_in > 0
    assert meter.cost is None
    longer = ask(open_respondent(str(folder)), "score", prompts[:32] + prompts[:1], meter=(other := Meter()))
    assert (longer[:32], other.kept) == (first[:32], 32)
    assert all(math.isclose(one, two, abs_tol=1e-4) for one, two in zip(longer[32], first[0], strict=True))


def test_other_settings_are_other_answers(folder: Path) -> None:
    prompt = [Choice("The sky is ", ("blue", "green grass"))]
    by = {name: ask(open_respondent(str(folder), RunSettings(normalise=name)), "score", prompt)[0]
          for name in ("sum", "tokens", "characters")}  # fmt: skip
    assert by["tokens"] == pytest.approx([by["sum"][0] / 5, by["sum"][1] / 12], abs=1e-6)  # bytes, with the space
    assert by["characters"] == pytest.approx([by["sum"][0] / 4, by["sum"][1] / 11], abs=1e-6)


def test_a_damaged_file_of_answers_is_named(folder: Path, tmp_path: Path) -> None:
    prompt = [Choice("The sky is ", ("blue", "green"))]
    ask(open_respondent(str(folder)), "score", prompt)
    (kept,) = tmp_path.glob("replies/*.sqlite")
    kept.write_bytes(b"no database" * 1000)
    with pytest.raises(BadFile, match="answers cannot be kept: file is not a database; delete it"):
        ask(open_respondent(str(folder)), "score", prompt)


def test_no_such_model() -> None:
    with pytest.raises(InputError, match="no such folder"):
        open_respondent("nowhere/at-all")
