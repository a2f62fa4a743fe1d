"""Decoders whose log-probabilities are shifted by what a small model learnt: one small training for many large models.

The shift is what tuning changed in a small model: log p_tuned - log p_untuned, after the same text. Both small models
cut the text in their own way, so any large model can be shifted; each of its tokens takes the shift of the small
model's token that is most like it; `isogloss.lab.adaptation.logit_shift` finds these once.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np

from isogloss.errors import BadFile, BadValue
from isogloss.models.checkpoints import configuration, load_model, load_tokenizer
from isogloss.models.pieces import REPLACEMENT
from isogloss.models.runtime import padded, start_torch
from isogloss.models.tokenizers import lead

Integers = np.ndarray[Any, Any]

SETTING = "logit_shift"
"""What config.json says of the shift: `alpha`, and the fingerprints of both small models."""
TUNED, UNTUNED = "shift/tuned", "shift/untuned"
"""Folders of the small models, inside that of the large one."""
MAP = "shift/tokens.json"
"""For each token of the large model the id of the small ones' token, -1 where there is none."""


def shift_of(folder: Path) -> Mapping[str, Any] | None:
    """What the configuration of a checkpoint says of a shift; None where there is none."""
    said: Mapping[str, Any] | None = getattr(configuration(folder), SETTING, None)
    return said


def load_causal(folder: Path, precision: str) -> Any:
    """The causal model of a checkpoint, with its shift where it has one.

    Parameters
    ----------
    folder : pathlib.Path
    precision : str

    Raises
    ------
    BadFile
        If it is damaged, or a small model of its shift is missing.
    """
    base, said = load_model("AutoModelForCausalLM", folder, precision), shift_of(folder)
    if said is None:
        return base
    missing = [
        name for name in (MAP, f"{TUNED}/config.json", f"{UNTUNED}/config.json") if not (folder / name).is_file()
    ]
    if missing:
        reason = f"its configuration says that logits are shifted, and {missing[0]} is missing"
        raise BadFile(reason, where=str(folder), hint="make it again with 'logit-shift', which comes last")
    tuned, untuned = (load_model("AutoModelForCausalLM", folder / name, precision) for name in (TUNED, UNTUNED))
    tokenizers = load_tokenizer(folder), load_tokenizer(folder / TUNED)
    tokens = np.array(json.loads((folder / MAP).read_text(encoding="utf-8")), np.int64)
    return ShiftedModel(base, tuned, untuned, *tokenizers, tokens, float(said["alpha"]))


