"""Adaptations one after the other, and the checkpoint that they make of another when it is first needed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from isogloss.evidence.schema import AS_IT_IS
from isogloss.files import cache_folder
from isogloss.lab.adaptation import Adaptation
from isogloss.lab.adaptation.card import CARD, adaptation_card
from isogloss.lab.adaptation.run import adapt
from isogloss.lab.adaptation.texts_file import TextsFile
from isogloss.models.checkpoints import fingerprint, locate
from isogloss.parameters import labelled


@dataclass(frozen=True)
class Chain:
    """Adaptations, one after the other, and the languages whose texts they learn from.

    An expert is a chain itself, of the same checkpoint, texts and seed: what the first step takes, or what a step takes
    beside that.

    Attributes
    ----------
    steps : tuple of Adaptation
    calibration : tuple of str
        Languages, as the file of texts writes them; all of them where it is empty.
    seed : int
        Of the steps that draw at random.
    title : str
        What readers call it; by default its steps with their parameters.
    after : Chain, optional
        What makes the checkpoint that the first step takes; without, it takes the one that is adapted.
    experts : tuple of (str, Chain)
        What makes the other checkpoints of the steps, by the names that these have there.
    """

    steps: tuple[Adaptation, ...] = ()
    calibration: tuple[str, ...] = ()
    seed: int = 0
    title: str = ""
    after: Chain | None = None
    experts: tuple[tuple[str, Chain], ...] = ()

    @property
    def parts(self) -> list[Chain]:
        """The chains whose checkpoints it takes."""
        return [*([self.after] if self.after else []), *(expert for _, expert in self.experts)]

    @property
    def recipe(self) -> str:
        """What observations call it, whatever the seed."""
        if self.title:
            return self.title
        texts = [f"texts={'+'.join(self.calibration)}"] if self.calibration else []
        steps = [labelled(one.name, [*one.changed(), *texts]) for one in self.steps]
        return " then ".join([*([self.after.recipe] if self.after else []), *steps]) or AS_IT_IS

    @property
    def label(self) -> str:
        """The same with the seed, where that is not 0."""
        return f"{self.recipe}, seed {self.seed}" if self.seed else self.recipe

    @property
    def is_random(self) -> bool:
        """Whether another seed gives another checkpoint."""
        return any(one.is_random for one in self.steps) or any(part.is_random for part in self.parts)

    @property
    def identity(self) -> list[Any]:
        """What, beside checkpoint and texts, decides the weights, as plain values."""
        seed = [self.seed] if self.is_random else []
        made = {name: expert.identity for name, expert in self.experts}
        steps = [one.identity_with(made) if one.partners else one.identity for one in self.steps]
        return [steps, list(self.calibration), *seed, *([{"after": self.after.identity}] if self.after else [])]

    def seeded(self, seed: int) -> Chain:
        """The same with another seed, of what it takes too."""
        return replace(
            self, seed=seed, after=self.after and self.after.seeded(seed),
            experts=tuple((name, expert.seeded(seed)) for name, expert in self.experts),
        )  # fmt: skip


@dataclass(frozen=True)
class AdaptedCheckpoint:
    """What a chain makes of a checkpoint, named by all that enters, before it is made.

    Parameters
    ----------
    base : str
        The checkpoint, as `isogloss.models.locate` takes it.
    chain : Chain
        With at least one step.
    texts : TextsFile, optional
        What the adaptations learn from.
    """

    base: str
    chain: Chain
    texts: TextsFile | None = None

    @cached_property
    def revision(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of all that enters."""
        identity = [fingerprint(locate(self.base)), *self.chain.identity, self.texts.digest if self.texts else ""]
        return hashlib.sha256(json.dumps(identity, sort_keys=True, default=list).encode()).hexdigest()[:16]

    @property
    def folder(self) -> Path:
        """Where it lies, or will, in the cache."""
        return cache_folder() / "adapted" / f"chain-{self.revision}"

    @property
    def is_made(self) -> bool:
        """Whether it is there."""
        return (self.folder / CARD).is_file()

    def make(self) -> Path:
        """The folder in the cache, made if it is not there.

        Raises
        ------
        InputError, IsoglossError
            As `isogloss.lab.adapt` does.
        """
        target = self.folder
        if self.is_made:
            return target
        texts = self.texts.read() if self.texts else {}
        corpus = {code: texts[code] for code in self.chain.calibration or texts}
        made = {name: str(self._part(expert)) for name, expert in self.chain.experts}
        folder = self._part(self.chain.after) if self.chain.after else locate(self.base)
        for place, one in enumerate((one.with_partners(made) for one in self.chain.steps), start=1):
            into = target if place == len(self.chain.steps) else None
            folder = adapt(folder, one, corpus=corpus, seed=self.chain.seed, into=into, measure=False)
        return folder

    def _part(self, chain: Chain) -> Path:
        """What another chain makes of the same checkpoint and texts."""
        return replace(self, chain=chain).make()

    def details(self) -> dict[str, Any]:
        """What observations say of it: its steps, and the bytes that its weights take, integers packed as such."""
        folder = self.make()
        stored = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
        facts = adaptation_card(folder)["facts"]
        languages = self.chain.calibration or (self.texts.read() if self.texts else ())
        learnt = {code: None for one in self.chain.steps for code in one.learns_from(languages)}
        for part in self.chain.parts:
            learnt |= dict.fromkeys(replace(self, chain=part).details()["learnt"])
        earlier = replace(self, chain=self.chain.after).details()["adaptations"] if self.chain.after else []
        return {
            "adaptations": [*earlier, *(one.label for one in self.chain.steps)],
            "calibration": list(self.chain.calibration), "learnt": list(learnt),
            "bytes": facts.get("packed_bytes", stored), "facts": facts,
        }  # fmt: skip
