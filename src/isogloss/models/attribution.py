"""Integrated gradients: how much each token of a sentence moves a decoder from one answer to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from isogloss.errors import BadValue
from isogloss.models.decoder import Decoder, prompt_tokens
from isogloss.models.likelihood import divided
from isogloss.models.runtime import start_torch

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Attribution:
    """What tokens of a sentence do to log P(first answer) - log P(second answer).

    Attributes
    ----------
    spans : numpy.ndarray of int, shape (tokens, 2)
        Characters of the prompt that each token stands for.
    values : numpy.ndarray of float, shape (tokens,)
        In nats; above 0 where the token speaks for the first answer.
    difference : float
        Of the logarithms, with the sentence as it is.
    unexplained : float
        The difference, less that without the sentence and less the sum of `values`: what too few steps leave out.
    """

    spans: Array
    values: Array
    difference: float
    unexplained: float

    def share(self, first: int, last: int) -> float:
        """The share of all absolute values that tokens have which touch characters from `first` to before `last`."""
        own = (self.spans[:, 0] < last) & (self.spans[:, 1] > first)
        whole = np.abs(self.values).sum()
        return float(np.abs(self.values[own]).sum() / whole) if whole > 0 else 0.0


def integrated_gradients(
    decoder: Decoder, prompt: str, answers: tuple[str, str], *, within: tuple[int, int], steps: int = 16
) -> Attribution:
    """Attribute the difference between two answers to the tokens of a sentence in the prompt.

    Parameters
    ----------
    decoder : Decoder
        Or an encoder-decoder; with a fast tokenizer.
    prompt : str
    answers : (str, str)
        With the space before them, if there is one.
    within : (int, int)
        First character of the sentence, and the one behind its last.
    steps : int, default 16
        Points at which the gradient is taken.

    Raises
    ------
    BadValue
        If the tokenizer does not say where tokens stand, or no token is of the sentence.

    Notes
    -----
    Sundararajan, Taly and Yan (2017): (x - x') times the mean, over a in (0, 1), of the gradient of the difference at
    x' + a (x - x'), summed over the numbers of a token's vector. x is the vectors of the sentence's tokens, x' as many
    times that of a space; the rest of the prompt stays. Midpoints of equal parts are taken for a. A vector of zeros for
    x' would not do: normalisation makes the path next to it too steep for any number of steps.
    """
    torch = start_torch()
    ids, spans, wanted = _cut(decoder, prompt, answers)
    own = np.flatnonzero((spans[:, 1] > spans[:, 0]) & (spans[:, 0] < within[1]) & (spans[:, 1] > within[0]))
    if not len(own):
        raise BadValue("no token of the prompt is of the sentence", where=repr(prompt[slice(*within)]))
    embed, model = decoder.model.get_input_embeddings(), decoder.model
    with torch.no_grad():
        whole = embed(torch.tensor(ids, device=model.device)).float()
        blank = whole.clone()
        space = decoder.tokenizer(" ", add_special_tokens=False)["input_ids"][-1:] or [decoder.filler]
        blank[own] = embed(torch.tensor(space, device=model.device)).float()
        with_it, without = (float(_difference(decoder, one, wanted)) for one in (whole, blank))
    total = torch.zeros_like(whole)
    for step in range(steps):
        states = (blank + (step + 0.5) / steps * (whole - blank)).requires_grad_(True)
        total += torch.autograd.grad(_difference(decoder, states, wanted), states)[0] / steps
    values = ((whole - blank) * total).sum(-1)[own].double().cpu().numpy()
    return Attribution(spans[own], values, with_it, with_it - without - float(values.sum()))


def _cut(decoder: Decoder, prompt: str, answers: tuple[str, str]) -> tuple[list[int], Array, list[list[int]]]:
    """The tokens of the prompt, where each stands, and the tokens of the answers."""
    tokenizer = decoder.tokenizer
    if not tokenizer.is_fast:
        raise BadValue("its tokenizer does not say where tokens stand in a text", where=type(tokenizer).__name__,
                       hint="give a checkpoint with a fast tokenizer")  # fmt: skip
    spans = tokenizer(prompt, add_special_tokens=decoder.is_seq2seq, return_offsets_mapping=True)["offset_mapping"]
    if decoder.is_seq2seq:
        read = prompt_tokens(decoder, prompt)
        wanted = [list(tokenizer(text_target=one.strip())["input_ids"]) for one in answers]
    else:
        read, cut = divided(decoder, prompt, answers)
        wanted = [one.tolist() for one in cut]
    if not all(wanted):
        raise BadValue("an answer has no token", where=repr(answers), hint="answers need at least one token")
    places = [(0, 0)] * len(decoder.lead) + list(spans)
    places = (places + [(0, 0)] * len(read))[: len(read)]  # a prompt's last token may begin the answers
    return read, np.array(places, np.int64).reshape(-1, 2), wanted


def _difference(decoder: Decoder, states: Any, answers: list[list[int]]) -> Any:
    """log P(first answer) - log P(second answer) after a prompt, given as vectors (tokens, width)."""
    torch = start_torch()
    model, embed = decoder.model, decoder.model.get_input_embeddings()
    sums = []
    for answer in answers:
        said = torch.tensor(answer, device=states.device)
        if decoder.is_seq2seq:
            start = torch.tensor([model.config.decoder_start_token_id or 0], device=states.device)
            before = torch.cat([start, said[:-1]])[None]
            logits = model(inputs_embeds=states[None], decoder_input_ids=before, use_cache=False).logits[0]
        else:
            read = torch.cat([states, embed(said[:-1]).to(states.dtype)])[None]
            logits = model(inputs_embeds=read, use_cache=False).logits[0, len(states) - 1 :]
        sums.append(torch.log_softmax(logits.float(), -1).gather(1, said[:, None]).sum())
    return sums[0] - sums[1]
