"""A planted world of letters: a decoder that knows one language, and encoders that know a copy of it too, or not."""

from __future__ import annotations

import random
from pathlib import Path

from tests.lab.checkpoints import make_decoder, make_seq2seq

from isogloss.lab import Corpus, tasks
from isogloss.lab.byte_tokenizer import clone_text

LABELS, HALVES = ["n", "y"], ("abcdefgh", "ijklmnop")


def draw(chance: random.Random, length: int = 4) -> tuple[str, int]:
    """Letters of one half of the alphabet, and which half it is."""
    half = chance.randint(0, 1)
    return "".join(chance.choices(HALVES[half], k=length)), half


def make_world(folder: Path) -> Path:
    """A folder with `decoder`, which has read texts with their halves; encoders `aligned` and `apart`; and tables."""
    import torch
    from transformers import AutoModelForCausalLM

    chance = random.Random(0)
    model = AutoModelForCausalLM.from_pretrained(make_decoder(folder / "decoder"))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(80):
        drawn = [draw(chance, chance.randint(1, 9)) for _ in range(32)]
        rows = [[*f"{text} = {LABELS[half]}".encode(), 257] for text, half in drawn]
        ids = torch.tensor([row + [256] * (max(map(len, rows)) - len(row)) for row in rows])
        loss = model(input_ids=ids, labels=ids.masked_fill(ids == 256, -100)).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save_pretrained(folder / "decoder")
    for name, is_aligned in (("aligned", True), ("apart", False)):
        make_seq2seq(folder / name, copies=1, is_aligned=is_aligned)
    texts = [draw(random.Random(place))[0] for place in range(200)]
    pairs = "".join(f"{clone_text(text)}\t{text}\n" for text in texts)
    (folder / "pairs.tsv").write_text(f"text\ttranslation\n{pairs}", encoding="utf-8")
    (folder / "texts.tsv").write_text("\n".join(["text", *texts]), encoding="utf-8")
    return folder


def halves_task(examples: int, tested: int) -> tuple[Corpus, list[int], list[int]]:
    """Examples in English, texts to answer in English and in the copy, and the halves of both."""
    chance = random.Random(3)
    shown, asked = ([draw(chance) for _ in range(count)] for count in (examples, tested))
    texts = [text for text, _ in asked]
    corpus = Corpus(
        [[text for text, _ in shown], []], [texts, [clone_text(text) for text in texts]], ["eng", "deu"],
        tasks.get("text-classification")(), LABELS, ["eng", "deu"],
    )  # fmt: skip
    return corpus, [half for _, half in shown], [half for _, half in asked]
