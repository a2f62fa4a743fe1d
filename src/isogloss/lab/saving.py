"""Trained recipes in folders: numbers as safetensors, everything else as JSON, so that reading one runs no code."""

from __future__ import annotations

import json
from pathlib import Path

from isogloss.errors import BadFile
from isogloss.extras import need
from isogloss.files import atomic_write
from isogloss.lab.recipe import Arrays, Fitted, Recipe, recipes
from isogloss.lab.recipe.prompted import PromptedRecipe

ARRAYS, DESCRIPTION, PROMPTS = "arrays.safetensors", "recipe.json", "prompts.parquet"


def save(recipe: Recipe, fitted: Fitted, folder: str | Path, *, prepared: Arrays | None = None) -> None:
    """Write a trained recipe; the description goes last, so that half a folder is never taken for a whole one.

    Parameters
    ----------
    recipe : Recipe
    fitted : Fitted
    folder : str or Path
    prepared : mapping of str to array, optional
        What the recipe has prepared; of one that asks in prompts, all prompts are then written beside it.

    Raises
    ------
    BadFile
        If the folder cannot be written to.
    """
    need("safetensors")
    import numpy as np
    from safetensors.numpy import save_file

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {name: np.ascontiguousarray(array) for name, array in fitted.arrays.items()}
    atomic_write(folder / ARRAYS, lambda path: save_file(arrays, str(path)))
    if prepared is not None and isinstance(recipe, PromptedRecipe):
        prompts = recipe.every_prompt(prepared, fitted)
        atomic_write(folder / PROMPTS, prompts.write_parquet)
    described = {
        "recipe": recipe.name, "version": recipe.version, "parameters": recipe.parameters,
        "settings": fitted.settings, "notes": fitted.notes,
    }  # fmt: skip
    text = json.dumps(described, indent=1, ensure_ascii=False)
    atomic_write(folder / DESCRIPTION, lambda path: path.write_text(text, encoding="utf-8"))


def load(folder: str | Path) -> tuple[Recipe, Fitted]:
    """Read a trained recipe.

    Raises
    ------
    BadFile
        If there is none, or it is damaged.
    UnknownName, BadValue
        If its recipe or parameters are not known here.
    """
    need("safetensors")
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    folder = Path(folder)
    if not (folder / DESCRIPTION).is_file():
        raise BadFile("holds no trained recipe", where=str(folder), hint=f"there is no {DESCRIPTION} in it")
    try:
        described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        arrays = load_file(str(folder / ARRAYS))
        name, parameters = described["recipe"], described["parameters"]
        settings, notes = described["settings"], described["notes"]
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise BadFile(f"is damaged ({error})", where=str(folder), hint="train it again") from None
    recipe: Recipe = recipes.get(name).read(parameters, where=str(folder / DESCRIPTION))
    return recipe, Fitted(arrays, settings, notes)


def is_trained(model: str | Path | None) -> bool:
    """Whether a model is the folder of a trained recipe."""
    return model is not None and (Path(model) / DESCRIPTION).is_file()
