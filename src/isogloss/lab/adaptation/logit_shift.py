"""`logit-shift`: a decoder whose answers a small tuned model moves, while its own weights stay."""

from __future__ import annotations

import shutil
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.adaptation import Adaptation, Inputs
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.merge import check_tokens
from isogloss.lab.adaptation.vocabulary.beginnings import token_map
from isogloss.lab.adaptation.vocabulary.spelling import Vocabulary
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.checkpoints import fingerprint, is_causal, locate
from isogloss.models.shifted import MAP, SETTING, TUNED, UNTUNED, shift_of

MOST_SCRIPTS = 8
"""Scripts that facts name."""


@dataclass(frozen=True)
class LogitShift(Adaptation):
    """A decoder with the difference that tuning made in a small one, added to its log-probabilities when it answers.

    Parameters
    ----------
    tuned : str, default ""
        The small checkpoint after tuning.
    untuned : str, default ""
        The same before; both have the same tokens, which need not be those of the large one.
    alpha : float, default 1.0
        How much of the difference is added; below 0 it is taken away.

    Notes
    -----
    Wu et al. (2024, Cross-model control); the difference of a tuned and an untuned small model is that of Liu et al.
    (2024, Tuning language models by proxy). There the small model is tuned beside a frozen large one; here it is tuned
    alone. The folder holds both small models. Programs other than isogloss load the large model without the shift.
    """

    name: ClassVar[str] = "logit-shift"
    unlabelled: ClassVar[tuple[str, ...]] = ("untuned",)
    partners: ClassVar[tuple[str, ...]] = ("tuned", "untuned")

    tuned: str = ""
    untuned: str = ""
    alpha: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("tuned", "untuned"):
            if not getattr(self, name):
                raise BadValue("no small checkpoint", where=name, hint=f'give {name}="folder"')

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        small = [locate(self.tuned), locate(self.untuned)]
        for folder in (source.folder, *small):
            if not is_causal(folder):
                raise BadValue("is no decoder", where=f"checkpoint {folder}", hint="choose a decoder")
        for folder in small:
            if shift_of(folder):
                raise BadValue("is shifted itself", where=f"checkpoint {folder}", hint="give a plain checkpoint")
        check_tokens(*small)
        prints = {name: fingerprint(folder) for name, folder in zip(("tuned", "untuned"), small, strict=True)}
        draft.write("config.json", source.config | {SETTING: {"alpha": self.alpha, **prints}})
        for folder, name in zip(small, (TUNED, UNTUNED), strict=True):
            _copy(folder, draft.folder / name)
        ids, _ = token_map(Vocabulary.read(source.folder), Vocabulary.read(small[0]))
        draft.write(MAP, ids.tolist())
        for name in draft.steps(source.names):
            draft.put(name, {name: source[name]})

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        """Which share of the tokens of each script has one in the small vocabulary."""
        large = Vocabulary.read(target.folder)
        ids, exact = token_map(large, Vocabulary.read(target.folder / TUNED))
        scripts = np.full(len(ids), "", object)
        for token, place in large.ids.items():
            scripts[place] = _script(large.text_of(token).decode(errors="ignore"))
        common = [name for name, _ in Counter(scripts[scripts != ""].tolist()).most_common(MOST_SCRIPTS)]
        shares = {"mapped": ids >= 0, "same_text": exact}
        return {
            what: {name: round(float(which[scripts == name].mean()), 3) for name in common}
            for what, which in shares.items()
        }


def _copy(folder: Path, into: Path) -> None:
    """What transformers reads of a checkpoint."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix in (".safetensors", ".json", ".txt", ".model"):
            shutil.copyfile(path, into / path.name)


def _script(text: str) -> str:
    """The script of the first letter, as its Unicode name begins; empty without a letter."""
    letter = next((one for one in text if one.isalpha()), "")
    return unicodedata.name(letter, "").partition(" ")[0].title() if letter else ""
