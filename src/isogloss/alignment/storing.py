"""Writing of encodings: vectors that another tool made, and all but the vectors of those that `encode` makes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from isogloss.alignment.encodings import FACTS, LAYOUT, SENTENCES, STATIC, Encodings, Facts
from isogloss.errors import BadValue
from isogloss.files import atomic_folder

Array = np.ndarray[Any, Any]


def write_encodings(
    folder: str | Path,
    vectors: Mapping[str, Any],
    ids: Mapping[str, Sequence[Any]],
    *,
    model: str,
    pooling: str = "mean",
) -> Encodings:
    """Keep vectors that another tool made, so that all that compares languages can read them.

    Parameters
    ----------
    folder : str or pathlib.Path
        A new one.
    vectors : mapping of str to array of shape (layers, sentences, dimension) or (sentences, dimension)
        By language.
    ids : mapping of str to sequence
        Ids of the sentences of each language; the same sentence has the same id in all of them.
    model : str
        A name for what made them.
    pooling : str, default "mean"
        A name for how they were made of tokens.

    Raises
    ------
    BadValue
        If shapes differ, numbers are not finite, or ids are too few, too many or given twice.
    UnknownLanguage
    """
    arrays = {language: _as_layers(language, array) for language, array in vectors.items()}
    shapes = {(len(array), array.shape[2]) for array in arrays.values()}
    if len(shapes) != 1:
        reason = f"there are {len(shapes)} different pairs of layers and dimension"
        raise BadValue(reason, where="vectors", hint="give all languages the same")
    ((layers, dimension),) = shapes
    listed = [(language, str(one)) for language, array in arrays.items() for one in _checked_ids(language, array, ids)]
    table = sentence_table([language for language, _ in listed], [one for _, one in listed])
    ordered = np.concatenate(list(arrays.values()), axis=1)[:, table["given"].to_numpy()]
    numbers = (STATIC,) if layers == 1 else tuple(range(layers))
    facts = Facts(model, hashlib.sha256(ordered.tobytes()).hexdigest()[:16], (pooling,), numbers, dimension)
    with atomic_folder(Path(folder)) as temporary:
        np.save(temporary / f"{pooling}.npy", ordered, allow_pickle=False)
        write_facts(temporary, facts, table.drop("given"), "")
    return Encodings.read(folder)


def sentence_table(languages: Sequence[str], ids: Sequence[str]) -> pl.DataFrame:
    """Rows of encodings from languages and ids of sentences.

    Returns
    -------
    polars.DataFrame
        Columns `language`, `id`, `rank` (of the sentence, in the order in which ids first come) and `given` (place in
        the input); languages in the order given, sentences by their rank.
    """
    table = pl.DataFrame({"language": languages, "id": ids}, schema={"language": pl.String, "id": pl.String})
    table = table.with_row_index("given")
    ranks = table.select(pl.col("id").unique(maintain_order=True)).with_row_index("rank")
    order = table.select(pl.col("language").unique(maintain_order=True)).with_row_index("order")
    joined = table.join(ranks, on="id").join(order, on="language").sort("order", "rank", "given")
    return joined.select("language", "id", "rank", "given")


def write_facts(folder: Path, facts: Facts, table: pl.DataFrame, sentences: str) -> None:
    """Write all but the vectors; `sentences` sums up the texts."""
    table.select("language", "id", "rank").write_parquet(folder / SENTENCES)
    identity = identity_of(facts, table, sentences)
    content = {"layout": LAYOUT, "identity": identity, "dtype": "float32"} | vars(facts)
    (folder / FACTS).write_text(json.dumps(content, indent=1, default=list) + "\n", encoding="utf-8")


def identity_of(facts: Facts, table: pl.DataFrame, sentences: str) -> str:
    """SHA-256 of all that vectors depend on, as 64 hexadecimal digits; the name of the model is not among it."""
    parts = {name: value for name, value in vars(facts).items() if name != "model"}
    content = [LAYOUT, "float32", parts, table.select("language", "id").rows(), sentences]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _as_layers(language: str, array: Any) -> Array:
    given = np.asarray(array)
    if given.dtype == np.float16:
        raise BadValue("float16 is too coarse: its rounding decides ties", where=language, hint="encode in float32")
    layers = given.astype(np.float32, copy=False)
    layers = layers[None] if layers.ndim == 2 else layers
    if layers.ndim != 3 or not layers.size:
        raise BadValue(f"vectors of shape {layers.shape}", where=language, hint="give (layers, sentences, dimension)")
    if not np.isfinite(layers).all():
        raise BadValue("a number is not finite", where=language, hint="leave the sentence out")
    return layers


def _checked_ids(language: str, array: Array, ids: Mapping[str, Sequence[Any]]) -> list[str]:
    own = [str(one) for one in ids.get(language, ())]
    if len(own) != array.shape[1]:
        raise BadValue(f"{array.shape[1]} vectors and {len(own)} ids", where=language, hint="give each vector an id")
    if len(set(own)) < len(own):
        twice = next(one for one in own if own.count(one) > 1)
        raise BadValue(f"two sentences have the id '{twice}'", where=language, hint="give each its own id")
    return own
