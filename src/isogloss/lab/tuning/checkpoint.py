"""Trained checkpoints, kept by all that enters, so that nothing is trained twice."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from isogloss.errors import BadValue, IsoglossError
from isogloss.files import atomic_folder, cache_folder
from isogloss.lab.adaptation.run import free_memory
from isogloss.lab.adaptation.weights import Weights
from isogloss.lab.tuning import Demonstration, Method, Tuning
from isogloss.models.checkpoints import configuration, fingerprint, is_causal, load_tokenizer, locate
from isogloss.models.runtime import start_torch, threads_restored

VERSION = 1
RECORD = "tuning.json"
BYTES = 24
"""Of each weight: itself, its gradient, two moments, the same of the reference, and of the model that was asked."""


def tune(
    checkpoint: str | Path, method: Method, demonstrations: Sequence[Demonstration], tuning: Tuning | None = None, *,
    seed: int = 0,
) -> Path:  # fmt: skip
    """Train a decoder on demonstrations.

    Parameters
    ----------
    checkpoint : str or pathlib.Path
        As `isogloss.models.locate` takes it; it is not changed.
    method : {"sft", "dpo", "ditto"}
        On the answers; then to prefer them to samples of the model, which are drawn once, or again and again.
    demonstrations : sequence of Demonstration
    tuning : Tuning, optional
    seed : int
        Of samples and pairs.

    Returns
    -------
    pathlib.Path
        A folder that transformers reads, in the cache. One that was made of the same is taken as it is.

    Raises
    ------
    BadValue
        If the checkpoint is no decoder, or a demonstration is too long.
    IsoglossError
        If memory or disk do not suffice, which is said before the work.
    """
    tuning = tuning or Tuning()
    folder = locate(str(checkpoint))
    check_decoder(folder)
    identity = {
        "checkpoint": fingerprint(folder), "method": method, "version": VERSION, "tuning": tuning.parameters,
        "demonstrations": [list(one) for one in demonstrations], "seed": seed,
    }  # fmt: skip
    key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]
    target = cache_folder() / "tuned" / f"{method}-{key}"
    if (target / RECORD).is_file():
        return target
    begin = folder if method == "sft" else tune(folder, "sft", demonstrations, tuning, seed=seed)
    check_room(folder)
    with threads_restored(), atomic_folder(target) as made:
        _train(begin, method, demonstrations, tuning, seed, made)
        (made / RECORD).write_text(json.dumps(identity, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return target


def _train(
    begin: Path, method: Method, demonstrations: Sequence[Demonstration], tuning: Tuning, seed: int, made: Path
) -> None:
    from isogloss.lab.tuning.training import train_on_answers, train_on_preferences
    from isogloss.models.decoder import load_decoder

    start_torch()
    decoder = load_decoder(begin)
    if method == "sft":
        train_on_answers(decoder, demonstrations, tuning)
    else:
        train_on_preferences(decoder, demonstrations, method, tuning, seed)
    decoder.model.save_pretrained(made)
    load_tokenizer(begin).save_pretrained(made)


def check_decoder(folder: Path) -> None:
    """Refuse what cannot be trained to answer.

    Raises
    ------
    BadValue
    """
    is_seq2seq = bool(getattr(configuration(folder), "is_encoder_decoder", False))
    if is_seq2seq or not is_causal(folder):
        kind = "an encoder-decoder" if is_seq2seq else "a masked model"
        raise BadValue(
            f"{kind} cannot be trained on demonstrations", where=f"checkpoint {folder}", hint="choose a decoder"
        )


def memory_of_training(folder: Path) -> int:
    """Bytes that training takes at most, without what libraries and logits take."""
    return BYTES * Weights(folder).parameters


def disk_of_training(folder: Path) -> int:
    """Bytes that a trained model takes."""
    return 4 * Weights(folder).parameters


def check_room(folder: Path) -> None:
    """Say before the work that it takes more memory or disk than there is.

    Raises
    ------
    IsoglossError
    """
    free = free_memory()
    needed = memory_of_training(folder)
    if free is not None and needed > free:
        raise IsoglossError(
            f"training takes about {needed / 1e9:.1f} GB of memory, and there are {free / 1e9:.1f} GB",
            where=f"checkpoint {folder}", hint="take a smaller model",
        )  # fmt: skip
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    disk, size = shutil.disk_usage(cache).free, disk_of_training(folder)
    if size > disk:
        raise IsoglossError(
            f"a trained model takes {size / 1e9:.1f} GB of disk, and there are {disk / 1e9:.1f} GB",
            where=str(cache), hint="set ISOGLOSS_CACHE to a folder with more room",
        )  # fmt: skip
