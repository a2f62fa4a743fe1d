"""Decoders: likelihoods of continuations and what is written greedily, whatever is read together."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.errors import InputError
from isogloss.lab.byte_tokenizer import write_byte_tokenizer
from isogloss.models.decoder import Decoder, common_beginning, load_decoder
from isogloss.models.generation import generate
from isogloss.models.likelihood import score
from isogloss.models.runtime import metered

torch = pytest.importorskip("torch", reason="needs the extra lab")
transformers = pytest.importorskip("transformers", reason="needs the extra lab")

PROMPTS = ["Text: a fever.\nTopic:", "Text: goal!\nTopic:", "Text: die Ärztin heilt\nTopic:", "Text: match\nTopic:"]
WAYS = [[" health", " sport"], [" health", " sport", " x"], [" 健康"], [" health", " sport"]]
SMALL = {"vocab_size": 258, "bos_token_id": 257, "eos_token_id": 257, "pad_token_id": 256}


def make(kind: str, folder: Path) -> Path:
    """A tiny model with random weights whose tokens are bytes."""
    shape: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, **SMALL}
    with torch.random.fork_rng():
        torch.manual_seed(3)
        match kind:
            case "llama":
                model = transformers.LlamaForCausalLM(transformers.LlamaConfig(intermediate_size=64, **shape))
            case "gpt2":
                positions = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 96}
                model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**positions, **SMALL))
            case "bloom":
                model = transformers.BloomForCausalLM(transformers.BloomConfig(n_layer=2, n_head=2, **shape))
            case "windows":
                windows = {"sliding_window": 24, "intermediate_size": 64, "num_key_value_heads": 2}
                model = transformers.MistralForCausalLM(transformers.MistralConfig(**windows, **shape))
            case "state-space":
                states = {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 4}
                model = transformers.MambaForCausalLM(transformers.MambaConfig(**states, **SMALL))
            case "encoder-decoder":
                sizes = {"d_model": 32, "d_ff": 64, "d_kv": 16, "num_layers": 2, "num_heads": 2}
                config = transformers.T5Config(**sizes, decoder_start_token_id=256, **SMALL)
                model = transformers.T5ForConditionalGeneration(config)
            case "encoder-decoder with positions":
                sizes = {
                    f"{side}_{name}": 2 for side in ("encoder", "decoder") for name in ("layers", "attention_heads")
                }
                inner = {"d_model": 32, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 96}
                config = transformers.BartConfig(**sizes, **inner, decoder_start_token_id=256, **SMALL)
                model = transformers.BartForConditionalGeneration(config)
        for weights in model.parameters():
            torch.nn.init.normal_(weights, std=0.3)  # spread enough that every token matters
    model.save_pretrained(folder)
    write_byte_tokenizer(folder, 0, 96)
    return folder


KINDS = ("llama", "gpt2", "bloom", "windows", "state-space", "encoder-decoder", "encoder-decoder with positions")


@pytest.fixture(scope="module")
def decoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Decoder]:
    """One of each architecture."""
    return {kind: load_decoder(make(kind, tmp_path_factory.mktemp(kind)), "float32") for kind in KINDS}


def by_definition(decoder: Decoder, prompt: str, way: str) -> float:
    """log P(way | prompt) from one pass over one sequence, as the definition has it."""
    first = np.array([257, *prompt.encode()])
    with torch.inference_mode():
        if decoder.is_seq2seq:
            answer = np.array([257, *way.strip().encode()])
            fed = np.concatenate([[256], answer[:-1]])
            logits = decoder.model(
                input_ids=torch.tensor(first)[None], decoder_input_ids=torch.tensor(fed)[None]
            ).logits[0]
        else:
            answer = np.array(list(way.encode()))
            whole = np.concatenate([first, answer])
            logits = decoder.model(input_ids=torch.tensor(whole)[None], use_cache=False).logits[0, len(first) - 1 : -1]
    log = torch.log_softmax(logits.double(), dim=-1)
    return float(log[torch.arange(len(answer)), torch.tensor(answer)].sum())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [True, False])
def test_likelihoods_are_those_of_the_definition(decoders: dict[str, Decoder], kind: str, share: bool) -> None:
    """Batches, padding, what is remembered and how far attention reaches change nothing but rounding."""
    found = score(decoders[kind], PROMPTS, WAYS, max_length=96, share=share)
    expected = [
        by_definition(decoders[kind], prompt, way) for prompt, ways in zip(PROMPTS, WAYS, strict=True) for way in ways
    ]
    assert np.abs(found.sums - expected).max() < 2e-4
    assert found.starts.tolist() == [0, 2, 5, 6, 8]
    assert found.cut == 0


@pytest.mark.parametrize("kind", ["llama", "gpt2", "bloom"])
def test_prompts_that_begin_alike_score_as_if_alone(decoders: dict[str, Decoder], kind: str) -> None:
    """Forty shared tokens are read once; each alone reads them itself."""
    prompts = ["The same demonstrations for all of them. " + prompt for prompt in PROMPTS]
    together = score(decoders[kind], prompts, WAYS, max_length=96)
    alone = [score(decoders[kind], [one], [ways], max_length=96) for one, ways in zip(prompts, WAYS, strict=True)]
    assert np.abs(together.sums - np.concatenate([one.sums for one in alone])).max() < 2e-4


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(len(PROMPTS))))
def test_no_score_depends_on_the_order_of_prompts(decoders: dict[str, Decoder], order: list[int]) -> None:
    plain = score(decoders["llama"], PROMPTS, [[" a", " bc"]] * 4, max_length=96).sums.reshape(4, 2)
    mixed = score(decoders["llama"], [PROMPTS[place] for place in order], [[" a", " bc"]] * 4, max_length=96)
    assert np.abs(plain[order] - mixed.sums.reshape(4, 2)).max() < 2e-4


def test_scores_are_given_by_token_and_by_character_too(decoders: dict[str, Decoder]) -> None:
    """健康 is a space and six bytes in tokens, two characters."""
    found = score(decoders["llama"], PROMPTS[2:3], WAYS[2:3], max_length=96)
    assert (found.tokens.tolist(), found.characters.tolist()) == ([7], [2])
    assert found.normalised("tokens")[0] == pytest.approx(found.sums[0] / 7)
    assert found.normalised("characters")[0] == pytest.approx(found.sums[0] / 2)
    assert found.normalised("sum")[0] == found.sums[0]


def test_what_is_read_is_counted(decoders: dict[str, Decoder]) -> None:
    """A prompt of 21 bytes and what stands before texts, once for all; then all of a way but its last token."""
    with metered() as shared:
        score(decoders["llama"], PROMPTS[:1], [[" abc", " de"]], max_length=96)
    with metered() as alone:
        score(decoders["llama"], PROMPTS[:1], [[" abc", " de"]], max_length=96, share=False)
    prompt = 1 + len(PROMPTS[0])
    assert (shared["tokens"], alone["tokens"]) == (prompt + 3 + 2, 2 * prompt + 3 + 2)
    assert shared["flops"] < alone["flops"]


def test_bfloat16_is_near(tmp_path: Path, decoders: dict[str, Decoder]) -> None:
    folder = make("llama", tmp_path)
    half = score(load_decoder(folder, "bfloat16"), PROMPTS, WAYS, max_length=96)
    whole = score(decoders["llama"], PROMPTS, WAYS, max_length=96)
    assert np.abs(half.sums / whole.sums - 1).max() < 0.05


def test_prompts_that_are_too_long_lose_their_beginning(decoders: dict[str, Decoder]) -> None:
    """GPT-2 here has 96 positions: the last of the prompt's tokens are kept, after what every text begins with."""
    prompt = "x" * 300 + PROMPTS[0]
    found = score(decoders["gpt2"], [prompt, PROMPTS[1]], [[" health", " sport"]] * 2, max_length=500)
    assert found.cut == 1
    shorter = prompt[-(96 - 1 - len(" health")) :]
    assert found.sums[0] == pytest.approx(by_definition(decoders["gpt2"], shorter, " health"), abs=2e-4)


