"""A planted world of two languages: the same sentences, word by word, in letters that the other has not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from tests.lab.adaptation.conftest import tokenizer_of

from isogloss.lab import adapt

COPY = "enm"
NOUNS = {
    "people": "doctor farmer king baker sailor nurse".split(),
    "places": "river town hospital house garden road".split(),
}
VERBS = "sees finds builds loves paints sells".split()
KINDS = "old small red kind big poor".split()
CIPHER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "NOPQRSTUVWXYZABCDEFGHIJKLM")


def copied(text: str) -> str:
    """A text in the other language: every letter is a capital of another letter."""
    return text.translate(CIPHER)


def sentences(count: int, seed: int) -> list[str]:
    """So many different sentences."""
    chance = random.Random(seed)
    nouns = [one for some in NOUNS.values() for one in some]
    found: dict[str, None] = {}
    while len(found) < count:
        words = [chance.choice(some) for some in (KINDS, nouns, VERBS, KINDS, nouns)]
        found["the {} {} {} the {} {}".format(*words)] = None
    return list(found)


def shuffled(texts: Sequence[str]) -> list[str]:
    """The same texts in an order that pairs none of them with itself."""
    return [*texts[1:], *texts[:1]]


KIN = ("spa", "por", "deu", "nld", "ces", "slk")
"""Codes of six languages, each two of which are kin."""


def related(count: int, seed: int, shared: float, *, parallel: bool = False) -> dict[str, list[str]]:
    """Sentences of six languages of made-up words, of which kin have a share in common, and others none.

    Parameters
    ----------
    count : int
        Of each language.
    seed : int
        Of words and sentences.
    shared : float
        Share of the words of a language that its kin has too.
    parallel : bool
        Whether the sentences of all are translations of one another; else each language has its own.
    """

    def word(text: str, place: int) -> str:
        own = random.Random(f"{seed} {text} {place // 2}").random() >= shared
        chance = random.Random(f"{seed} {text} {place if own else f'family {place // 2}'}")
        return "".join(chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(3))

    return {
        code: [
            " ".join(word(one, place) for one in text.split())
            for text in sentences(count, 999 + seed if parallel else 10 * seed + place)
        ]
        for place, code in enumerate(KIN)
    }


def untrained(
    kind: str, folder: Path, *, layers: int = 2, width: int = 32, seed: int = 3, texts: Sequence[str] = (),
    tokens: int = 320,
) -> Path:  # fmt: skip
    """A decoder, or a model of hidden words, with random weights and tokens for the words of texts.

    By default those of both languages.
    """
    import torch
    import transformers

    both = sentences(200, 0)
    shape = {
        "vocab_size": tokenizer_of(folder, list(texts) or [*both, *map(copied, both)], tokens), "hidden_size": width,
        "num_hidden_layers": layers, "num_attention_heads": 2, "intermediate_size": 2 * width,
        "max_position_embeddings": 64, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
    }  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if kind == "decoder":
            transformers.LlamaForCausalLM(transformers.LlamaConfig(**shape)).save_pretrained(folder)
        else:
            transformers.BertForMaskedLM(transformers.BertConfig(**shape)).save_pretrained(folder)
    return folder


def trained(kind: str, folder: Path, *, steps: int = 100, seed: int = 0) -> Path:
    """The same, which has read sentences of both languages that are no translations of one another."""
    texts = {"eng": sentences(200, 0), COPY: [copied(one) for one in sentences(200, 1)]}
    size = {"length": 32, "batch_size": 16}
    return adapt(
        untrained(kind, folder / "untrained", seed=3 + seed), "continued-pretraining", corpus=texts, seed=seed,
        into=folder / "trained", tokens=steps * 32 * 16, learning_rate=3e-3, parts=1, measured=0, measure=False, **size,
    )  # fmt: skip
