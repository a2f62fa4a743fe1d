"""How well a model expects texts, text by text: bits per byte of decoders and of models of hidden words.

An encoder without a head expects nothing; of it, the distance between its sentence vectors and those of the checkpoint
before is measured.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from isogloss.lab.adaptation import Texts
from isogloss.lab.adaptation.objectives.restoring import answer_tokens, restored
from isogloss.lab.adaptation.texts import size
from isogloss.models.checkpoints import configuration, is_causal, is_encoder_decoder, load_tokenizer
from isogloss.models.runtime import by_length, padded, start_torch
from isogloss.models.tokenizers import lead, shorten

Array = np.ndarray[Any, Any]
LONGEST = 256
"""Tokens of a text that are read."""
EVERY = 7
"""Of so many tokens one is hidden, as about 15 % are in pretraining."""


def measure_of(folder: Path) -> str:
    """Which measure a checkpoint has: `bits_per_byte`, or `vector_distance`."""
    can_tell = is_causal(folder) or _is_masked(folder) or is_encoder_decoder(folder)
    return "bits_per_byte" if can_tell else "vector_distance"


def _is_masked(folder: Path) -> bool:
    return any(name.endswith("ForMaskedLM") for name in getattr(configuration(folder), "architectures", None) or ())


def measure_texts(folder: Path, texts: Texts, before: Path | None = None) -> pl.DataFrame:
    """Measure a checkpoint on texts.

    Parameters
    ----------
    folder : pathlib.Path
    texts : mapping of str to sequence of str
        By language.
    before : pathlib.Path, optional
        The checkpoint that it was made from, which vectors are compared with; without, it is compared with itself.

    Returns
    -------
    polars.DataFrame
        One row per text: `language`, `item` (its position in the language), `loss`, lower is better: bits per byte,
        that is -log2 of the probability of the text, divided by its bytes in UTF-8; or 1 - the cosine of its vectors.
        `seconds` of a processor that reading it took, those of a batch shared evenly.

    Notes
    -----
    Of a model of hidden words, every seventh token is hidden, which ones by the position of the text, and bits are
    those of the hidden tokens for all of them: the pseudo-likelihood of Salazar et al. (2020), estimated in one pass.
    Of an encoder-decoder, bits are those of the whole text, given the text without every seventh token.
    """
    rows = [(language, place, text) for language, some in texts.items() for place, text in enumerate(some)]
    table = pl.DataFrame(
        {"language": [row[0] for row in rows], "item": [row[1] for row in rows]},
        schema={"language": pl.String, "item": pl.Int64},
    )
    written = [row[2] for row in rows]
    if measure_of(folder) == "vector_distance":
        ours, seconds = sentence_vectors(folder, written)
        theirs = ours if before is None or before == folder else sentence_vectors(before, written)[0]
        losses = 1 - (ours * theirs).sum(axis=1) if theirs is not ours else np.zeros(len(written))
    else:
        losses, seconds = _bits(folder, written, [row[1] for row in rows])
    return table.with_columns(loss=pl.Series(losses, dtype=pl.Float64), seconds=pl.Series(seconds, dtype=pl.Float64))


def _bits(folder: Path, texts: Sequence[str], places: Sequence[int]) -> tuple[Array, Array]:
    """Bits per byte of each text, and seconds."""
    masked = not is_causal(folder)
    return bits_of(load_with_head(folder), load_tokenizer(folder), masked, texts, places)


def load_with_head(folder: Path) -> Any:
    """The model of a checkpoint that expects tokens, in 32 bits."""
    from isogloss.models.checkpoints import load_model
    from isogloss.models.shifted import load_causal

    if is_encoder_decoder(folder):
        return load_model("AutoModelForSeq2SeqLM", folder, "float32")
    return (
        load_causal(folder, "float32") if is_causal(folder) else load_model("AutoModelForMaskedLM", folder, "float32")
    )


def bits_of(
    model: Any, tokenizer: Any, masked: bool, texts: Sequence[str], places: Sequence[int]
) -> tuple[Array, Array]:
    """Bits per byte of each text under a model, and seconds; of a model of hidden words, see `measure_texts`.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        With its head.
    tokenizer : transformers.PreTrainedTokenizerBase
    masked : bool
        Whether it is a model of hidden words.
    texts : sequence of str
    places : sequence of int
        Positions of the texts in their languages, which decide what is hidden.

    Returns
    -------
    bits, seconds : numpy.ndarray, shape (texts,)
    """
    torch = start_torch()
    short = [shorten(tokenizer, text, _room(model)) for text in texts]
    if model.config.is_encoder_decoder:
        return _bits_of_restored(model, tokenizer, short, places)
    ids = [np.array(one, np.int64) for one in tokenizer(short)["input_ids"]]
    if not masked:
        ids = [_after(tokenizer, one) for one in ids]
    bits, seconds = np.zeros(len(texts)), np.zeros(len(texts))

    def work(batch: Array) -> None:
        given = [ids[number].copy() for number in batch]
        hidden = [_hidden(tokenizer, ids[number], places[number]) if masked else None for number in batch]
        for one, some in zip(given, hidden, strict=True):
            if some is not None:
                one[some] = tokenizer.mask_token_id
        batched, there = padded(given, tokenizer.pad_token_id or 0)
        with torch.inference_mode():
            logits = model(input_ids=batched, attention_mask=there).logits
            for row, (number, some) in enumerate(zip(batch, hidden, strict=True)):
                truth = torch.from_numpy(ids[number])
                at = torch.arange(1, len(truth)) if some is None else torch.from_numpy(some)
                shares = torch.log_softmax(logits[row, at - 1 if some is None else at].float().cpu(), dim=-1)
                surprise = -float(shares.gather(1, truth[at][:, None]).double().sum())
                bits[number] = surprise / math.log(2) * (1 if some is None else (len(truth) - 2) / max(1, len(some)))

    for batch in by_length(np.array([len(one) for one in ids]), _budget(model)):
        began = time.process_time()
        work(batch)
        seconds[batch] = (time.process_time() - began) / len(batch)
    sizes = np.array([max(1, size([text])) for text in short])
    return bits / sizes, seconds


def _bits_of_restored(model: Any, tokenizer: Any, texts: Sequence[str], places: Sequence[int]) -> tuple[Array, Array]:
    """Bits per byte of texts under an encoder-decoder that reads each without every seventh token, and seconds."""
    torch = start_torch()
    bits, seconds, filler = np.zeros(len(texts)), np.zeros(len(texts)), int(tokenizer.pad_token_id or 0)
    for row, (text, place) in enumerate(zip(texts, places, strict=True)):
        began = time.process_time()
        ids = np.array(tokenizer(text)["input_ids"], np.int64)
        read = np.delete(ids, _hidden(tokenizer, ids, place)) if len(ids) > 1 else np.array([filler])
        with torch.inference_mode():
            surprise = restored(model, [read], [answer_tokens(tokenizer, text, LONGEST)], filler)
        bits[row] = float(surprise) / math.log(2) / max(1, size([text]))
        seconds[row] = time.process_time() - began
    return bits, seconds


def _room(model: Any) -> int:
    return min(LONGEST, getattr(model.config, "max_position_embeddings", LONGEST)) - 4


def _budget(model: Any) -> int:
    """Tokens of a batch, so that logits take 256 MB at most."""
    return max(64, min(4096, (1 << 26) // int(model.config.get_text_config().vocab_size)))


def _after(tokenizer: Any, ids: Array) -> Array:
    """Tokens of a text after one that stands before it, where the tokenizer puts none there."""
    if lead(tokenizer):
        return ids
    first = next((one for one in (tokenizer.bos_token_id, tokenizer.eos_token_id) if one is not None), None)
    return ids if first is None else np.concatenate([[first], ids])


def _hidden(tokenizer: Any, ids: Array, place: int) -> Array:
    """Which tokens of a text are hidden."""
    special = np.isin(ids, tokenizer.all_special_ids)
    free = np.flatnonzero(~special)
    return free[place % EVERY :: EVERY] if len(free) > place % EVERY else free[:1]


def sentence_vectors(folder: Path, texts: Sequence[str]) -> tuple[Array, Array]:
    """The mean of the last states of each text's tokens, of length 1, shape (texts, width); and seconds."""
    from isogloss.models.checkpoints import load_model

    torch = start_torch()
    model, tokenizer = load_model("AutoModel", folder, "float32"), load_tokenizer(folder)
    ids = tokenizer(list(texts), truncation=True, max_length=_room(model))["input_ids"]
    ids = [np.array(one, np.int64) for one in ids]
    vectors, seconds = np.zeros((len(texts), model.config.hidden_size)), np.zeros(len(texts))
    for batch in by_length(np.array([len(one) for one in ids])):
        began = time.process_time()
        batched, there = padded([ids[number] for number in batch], tokenizer.pad_token_id or 0)
        with torch.inference_mode():
            states = model(input_ids=batched, attention_mask=there).last_hidden_state.double() * there[..., None]
            means = states.sum(dim=1) / there.sum(dim=1, keepdim=True)
            vectors[batch] = (means / means.norm(dim=1, keepdim=True)).cpu().numpy()
        seconds[batch] = (time.process_time() - began) / len(batch)
    return vectors, seconds


def by_language(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Mean loss of each language before and after, and their difference.

    Returns
    -------
    polars.DataFrame
        `language`, `texts`, `before`, `after`, `change`, in the order of the languages.
    """
    both = before.join(after, on=["language", "item"], suffix="_after", maintain_order="left")
    return both.group_by("language", maintain_order=True).agg(
        texts=pl.len(), before=pl.col("loss").mean(), after=pl.col("loss_after").mean(),
        change=(pl.col("loss_after") - pl.col("loss")).mean(),
    )  # fmt: skip
