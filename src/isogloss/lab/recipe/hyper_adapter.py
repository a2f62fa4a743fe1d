"""`hyper-adapter`: adapters in every layer whose weights a network makes from vectors of languages and layers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl

from isogloss.alignment.corpus import LANGUAGE, column_of, read_table
from isogloss.errors import BadFile, BadValue
from isogloss.files import read_input
from isogloss.lab.recipe import Apply, Arrays, Corpus
from isogloss.lab.recipe.marks import marked
from isogloss.lab.recipe.neural.trained import TrainedRecipe
from isogloss.languages import resolve
from isogloss.models.encoder import shared_encoder_model
from isogloss.parameters import Count, Positive

Matrix = np.ndarray[Any, Any]


@dataclass(frozen=True)
class HyperAdapter(TrainedRecipe):
    """Adapters that are made from vectors of languages, so that a language without training data has its own.

    Parameters
    ----------
    file : str, default ""
        Vectors of languages: a table with a column `language` and a column for each number, such as typological
        features; it must have every language of the task.
    size : int, default 16
        Width of an adapter.
    width : int, default 32
        Of the vector that the weights of an adapter are made from.
    shuffled : bool, default False
        Whether each language gets the vector of another one: the control.
    learning_rate : float, default 1e-3
        The highest, of AdamW.

    Notes
    -----
    After Hyper-X (Üstün et al. 2022), with languages and layers and for one task: after layer k, a state h of a text
    in language l becomes h + U relu(D h + a) + b, where D, U, a and b are linear in s = W2 relu(W1 [P v_l ; e_k]), v_l
    being the vector of the language, its numbers scaled to mean 0 and standard deviation 1 over the file. P, W1, W2,
    e_k, what makes D, U, a and b, and the head are learnt; the model stays. U begins as 0. In the paper vectors of
    languages are learnt too, by masked language modelling in each; here they come from the file and stay. The first
    token of a text tells its language to the adapters, and is read as itself. The other parameters are
    those of `TrainedRecipe`.
    """

    name: ClassVar[str] = "hyper-adapter"

    learning_rate: Positive = 1e-3
    file: str = ""
    size: Count = 16
    width: Count = 32
    shuffled: bool = False
    unlabelled: ClassVar[tuple[str, ...]] = (*TrainedRecipe.unlabelled, "file")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.file:
            raise BadValue("hyper-adapter names no vectors of languages", hint='add file = "vectors.csv"')
        if not Path(self.file).is_file():
            raise BadFile("no such file of vectors of languages", where=self.file)

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the file stands for its place."""
        return super().identity | {"vectors": self._content}

    @property
    def _content(self) -> str:
        return hashlib.sha256(read_input(Path(self.file))).hexdigest()[:16]

    @property
    def preparation(self) -> tuple[Any, ...]:
        return (self.name, self._content, *super().preparation)

    def changed(self, *left_out: str) -> list[str]:
        """With the name of the file."""
        return [*super().changed(*left_out), f"vectors={Path(self.file).stem}"]

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Cut every text into tokens; the first one also tells the language, by its place in the file.

        Raises
        ------
        BadValue
            If there is no vector of a language.
        """
        places, _ = _vectors(self.file, self._content)
        ids = corpus.ids or corpus.languages
        for code, identifier in zip(corpus.languages, ids, strict=True):
            if identifier not in places:
                raise BadValue(f"no vector of '{code}'", where=self.file, hint="add a row, or leave out the language")
        vocabulary = shared_encoder_model(self.folder, "float32").config.vocab_size
        return marked(super().prepare(corpus, apply), [places[one] for one in ids], vocabulary)

    def adapt(self, encoder: Any) -> Any:
        """The encoder with adapters after every layer, which change nothing at first."""
        from isogloss.lab.recipe.hyper_network import HyperEncoder

        _, vectors = _vectors(self.file, self._content)
        if self.shuffled:
            vectors = np.roll(vectors, 1, axis=0)
        return HyperEncoder(encoder, vectors, self.size, self.width)

    def is_learnt(self, name: str) -> bool:
        return ".made." in name


@lru_cache(maxsize=2)
def _vectors(file: str, content: str) -> tuple[dict[str, int], Matrix]:
    """Place of each canonical language, and the vectors, each number with mean 0 and standard deviation 1.

    Raises
    ------
    BadFile, BadValue, UnknownLanguage
    """
    table = read_table(Path(file))
    column = column_of(table, LANGUAGE)
    if column is None:
        raise BadFile("has no column `language`", where=file, hint="name the languages there")
    others = [name for name in table.columns if name != column]
    numbers = table.select(pl.col(others).cast(pl.Float64, strict=False))
    lacking = next((name for name in others if not numbers[name].is_finite().fill_null(False).all()), None)
    if not others or lacking is not None:
        said = f"column '{lacking}' is not all numbers" if others else "has no numbers"
        raise BadValue(said, where=file, hint="give a number for every language, or drop the column")
    places: dict[str, int] = {}
    for place, written in enumerate(table[column].cast(pl.String)):
        identifier = resolve(str(written), where=file).id
        if places.setdefault(identifier, place) != place:
            raise BadValue(f"two vectors of '{written}'", where=file, hint="drop one")
    matrix = numbers.to_numpy()
    spread = matrix.std(axis=0)
    return places, ((matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1)).astype(np.float32)
