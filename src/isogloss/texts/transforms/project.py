"""`project`: each text in another language, with tags of its words carried along linked words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from isogloss.texts.aligners import Bitext, read_aligner
from isogloss.texts.projection import Projection
from isogloss.texts.projection.probable import project_probable
from isogloss.texts.projection.scorers import read_span_scorer
from isogloss.texts.projection.spans import is_spans, project_spans
from isogloss.texts.projection.tags import project_tags
from isogloss.texts.transforms import Item, Outcome
from isogloss.texts.transforms.translate import Translate, translated_words

NO_TAG = "has no tag in the source"


@dataclass(frozen=True)
class Project(Translate):
    """Translate texts, and carry the tags of their words or spans over.

    Parameters
    ----------
    method : {"alignment", "candidates", "constrained"}, default "alignment"
        Along linked words; or, for tags of spans, to the stretch that is the most probable translation, or by markers
        that are put where the translation is the most probable, see `isogloss.texts.project_probable`.
    aligner : dict
        `name` and parameters of an aligner, for "alignment".
    scorer : dict
        `name` and parameters of a span scorer, for the others.

    Notes
    -----
    The others are those of `translate`. Tags that are not carried are None, and counted by reason.
    """

    name: ClassVar[str] = "project"

    method: Literal["alignment", "candidates", "constrained"] = "alignment"
    aligner: dict[str, Any] = field(default_factory=lambda: {"name": "argmax"})
    scorer: dict[str, Any] = field(default_factory=lambda: {"name": "encoder"})

    def describe(self, origin: str, into: str) -> str:
        """The translator and what carries tags, with their versions."""
        by = read_aligner(self.aligner) if self.method == "alignment" else read_span_scorer(self.scorer)
        return f"{super().describe(origin, into)}, {by.describe()}"

    def apply(self, items: Sequence[Item], origin: str, into: str) -> Outcome:
        every, _, dropped = translated_words(items, self.translator, origin, into)
        words = {item.id: own for item, own in zip(items, every, strict=True)}
        for item in items:
            if not item.tags or None in item.tags:
                dropped.setdefault(item.id, NO_TAG)
        kept = [item for item in items if item.id not in dropped]
        tags = [[str(tag) for tag in item.tags] for item in kept]
        bitext = Bitext([item.words for item in kept], [words[item.id] for item in kept])
        found = self._projected(bitext, tags, origin, into)
        made = [
            Item(item.id, words[item.id], item.label, tuple(own)) for item, own in zip(kept, found.labels, strict=True)
        ]
        return Outcome(made, dropped, found.unlabelled)

    def _projected(self, bitext: Bitext, tags: list[list[str]], origin: str, into: str) -> Projection:
        if self.method != "alignment":
            return project_probable(bitext, tags, read_span_scorer(self.scorer), origin, into, method=self.method)
        links = read_aligner(self.aligner).align(bitext)
        return project_spans(bitext, tags, links) if is_spans(tags) else project_tags(bitext, tags, links)
