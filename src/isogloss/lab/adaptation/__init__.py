"""What every adaptation does and is given, and what comes of it: a checkpoint in, a checkpoint out, tensor by tensor.

The adaptations that come with isogloss have a file each here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from isogloss.models.checkpoints import fingerprint, locate
from isogloss.parameters import Parameterized
from isogloss.registry import Registry

if TYPE_CHECKING:
    from isogloss.lab.adaptation.draft import Draft
    from isogloss.lab.adaptation.weights import Weights

adaptations: Registry[type[Adaptation]] = Registry(
    "adaptation",
    {
        "continued-pretraining": "isogloss.lab.adaptation.continued_pretraining:ContinuedPretraining",
        "language-aware-pretraining": "isogloss.lab.adaptation.language_aware:LanguageAwarePretraining",
        "align-sentences": "isogloss.lab.adaptation.align:AlignSentences",
        "align-words": "isogloss.lab.adaptation.align:AlignWords",
        "code-switch-restore": "isogloss.lab.adaptation.restore:CodeSwitchRestore",
        "distil": "isogloss.lab.adaptation.distil:Distil",
        "distil-interpolated": "isogloss.lab.adaptation.distil:DistilInterpolated",
        "distil-fused": "isogloss.lab.adaptation.distil:DistilFused",
        "vocabulary-trim": "isogloss.lab.adaptation.vocabulary_trim:VocabularyTrim",
        "vocabulary-transplant": "isogloss.lab.adaptation.vocabulary.transplant:VocabularyTransplant",
        "vocabulary-extend": "isogloss.lab.adaptation.vocabulary.extend:VocabularyExtend",
        "vocabulary-transliterate": "isogloss.lab.adaptation.vocabulary.transliterate:VocabularyTransliterate",
        "magnitude-prune": "isogloss.lab.adaptation.prune:MagnitudePrune",
        "wanda-prune": "isogloss.lab.adaptation.prune:WandaPrune",
        "structured-prune": "isogloss.lab.adaptation.structured_prune:StructuredPrune",
        "quantise-int8": "isogloss.lab.adaptation.quantise:QuantiseInt8",
        "quantise-int4": "isogloss.lab.adaptation.quantise:QuantiseInt4",
        "quantise-dynamic-int8": "isogloss.lab.adaptation.quantise:QuantiseDynamicInt8",
        "layer-drop": "isogloss.lab.adaptation.layer_drop:LayerDrop",
        "layer-swap": "isogloss.lab.adaptation.merge:LayerSwap",
        "merge-adapters": "isogloss.lab.adapters:MergeAdapters",
        "instruction-lora": "isogloss.lab.adapters:InstructionLora",
        "language-preference": "isogloss.lab.adapters:LanguagePreference",
        "answer-preference": "isogloss.lab.adapters:AnswerPreference",
        "sampled-preference": "isogloss.lab.sampled_preference:SampledPreference",
        "logit-shift": "isogloss.lab.adaptation.logit_shift:LogitShift",
        "merge-average": "isogloss.lab.adaptation.merge:MergeAverage",
    },
    "isogloss.adaptations",
    base="isogloss.lab.adaptation:Adaptation",
)
"""Adaptations by name; other packages announce theirs in the entry-point group `isogloss.adaptations`."""

Texts = Mapping[str, Sequence[str]]
"""Texts by language."""

OVERHEAD = 300_000_000
"""Bytes that libraries take beside tensors."""


@dataclass(frozen=True)
class Inputs:
    """What enters an adaptation beside the checkpoint.

    Attributes
    ----------
    texts : mapping of str to sequence of str
        By language, what is learnt from: texts that are held out are not among them.
    seed : int
    held_out : mapping of str to sequence of str
        By language, what an adaptation may measure itself on, and never learns from.
    """

    texts: Texts = field(default_factory=dict)
    seed: int = 0
    held_out: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class Adaptation(Parameterized, ABC):
    """A way from one checkpoint to another.

    Attributes
    ----------
    name : str
        Name in the registry.
    version : int
        Raised whenever the same checkpoint, texts and seed would give other weights.
    of_encoder_decoders : bool
        Whether it is for encoder-decoders; all others are for encoders and decoders.
    partners : tuple of str
        Parameters that name other checkpoints.
    """

    version: ClassVar[int] = 1
    of_encoder_decoders: ClassVar[bool] = False
    partners: ClassVar[tuple[str, ...]] = ()

    @property
    def identity(self) -> dict[str, Any]:
        """What, beside checkpoint, texts and seed, decides the weights, as plain values.

        The content of other checkpoints stands for their place.
        """
        return self.identity_with({})

    def identity_with(self, planned: Mapping[str, Any]) -> dict[str, Any]:
        """The same, where other checkpoints are still to be made: what decides these, by name, stands for them."""

        def content(name: str) -> Any:
            return planned[name] if name in planned else fingerprint(locate(name))

        others = {
            key: [content(one) for one in value] if isinstance(value, tuple) else content(value)
            for key, value in self.parameters.items()
            if key in self.partners and value
        }
        return {"adaptation": self.name, "version": self.version, "parameters": self.parameters | others}

    @property
    def named_partners(self) -> list[str]:
        """Other checkpoints that it names."""
        values = [getattr(self, key) for key in self.partners]
        return [one for value in values for one in (value if isinstance(value, tuple) else (value,)) if one]

    def with_partners(self, made: Mapping[str, str]) -> Self:
        """The same with the places of other checkpoints for their names, where they are given."""

        def place(value: Any) -> Any:
            return tuple(map(place, value)) if isinstance(value, tuple) else made.get(value, value)

        return replace(self, **{key: place(getattr(self, key)) for key in self.partners})

    @property
    def needs_texts(self) -> bool:
        """Whether there is nothing to do without texts."""
        return False

    @property
    def is_random(self) -> bool:
        """Whether another seed gives another checkpoint."""
        return False

    def learns_from(self, languages: Collection[str]) -> list[str]:
        """Those of the languages of the texts that it learns from."""
        return [*languages] if self.needs_texts else []

    @property
    def needs_translations(self) -> bool:
        """Whether the texts of all languages have to be translations of one another, in one order."""
        return False

    def memory(self, source: Weights) -> int:
        """Bytes that it takes at most; by default those of two of the largest tensor, as tensors are streamed."""
        return 2 * source.largest + OVERHEAD

    @abstractmethod
    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        """Write every tensor of the new checkpoint, step by step, and what changes of its other files.

        Parameters
        ----------
        source : Weights
            The checkpoint; it is not changed.
        inputs : Inputs
        draft : Draft
            The new one. It leaves out steps that a run which was stopped has done.

        Raises
        ------
        InputError
            If the checkpoint or the texts do not suit.
        """

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        """What the card says of the result, as plain values, computed from both checkpoints."""
        return {}
