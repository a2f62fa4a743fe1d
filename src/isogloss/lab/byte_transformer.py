"""A small transformer over bytes, trained from scratch, for studies in which everything a model has read is known."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from isogloss.errors import BadValue
from isogloss.files import atomic_folder, atomic_write
from isogloss.lab.byte_tokenizer import MOST_COPIES, Integers, clone_ids, vocabulary_size, write_byte_tokenizer
from isogloss.models.checkpoints import load_tokenizer
from isogloss.models.runtime import adamw, device, start_torch, threads_restored
from isogloss.progress import Progress, steps

if TYPE_CHECKING:
    import polars as pl

RECORD = "pretraining.json"

Count = Annotated[int, Gt(0)]


@dataclass(frozen=True)
class ByteTransformer:
    """Shape and training of a byte transformer.

    Parameters
    ----------
    layers, width, heads : int, default 4, 128 and 4
        The inner layers are four times as wide.
    context : int, default 256
        Bytes that it sees at once.
    copies : int, default 0
        How many copies of languages have tokens of their own, see `clone_text`.
    clone_share : float, default 0
        Share of the stretches that are read in the first copy of their language, each by chance; what is in a copy
        already stays there.
    clone_share_end : float, optional
        The same at the last step, with a straight line between; by default as at the first.
    steps : int, default 1000
        Of gradient descent.
    batch_size : int, default 16
        Stretches of `context` bytes in a step.
    learning_rate : float, default 2e-3
        The highest, of AdamW.
    warmup : float, default 0.1
        Share of the steps in which the learning rate rises; then it falls linearly to 0.
    weight_decay : float, default 0.1
        Of AdamW.
    held_out : float, default 0.05
        Share of the texts that are not learnt from, but told how well the model does on.
    seed : int, default 0
        Of the weights to begin with, of which texts are held out, and of the stretches that steps learn from.

    Notes
    -----
    A decoder with rotary positions, gated inner layers and root-mean-square norms (Touvron et al. 2023), whose
    input and output embeddings are one.
    """

    layers: Count = 4
    width: Count = 128
    heads: Count = 4
    context: Count = 256
    copies: Annotated[int, Ge(0), Le(MOST_COPIES)] = 0
    clone_share: Annotated[float, Ge(0), Le(1)] = 0.0
    clone_share_end: Annotated[float, Ge(0), Le(1)] | None = None
    steps: Count = 1000
    batch_size: Count = 16
    learning_rate: Annotated[float, Gt(0), Lt(1)] = 2e-3
    warmup: Annotated[float, Ge(0), Lt(1)] = 0.1
    weight_decay: Annotated[float, Ge(0), Lt(1)] = 0.1
    held_out: Annotated[float, Gt(0), Lt(1)] = 0.05
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        """Check every parameter, because they come from files."""
        from isogloss.config import check_fields

        check_fields(self)
        if self.width % self.heads or self.width // self.heads % 2:
            raise BadValue(
                f"{self.heads} heads do not divide a width of {self.width} evenly",
                hint="width must be an even number times heads",
            )
        if self.cloned(0) + self.cloned(1) and not self.copies:
            raise BadValue("a share of stretches in a copy, and no copy", hint="give copies = 1")

    def cloned(self, part: float) -> float:
        """Share of the stretches in the first copy after a part of the steps, from 0 to 1."""
        last = self.clone_share if self.clone_share_end is None else self.clone_share_end
        return self.clone_share + part * (last - self.clone_share)


@dataclass(frozen=True)
class Pretrained:
    """What came of pretraining.

    Attributes
    ----------
    parameters : int
    texts, tokens : int
        How many were learnt from; tokens are bytes, and one per text for what stands between them.
    passes : float
        How often each token was seen, on average.
    bits_per_byte_before, bits_per_byte : float
        On the texts held out, before and after training.
    seconds : float
        Wall time.
    """

    parameters: int
    texts: int
    tokens: int
    passes: float
    bits_per_byte_before: float
    bits_per_byte: float
    seconds: float

    def table(self) -> pl.DataFrame:
        """One row with all of it."""
        import polars as pl

        return pl.DataFrame([asdict(self)])


def pretrain(
    texts: Iterable[str], into: str | Path, shape: ByteTransformer | None = None, *, progress: Progress | None = None
) -> Pretrained:
    """Train a byte transformer on texts and write it as a checkpoint.

    Parameters
    ----------
    texts : iterable of str
        Empty ones are left out.
    into : str or pathlib.Path
        Folder that is made, once all is done: weights as safetensors, configuration and tokenizer as transformers
        reads them, and `pretraining.json`, with all that decides the weights and what came of it. Any recipe can take
        it as its checkpoint.
    shape : ByteTransformer, optional
        By default one with all parameters at their defaults.
    progress : Progress, optional
        Told how many steps are done.

    Returns
    -------
    Pretrained

    Raises
    ------
    BadFile
        If the folder holds something already or cannot be written to.
    BadValue
        If there is too little text.

    Notes
    -----
    Texts are shuffled and put in one row; a step learns from stretches of it that begin anywhere. On a processor
    the same texts and parameters give the same weights to the last bit.
    """
    with atomic_folder(Path(into)) as folder:
        return _pretrain([text for text in texts if text.strip()], folder, shape or ByteTransformer(), progress)


def _pretrain(kept: list[str], folder: Path, shape: ByteTransformer, progress: Progress | None) -> Pretrained:
    torch = start_torch()
    write_byte_tokenizer(folder, shape.copies, shape.context)
    chance = np.random.default_rng(shape.seed)
    order = chance.permutation(len(kept))
    aside = max(1, round(shape.held_out * len(kept)))
    tried, learnt = ([kept[place] for place in some] for some in (order[:aside], order[aside:]))
    rows = [_in_one_row(folder, some) for some in (tried, learnt)]
    if min(map(len, rows)) < 2 or len(rows[1]) <= shape.context:
        raise BadValue(
            f"{len(kept)} texts of {sum(map(len, rows))} bytes are too little to learn from and to hold some out",
            hint=f"there must be two texts, and more than {shape.context} bytes",
        )
    began = time.perf_counter()
    with threads_restored(), _seeded(torch, shape.seed):
        model = _new_model(shape)
        before = bits_per_byte(model, rows[0], shape.context)
        _train(model, rows[1], shape, chance, progress)
        after = bits_per_byte(model, rows[0], shape.context)
    model.save_pretrained(folder)
    found = Pretrained(
        sum(one.numel() for one in model.parameters()), len(learnt), len(rows[1]),
        shape.steps * shape.batch_size * shape.context / len(rows[1]), before, after,
        round(time.perf_counter() - began, 1),
    )  # fmt: skip
    digest = hashlib.sha256("\n".join(kept).encode("utf-8", "surrogatepass")).hexdigest()
    record = {"shape": asdict(shape), "texts_sha256": digest, **asdict(found)}
    atomic_write(folder / RECORD, lambda path: path.write_text(json.dumps(record, indent=1), encoding="utf-8"))
    return found


def bits_per_byte(model: Any, row: Integers, context: int) -> float:
    """Mean of -log2 of the probability of each token given those before it, in stretches of `context`."""
    torch = start_torch()
    from torch.nn.functional import cross_entropy

    total, counted = 0.0, 0
    with torch.inference_mode():
        for first in range(0, len(row) - 1, context):
            ids = torch.from_numpy(row[first : first + context + 1]).to(device())
            logits = model(input_ids=ids[None, :-1]).logits[0].float()
            total += float(cross_entropy(logits, ids[1:], reduction="sum"))
            counted += len(ids) - 1
    return total / counted / float(np.log(2))


def _in_one_row(folder: Path, texts: Sequence[str]) -> Integers:
    """Tokens of all texts one after the other, each after the token that stands between texts."""
    cut = load_tokenizer(folder)(list(texts), return_attention_mask=False)["input_ids"] if texts else []
    return np.concatenate([np.array(ids, np.int64) for ids in cut]) if cut else np.empty(0, np.int64)


@contextmanager
def _seeded(torch: Any, seed: int) -> Iterator[None]:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def _new_model(shape: ByteTransformer) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    configuration = LlamaConfig(
        vocab_size=vocabulary_size(shape.copies), hidden_size=shape.width, num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads, num_key_value_heads=shape.heads, intermediate_size=4 * shape.width,
        max_position_embeddings=shape.context, tie_word_embeddings=True,
        pad_token_id=256, bos_token_id=257, eos_token_id=257,
    )  # fmt: skip
    model: Any = LlamaForCausalLM(configuration)
    return model.to(device()).eval()


def _train(
    model: Any, row: Integers, shape: ByteTransformer, chance: np.random.Generator, progress: Progress | None
) -> None:
    torch = start_torch()
    from torch.nn.functional import cross_entropy

    optimizer, schedule = adamw(
        list(model.parameters()), learning_rate=shape.learning_rate, weight_decay=shape.weight_decay,
        warmup=shape.warmup, steps=shape.steps, betas=(0.9, 0.95),
    )  # fmt: skip
    model.train()
    clones = bool(shape.cloned(0) + shape.cloned(1))  # else no chance is drawn, and weights are what they always were
    for step in steps("steps", range(shape.steps), progress):
        firsts = chance.integers(0, len(row) - shape.context, shape.batch_size)
        stretches = row[firsts[:, None] + np.arange(shape.context + 1)]
        if clones:
            chosen = chance.random(shape.batch_size) < shape.cloned(step / max(1, shape.steps - 1))
            stretches = np.where(chosen[:, None], clone_ids(stretches), stretches)
        ids = torch.from_numpy(stretches).to(device())
        logits = model(input_ids=ids[:, :-1]).logits
        loss = cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    model.eval()