def test_ways_are_scored_after_the_same_tokens(tmp_path: Path) -> None:
    """Where a tokenizer joins prompt and way, all ways are scored from before the joint: they stay comparable."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {token: place for place, token in enumerate([*"abcd", "bc", "<s>"])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[("b", "c")]))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.WhitespaceSplit(), decoders.Fuse()
    folder = make("llama", tmp_path)
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>").save_pretrained(folder)
    load_decoder.__globals__["load_tokenizer"].cache_clear()
    decoder = load_decoder(folder, "float32")
    found = score(decoder, ["ab"], [["c", "d"]], max_length=96)
    assert found.tokens.tolist() == [1, 2]  # a | bc, and a | b d
    model = decoder.model
    with torch.inference_mode():
        log = torch.log_softmax(model(input_ids=torch.tensor([[0, 1]])).logits[0].double(), dim=-1)
    assert found.sums == pytest.approx([float(log[0, 4]), float(log[0, 1] + log[1, 3])], abs=1e-4)


def test_a_way_without_tokens_is_refused(decoders: dict[str, Decoder]) -> None:
    with pytest.raises(InputError, match="nothing is left of ''"):
        score(decoders["llama"], ["a"], [["b", ""]], max_length=96)


def test_prompts_to_encoders_are_cut_to_their_positions(decoders: dict[str, Decoder]) -> None:
    """The last 96 tokens are read, whatever the length of answers."""
    decoder = decoders["encoder-decoder with positions"]
    found = score(decoder, ["x" * 300], [[" health"]], max_length=500)
    assert found.cut == 1
    assert generate(decoder, ["x" * 300], max_new=3, stop=(), max_length=500)


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=30), min_size=2, max_size=6), st.integers(0, 20))
def test_what_is_shared_is_what_all_begin_with(tails: list[list[int]], common: int) -> None:
    prompts = [np.array([7] * common + tail) for tail in tails]
    shared = common_beginning(prompts)
    assert all(len(prompt) > shared for prompt in prompts)
    assert all(np.array_equal(prompt[:shared], prompts[0][:shared]) for prompt in prompts)
    assert shared == 0 or shared >= 8


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_writing_takes_the_likeliest_token_each_time(decoders: dict[str, Decoder], kind: str) -> None:
    """In batches as alone, and as reading everything anew for each token would have it."""
    decoder = decoders[kind]
    found = generate(decoder, PROMPTS, max_new=6, stop=(), max_length=96)
    assert found == [generate(decoder, [one], max_new=6, stop=(), max_length=96)[0] for one in PROMPTS]
    for prompt, answer in zip(PROMPTS, found, strict=True):
        assert answer == greedy(decoder, prompt, 6)


def greedy(decoder: Decoder, prompt: str, tokens: int) -> str:
    first, written = [257, *prompt.encode()], [256] if decoder.is_seq2seq else []
    with torch.inference_mode():
        for _ in range(tokens):
            if decoder.is_seq2seq:
                fed = {"input_ids": torch.tensor([first]), "decoder_input_ids": torch.tensor([written])}
            else:
                fed = {"input_ids": torch.tensor([first + written])}
            written.append(int(decoder.model(**fed, use_cache=False).logits[0, -1].argmax()))
            if written[-1] == 257:
                break
    return str(decoder.tokenizer.decode(written, skip_special_tokens=True)).strip()


def test_answers_end_before_a_stop(decoders: dict[str, Decoder]) -> None:
    whole = generate(decoders["llama"], PROMPTS[:1], max_new=12, stop=(), max_length=96)[0]
    middle = whole[len(whole) // 2]
    found = generate(decoders["llama"], PROMPTS[:1], max_new=12, stop=(middle,), max_length=96)[0]
    assert found == whole[: whole.find(middle)].strip()


def test_an_encoder_is_refused_in_one_line(checkpoint: Path, tmp_path: Path) -> None:
    """Without a head for it, and with one: it looks ahead."""
    with pytest.raises(InputError, match=r"lacks .* weights, such as cls"):
        load_decoder(checkpoint, "float32")
    shutil.copytree(checkpoint, tmp_path, dirs_exist_ok=True)
    # Weights as large as learnt ones: next to nothing comes of looking ahead with those that models are born with.
    config = transformers.BertConfig.from_pretrained(checkpoint, initializer_range=0.5)
    transformers.BertForMaskedLM(config).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="is not a causal model: it cannot generate"):
        load_decoder(tmp_path, "float32")


@pytest.mark.parametrize("spoilt", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_corrupt_decoder_is_refused_in_one_line(tmp_path: Path, spoilt: str) -> None:
    folder = make("llama", tmp_path)
    (folder / spoilt).write_bytes((folder / spoilt).read_bytes()[:100])
    with pytest.raises(InputError) as caught:
        load_decoder(folder, "float32")
    assert "cannot be read" in str(caught.value)
    assert "\n" not in str(caught.value)
