"""Vectors that a decoder reads as tokens before every prompt. Imported only once torch is there."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from isogloss.errors import BadValue
from isogloss.lab.tuning.soft_prompt import SoftPrompt
from isogloss.lab.tuning.training import AT_ONCE, log_likelihoods
from isogloss.models.decoder import Decoder
from isogloss.models.likelihood import divided
from isogloss.models.runtime import adamw

Matrix = np.ndarray[Any, Any]


def with_tokens(decoder: Decoder, vectors: Matrix) -> Decoder:
    """A copy of a decoder that reads some vectors, (tokens, width), before every prompt."""
    model = deepcopy(decoder.model).requires_grad_(False)
    embeddings = model.get_input_embeddings()
    tokens = SoftPrompt(embeddings, torch.from_numpy(vectors.copy()).to(embeddings.weight.device))
    model.set_input_embeddings(tokens)
    return replace(decoder, model=model, lead=[*decoder.lead, *tokens.ids])


def learn_tokens(
    decoder: Decoder, pairs: Sequence[tuple[str, str]], segments: Sequence[Matrix], *, drawn: bool, epochs: int,
    learning_rate: float, dropout: float, seed: int,
) -> tuple[Matrix, list[float]]:  # fmt: skip
    """Learn vectors from demonstrations, each answered with those of all others before it.

    Parameters
    ----------
    decoder : Decoder
    pairs : sequence of (str, str)
        Question and answer of each demonstration.
    segments : sequence of numpy.ndarray of int
        The tokens of each, that the vectors begin with.
    drawn : bool
        Whether vectors begin with tokens drawn from the vocabulary instead.
    epochs, learning_rate, dropout, seed
        See `isogloss.lab.recipe.context_tuning.ContextTuning`.

    Returns
    -------
    vectors : numpy.ndarray of float32, shape (tokens, width)
    losses : list of float
        Mean of -log P(answer), in nats, before each step.
    """
    chance = np.random.default_rng(seed)
    embeddings = decoder.model.get_input_embeddings()
    ids = np.concatenate(segments)
    if drawn:
        ids = chance.integers(0, len(embeddings.weight), len(ids))
    with torch.no_grad():
        beginning = embeddings(torch.from_numpy(ids).to(embeddings.weight.device)).float().cpu().numpy()
    owners = np.repeat(np.arange(len(segments)), [len(one) for one in segments])
    ready = with_tokens(decoder, beginning)
    tokens = ready.model.get_input_embeddings()
    asked = [divided(replace(decoder, lead=[]), question, [answer]) for question, answer in pairs]
    optimizer, slope = adamw(
        [tokens.vectors.requires_grad_(True)], learning_rate=learning_rate, weight_decay=0.0, warmup=0.0, steps=epochs,
        schedule="cosine",
    )  # fmt: skip
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad(set_to_none=True)
        sequences = []
        for place, (question, (answer,)) in enumerate(asked):
            kept = np.flatnonzero((owners != place) & (chance.random(len(owners)) >= dropout))
            sequences.append((np.array([*decoder.lead, *(tokens.first + kept), *question], np.int64), answer))
        losses.append(0.0)
        for first in range(0, len(sequences), AT_ONCE):
            loss = -log_likelihoods(ready, sequences[first : first + AT_ONCE]).sum() / len(sequences)
            loss.backward()
            losses[-1] += float(loss.detach())
        nn.utils.clip_grad_norm_([tokens.vectors], 1.0)
        optimizer.step()
        slope.step()
    return tokens.vectors.detach().cpu().numpy().copy(), losses


def learn_labels(
    decoder: Decoder, queries: Sequence[tuple[str, Sequence[str]]], right: Sequence[int], *, length: int, epochs: int,
    batch_size: int, learning_rate: float, smoothing: float, penalty: float, max_length: int, seed: int,
) -> tuple[Matrix, list[float], float]:  # fmt: skip
    """Learn vectors with which a decoder chooses the right one of some answers.

    Parameters
    ----------
    decoder : Decoder
    queries : sequence of (str, sequence of str)
        Each prompt with all answers to choose from.
    right : sequence of int
        The place of the right answer of each.
    length, epochs, batch_size, learning_rate, smoothing, penalty, max_length, seed
        See `isogloss.lab.recipe.robust_prompt.RobustPrompt`.

    Returns
    -------
    vectors : numpy.ndarray of float32, shape (length, width)
    losses : list of float
        Mean cross entropy of each epoch, in nats, without the penalty.
    moved : float
        The mean of |v - v'| / |v'| over vectors.
    """
    chance = np.random.default_rng(seed)
    embeddings = decoder.model.get_input_embeddings()
    drawn = torch.from_numpy(chance.integers(0, len(embeddings.weight), length)).to(embeddings.weight.device)
    with torch.no_grad():
        beginning = embeddings(drawn).float().cpu()
    ready = with_tokens(decoder, beginning.numpy())
    vectors = ready.model.get_input_embeddings().vectors
    start, lengths = beginning.to(vectors.device), beginning.norm(dim=1).clamp(min=1e-6).to(vectors.device)
    cut = [divided(ready, prompt, ways) for prompt, ways in queries]
    most = max(len(question) + max(map(len, ways)) for question, ways in cut)
    if most > max_length:
        raise BadValue(f"an example has {most:,} tokens, where {max_length:,} have room", hint="shorten it")
    steps = epochs * -(-len(cut) // batch_size)
    optimizer, slope = adamw(
        [vectors.requires_grad_(True)], learning_rate=learning_rate, weight_decay=0.0, warmup=0.0, steps=steps,
        schedule="cosine",
    )  # fmt: skip
    losses = []
    for _ in range(epochs):
        order, total = chance.permutation(len(cut)), 0.0
        for first in range(0, len(order), batch_size):
            batch = order[first : first + batch_size]
            optimizer.zero_grad(set_to_none=True)
            for place in batch.tolist():
                question, ways = cut[place]
                scores = log_likelihoods(ready, [(np.array(question, np.int64), way) for way in ways])
                loss = cross_entropy(scores[None], torch.tensor([right[place]], device=scores.device),
                                     label_smoothing=smoothing)  # fmt: skip
                (loss / len(batch)).backward()
                total += float(loss.detach())
            (penalty * ((vectors - start).square().sum(dim=1) / lengths.square()).mean()).backward()
            nn.utils.clip_grad_norm_([vectors], 1.0)
            optimizer.step()
            slope.step()
        losses.append(total / len(cut))
    learnt = vectors.detach()
    return learnt.cpu().numpy().copy(), losses, float(((learnt - start).norm(dim=1) / lengths).mean())
