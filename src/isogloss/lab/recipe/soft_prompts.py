"""An encoder that reads prompts before each text. Imported only once torch and peft are there."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from peft import PeftConfig, PrefixTuningConfig, PromptTuningConfig, get_peft_model
from torch import nn
from transformers.modeling_outputs import BaseModelOutputWithPooling

from isogloss.errors import BadValue

NOISE = 0.02
"""Standard deviation of the prompts that layers begin with: what models' own weights begin with."""


class Prompted(nn.Module):
    """An encoder with prompts, whose answer is about the text alone.

    Parameters
    ----------
    encoder : transformers.PreTrainedModel
    length : int
        How many prompts.
    max_length : int
        Tokens that a text may have.
    deep : bool
        Whether each layer has its own.
    encoded : int
        How many of the prompts, the last ones, come out of a network that they share; not of deep ones.

    Raises
    ------
    BadValue
        If there are too few positions, or the layers cannot be given prompts.
    """

    def __init__(self, encoder: Any, length: int, max_length: int, *, deep: bool, encoded: int = 0):
        super().__init__()
        _check_room(encoder, length, max_length)
        self.config = encoder.config
        self.model: Any
        configuration = _configuration(encoder, length, deep=deep)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft asks of transformers what will be called otherwise
            try:
                self.model = get_peft_model(encoder, configuration)
            except (ValueError, KeyError, AttributeError) as error:
                raise _cannot(encoder, str(error).splitlines()[0] if str(error) else type(error).__name__) from None
        self._begin(encoder, deep=deep)
        if deep:
            self._try_out(encoder)
        elif encoded:
            shared = EncodedPrompts(self.prompts().detach(), encoded)
            self.model.prompt_encoder["default"] = shared.to(self.prompts().device)

    @property
    def pooler(self) -> Any:
        """What makes one vector of the first state, if the model has it."""
        return getattr(self.model.base_model, "pooler", None)

    def forward(self, input_ids: Any, attention_mask: Any) -> BaseModelOutputWithPooling:
        """States of the text's tokens, (texts, tokens, width), and what the pooler makes of them."""
        found = self.model(input_ids=input_ids, attention_mask=attention_mask)
        states = found.last_hidden_state[:, -input_ids.shape[1] :]
        pooled = self.pooler(states) if self.pooler is not None else None
        return BaseModelOutputWithPooling(last_hidden_state=states, pooler_output=pooled)

    def _begin(self, encoder: Any, *, deep: bool) -> None:
        """Prompts at the input begin as pieces of the vocabulary, those of layers as small noise."""
        prompts = self.prompts()
        with torch.no_grad():
            if deep:
                prompts.normal_(std=NOISE)
            else:
                vocabulary = encoder.get_input_embeddings().weight
                prompts.copy_(vocabulary[torch.randperm(len(vocabulary))[: len(prompts)]])

    def prompts(self) -> Any:
        return self.model.prompt_encoder["default"].embedding.weight

    def _try_out(self, encoder: Any) -> None:
        """Some models take prompts for their layers and never look at them."""
        prompts, ids = self.prompts(), torch.ones((1, 2), dtype=torch.int64, device=next(self.parameters()).device)
        before = prompts.detach().clone()
        was_training = self.training
        self.eval()
        try:
            with torch.no_grad():
                states = [self(ids, torch.ones_like(ids)).last_hidden_state]
                prompts.copy_(torch.roll(before, 1, dims=0) + 1)
                states.append(self(ids, torch.ones_like(ids)).last_hidden_state)
                prompts.copy_(before)
        except (TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise _cannot(encoder, str(error).splitlines()[0]) from None
        self.train(was_training)
        if torch.equal(*states):
            raise _cannot(encoder, "it takes no notice of them")


class EncodedPrompts(nn.Module):
    """Soft prompts of which the last ones come out of a network.

    Parameters
    ----------
    beginning : torch.Tensor, shape (length, width)
        What all prompts begin with; of those that are encoded, what goes into the network is drawn anew.
    encoded : int
        How many are encoded.

    Notes
    -----
    Prompt i is W2 relu(W1 e_i + b1) + b2, W1 and W2 square; they and e_i are drawn as Glorot and Bengio (2010) have it.
    """

    def __init__(self, beginning: Any, encoded: int):
        super().__init__()
        length, width = beginning.shape
        self.plain = length - encoded
        self.embedding = nn.Embedding(length, width)
        layers = [nn.Linear(width, width) for _ in range(2)]
        self.head = nn.Sequential(layers[0], nn.ReLU(), layers[1])
        with torch.no_grad():
            self.embedding.weight.copy_(beginning)
            nn.init.xavier_uniform_(self.embedding.weight[self.plain :])
        for layer in layers:
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, ids: Any) -> Any:
        """The prompts with some numbers, (texts, prompts, width)."""
        weights = self.embedding.weight
        return torch.cat([weights[: self.plain], self.head(weights[self.plain :])])[ids]


def _configuration(encoder: Any, length: int, *, deep: bool) -> PeftConfig:
    task = "FEATURE_EXTRACTION"
    if deep:
        return PrefixTuningConfig(task_type=task, num_virtual_tokens=length)
    shape = encoder.config
    return PromptTuningConfig(
        task_type=task, num_virtual_tokens=length, token_dim=encoder.get_input_embeddings().embedding_dim,
        # Said here, because peft looks for them under some models' names only.
        num_layers=shape.num_hidden_layers, num_attention_heads=shape.num_attention_heads,
    )  # fmt: skip


def _check_room(encoder: Any, length: int, max_length: int) -> None:
    positions = getattr(encoder.config, "max_position_embeddings", None)
    if positions is None:
        return
    for name, module in encoder.named_modules():
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            positions -= module.padding_idx + 1  # RoBERTa and its kin count from there
    if length + max_length > positions:
        raise BadValue(
            f"{length} prompts and {max_length} tokens are more than the {positions} positions of the model",
            hint=f"set max_length = {max(4, positions - length)}, or a smaller length",
        )


def _cannot(encoder: Any, reason: str) -> BadValue:
    kind = encoder.config.model_type
    return BadValue(f"models of the type {kind} cannot be given such prompts ({reason})", hint="set deep = false")
