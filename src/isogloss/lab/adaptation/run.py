"""Making a checkpoint from another: named by all that enters, made once, gone on with where it was stopped."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile, BadValue, IsoglossError
from isogloss.files import cache_folder
from isogloss.lab.adaptation import Adaptation, Inputs, Texts, adaptations
from isogloss.lab.adaptation.card import CARD, adaptation_card, make_card, readme
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.losses import by_language, measure_texts
from isogloss.lab.adaptation.texts import check_texts, digest, divide
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.checkpoints import fingerprint, is_encoder_decoder, locate
from isogloss.models.rounded import SETTING
from isogloss.models.runtime import threads_restored
from isogloss.models.shifted import shift_of
from isogloss.progress import Progress


def adapt(
    checkpoint: str | Path, adaptation: str | Adaptation, *, corpus: Texts | None = None, seed: int = 0,
    into: str | Path | None = None, progress: Progress | None = None, max_minutes: float | None = None,
    max_memory_gb: float | None = None, measure: bool = True, **parameters: Any,
) -> Path:  # fmt: skip
    """Make a checkpoint from another.

    Parameters
    ----------
    checkpoint : str or pathlib.Path
        As `isogloss.models.locate` takes it; it is not changed.
    adaptation : str or Adaptation
        Name of a registered one, or one with its parameters.
    corpus : mapping of str to sequence of str, optional
        Texts by language. A tenth of each language, 100 texts at most, is held out: on these, the loss before and after
        is measured. The rest is what the adaptation learns from.
    seed : int, default 0
    into : str or pathlib.Path, optional
        Folder to make; by default one in the cache, named by all that enters. One that is there already and was made of
        the same is taken as it is.
    progress : Progress, optional
        Told how many steps are done.
    max_minutes : float, optional
        After which no further step is begun; the next call goes on from there.
    max_memory_gb : float, optional
        Memory that it may take; by default what the machine has free.
    measure : bool, default True
        Whether the loss of each language is measured; without, the texts that would be held out are not learnt from
        either, and the card has no losses.
    **parameters
        Of the adaptation.

    Returns
    -------
    pathlib.Path
        The folder: `model.safetensors`, configuration and tokenizer as transformers reads them, `README.md` (a model
        card) and `adaptation.json`, the card as values, see `isogloss.lab.adaptation_card`.

    Raises
    ------
    InputError
        If the checkpoint, the texts or the parameters do not suit; the folder holds something else.
    IsoglossError
        If it would take more memory than there is, or time is up.
    """
    chosen = adaptation if isinstance(adaptation, Adaptation) else adaptations.get(adaptation).read(parameters)
    folder = locate(str(checkpoint))
    source = Weights(folder)
    _check_kind(folder, chosen)
    if shift_of(folder):
        raise BadValue("its logits are shifted already", where=f"checkpoint {folder}", hint="shift last, and once")
    if SETTING in source.config:
        raise BadValue("rounds states when it runs", where=f"checkpoint {folder}", hint="round states last, and once")
    if chosen.needs_texts and not corpus:
        raise BadValue(f"{chosen.name} needs texts", where="corpus", hint='give corpus={"eng": [...], "swh": [...]}')
    learnt, held_out = divide(check_texts(corpus, translations=chosen.needs_translations)) if corpus else ({}, {})
    identity = {
        "checkpoint": fingerprint(folder), **chosen.identity, "seed": seed, "corpus": digest(corpus or {}),
        **({} if measure else {"measure": False}),
    }  # fmt: skip
    key = hashlib.sha256(json.dumps(identity, sort_keys=True, default=list).encode()).hexdigest()[:32]
    target = Path(into) if into is not None else cache_folder() / "adapted" / f"{chosen.name}-{key}"
    if _is_made(target, key):
        return target
    _check_memory(chosen.memory(source), chosen.name, max_memory_gb)
    place = target.parent / f".{target.name}.{key[:12]}"
    with _alone(place, target, max_minutes), threads_restored():
        if _is_made(target, key):
            return target
        draft = Draft(place, chosen.label, progress, max_minutes)
        if not (draft.folder / "model.safetensors").is_file():
            chosen.apply(source, Inputs(learnt, seed, held_out), draft)
            draft.copy_others(source)
            draft.finish()
        losses = _losses(folder, draft.folder, held_out if measure else {})
        facts = chosen.facts(source, Weights(draft.folder))
        card = make_card(str(checkpoint), source, chosen, seed, learnt, losses, facts) | {"key": key}
        draft.write(CARD, card)
        (draft.folder / "README.md").write_text(readme(card), encoding="utf-8")
        try:
            os.rename(draft.folder, target)
        except OSError:
            if not _is_made(target, key):
                raise BadFile("cannot be made", where=str(target), hint="choose another place") from None
            shutil.rmtree(draft.folder, ignore_errors=True)
    return target


@contextmanager
def _alone(place: Path, target: Path, max_minutes: float | None) -> Iterator[None]:
    """Wait until no other process makes the same checkpoint; a process that ends, however it does, lets go of it.

    Raises
    ------
    IsoglossError
        If time is up before.
    """
    from filelock import FileLock, Timeout

    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{place}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        warnings.warn(f"waiting for another process that makes {target}", stacklevel=3)
        try:
            lock.acquire(timeout=-1 if max_minutes is None else 60 * max_minutes)
        except Timeout:
            reason = "is still being made by another process"
            raise IsoglossError(reason, where=str(target), hint="run it again once that has ended") from None
    try:
        yield
        with suppress(OSError):  # whoever has it open already finds the checkpoint made
            os.unlink(lock.lock_file)
    finally:
        lock.release()


def _check_kind(folder: Path, chosen: Adaptation) -> None:
    """Refuse encoder-decoders to what is not for them."""
    if is_encoder_decoder(folder) and not chosen.of_encoder_decoders:
        able = [name for name, one in adaptations.items() if one.of_encoder_decoders]
        raise BadValue(
            f"is an encoder-decoder, which {chosen.name} is not for", where=f"checkpoint {folder}",
            hint=f"give an encoder or a decoder; for encoder-decoders there is {', '.join(able)}",
        )  # fmt: skip


def _is_made(target: Path, key: str) -> bool:
    """Whether a folder holds what would be made.

    Raises
    ------
    BadFile
        If it holds something else.
    """
    if not target.exists() or not any(target.iterdir()):
        return False
    if (target / CARD).is_file() and adaptation_card(target).get("key") == key:
        return True
    raise BadFile("holds something else", where=str(target), hint="name a new folder")


def _check_memory(needed: int, name: str, most_gb: float | None) -> None:
    """Say before the work that it takes more memory than there is."""
    free = free_memory() if most_gb is None else int(most_gb * 1e9)
    if free is not None and needed > free:
        raise IsoglossError(
            f"{name} takes about {needed / 1e9:.1f} GB of memory, and there are {free / 1e9:.1f} GB",
            hint="take a smaller checkpoint, or a machine with more memory",
        )


def free_memory() -> int | None:
    """Bytes of memory that the machine has to give; None where nobody tells."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return None


def _losses(before: Path, after: Path, held_out: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Loss of each language before and after."""
    if not held_out:
        return []
    tables = measure_texts(before, held_out), measure_texts(after, held_out, before)
    return by_language(*tables).to_dicts()