class ShiftedModel:
    """A large model and two small ones, which is asked as the large one is, and cannot be trained.

    Logits are log p_large(token) + alpha (log p_tuned(m) - log p_untuned(m)), with m the small model's token for it. A
    token without one keeps its log-probability. Differences of log-probabilities have no free constant, as those of
    logits would.

    Parameters
    ----------
    base, tuned, untuned : transformers.PreTrainedModel
    tokenizer, small_tokenizer : transformers.PreTrainedTokenizerBase
        Of the large model, and of both small ones.
    tokens : numpy.ndarray of int, shape (tokens,)
        The small ones' token for each of the large one; -1 for none.
    alpha : float
    """

    def __init__(
        self, base: Any, tuned: Any, untuned: Any, tokenizer: Any, small_tokenizer: Any, tokens: Integers, alpha: float
    ):
        size = base.config.get_text_config().vocab_size
        self.base, self.tuned, self.untuned, self.alpha = base, tuned, untuned, alpha
        self._tokenizer, self._small = tokenizer, small_tokenizer
        self._tokens = np.append(tokens, np.full(max(0, size - len(tokens)), -1))  # rows without a token
        self._same = tokenizer.get_vocab() == small_tokenizer.get_vocab()
        self.config = base.config

    def named_modules(self) -> Any:
        """Of the large model, whose operations are most of all."""
        return self.base.named_modules()

    def named_parameters(self) -> Any:
        """As `named_modules`."""
        return self.base.named_parameters()

    def _refuse(self, *_: Any) -> NoReturn:
        raise BadValue(
            "a model with shifted logits can be asked, not trained", hint="train the large model, then shift it"
        )

    # What training needs of a model: a copy, gradients, embeddings to put something beside.
    __deepcopy__ = requires_grad_ = get_input_embeddings = parameters = _refuse

    def __call__(self, *given: Any, **named: Any) -> Any:
        """As `forward`."""
        return self.forward(*given, **named)

    def forward(
        self, input_ids: Any = None, attention_mask: Any = None, position_ids: Any = None, logits_to_keep: int = 0,
        use_cache: bool = False, past_key_values: Any = None,
    ) -> Any:  # fmt: skip
        """Logits after each token; nothing is remembered, so that every token is read anew for the next."""
        torch = start_torch()
        if torch.is_grad_enabled() or input_ids is None or past_key_values is not None:
            self._refuse()
        there = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        given = {"position_ids": position_ids, "logits_to_keep": logits_to_keep or None}
        taken = inspect.signature(self.base.forward).parameters
        options = {name: value for name, value in given.items() if value is not None and name in taken}
        logits = self.base(input_ids=input_ids, attention_mask=there, use_cache=False, **options).logits
        kept = logits[:, -logits_to_keep:] if logits_to_keep else logits
        first = input_ids.shape[1] - kept.shape[1]
        shifted = torch.log_softmax(kept.float(), dim=-1)
        for row in range(len(input_ids)):
            places = [place for place in range(first, input_ids.shape[1]) if there[row, place]]
            if places:
                known = [input_ids[row, : place + 1][there[row, : place + 1].bool()].tolist() for place in places]
                shifted[row, [place - first for place in places], :] += self.alpha * self._shift(known)
        return SimpleNamespace(logits=shifted, past_key_values=None)

    def _shift(self, known: Sequence[list[int]]) -> Any:
        """What tuning changed after each of some beginnings, for each token of the large model."""
        torch = start_torch()
        cut = known if self._same else self._cut(known)
        room = getattr(self.tuned.config, "max_position_embeddings", None) or max(map(len, cut))
        cut = [one[-room:] for one in cut]
        whole = max(cut, key=len)
        changed = torch.empty(len(cut), self.tuned.config.vocab_size, device=self.tuned.device)
        # Where a longer beginning is cut as a shorter one, with more behind, one reading serves both.
        alone = [place for place, one in enumerate(cut) if whole[: len(one)] != one]
        of_whole = self._change([whole])[0]
        for place, one in enumerate(cut):
            changed[place] = of_whole[len(one) - 1]
        for place in alone:
            changed[place] = self._change([cut[place]])[0, -1]
        ids = torch.from_numpy(self._tokens).to(changed.device)
        return torch.where(ids >= 0, changed[:, ids.clamp(min=0)], torch.zeros((), device=changed.device))

    def _cut(self, known: Sequence[list[int]]) -> list[list[int]]:
        """Beginnings in the small models' tokens; the part of a letter at their end waits for the rest."""
        texts = self._tokenizer.batch_decode(known, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        whole = [text.rstrip(REPLACEMENT) for text in texts]
        first = self._small.bos_token_id if self._small.bos_token_id is not None else self._small.eos_token_id
        before = lead(self._small) or ([] if first is None else [int(first)])
        cut = self._small(whole, add_special_tokens=False)["input_ids"]
        return [before + one or [0] for one in cut]

    def _change(self, sequences: Sequence[list[int]]) -> Any:
        """log p_tuned - log p_untuned after each token, shape (sequences, tokens, small vocabulary)."""
        torch = start_torch()
        ids, there = padded([np.array(one, np.int64) for one in sequences], 0)
        tuned, untuned = (
            torch.log_softmax(one(input_ids=ids, attention_mask=there, use_cache=False).logits.float(), dim=-1)
            for one in (self.tuned, self.untuned)
        )
        return tuned - untuned
