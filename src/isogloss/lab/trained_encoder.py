"""Encoders that the lab has trained: what a kept recipe has made of its checkpoint, to be read layer by layer."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from isogloss.errors import BadValue
from isogloss.lab.recipe import Fitted, Recipe
from isogloss.lab.recipe.neural.trained import TrainedRecipe
from isogloss.lab.recipe.prompted import PromptedRecipe
from isogloss.lab.saving import ARRAYS, DESCRIPTION, load
from isogloss.models.encoder import CheckpointEncoder
from isogloss.models.tokenizers import Tokenizer


def read_trained_encoder(folder: str | Path, *, max_length: int = 512) -> CheckpointEncoder:
    """The model of a trained recipe in a folder, without the head that answers.

    Parameters
    ----------
    folder : str or Path
        What `isogloss lab run --keep` or `isogloss.lab.save` wrote: of a recipe that learns weights of an encoder or
        a decoder, or of one that prompts.
    max_length : int, default 512
        Tokens of a text at most; fewer where the model has fewer positions.

    Raises
    ------
    BadFile
        If there is none, or it is damaged.
    BadValue
        If the recipe has no model that reads texts.
    """
    recipe, fitted = load(folder)
    if not isinstance(recipe, (TrainedRecipe, PromptedRecipe)):
        raise _without_layers(recipe, folder)
    model = _model(recipe, fitted, folder).eval()
    positions = getattr(model.config, "max_position_embeddings", None) or max_length
    digest = hashlib.sha256(recipe.revision.encode())
    for name in (ARRAYS, DESCRIPTION):
        digest.update((Path(folder) / name).read_bytes())
    tokenizer = Tokenizer(recipe.folder, min(max_length, positions))
    return CheckpointEncoder(model, tokenizer, digest.hexdigest()[:16])


def _model(recipe: TrainedRecipe | PromptedRecipe, fitted: Fitted, folder: str | Path) -> Any:
    if isinstance(recipe, PromptedRecipe):
        return recipe.decoder(fitted).model
    try:
        return recipe.restored({}, fitted).encoder
    except KeyError:  # what it reads beside texts is not kept
        raise _without_layers(recipe, folder) from None


def _without_layers(recipe: Recipe, folder: str | Path) -> BadValue:
    hint = "take one that fine-tune, lora, bitfit, instruction-tune, instruction-lora or in-context left"
    return BadValue(f"{recipe.name} has learnt no model that reads texts alone", where=str(folder), hint=hint)
