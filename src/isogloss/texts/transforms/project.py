"""`project`: each text in another language, with tags of its words carried along linked words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from isogloss.texts.aligners import Bitext, read_aligner
from isogloss.texts.projection import Projection
from isogloss.texts.projection.files import Sentences
from isogloss.texts.projection.markers import translate_marked
from isogloss.texts.projection.placeholders import translate_templates
from isogloss.texts.projection.probable import project_probable
from isogloss.texts.projection.scorers import read_span_scorer
from isogloss.texts.projection.spans import is_spans, project_spans
from isogloss.texts.projection.tags import project_tags
from isogloss.texts.transforms import Item, Outcome
from isogloss.texts.transforms.translate import Translate, translated_words
from isogloss.texts.translators import read_translator

NO_TAG = "has no tag in the source"


@dataclass(frozen=True)
class Project(Translate):
    """Translate texts, and carry the tags of their words or spans over.

    Parameters
    ----------
    method : {"alignment", "candidates", "constrained", "markers", "placeholders"}, default "alignment"
        Along linked words; or, for tags of spans, to the stretch that is the most probable translation, or by markers
        that are put where the translation is the most probable, see `isogloss.texts.project_probable`; or between
        markers that go through the translator, see `isogloss.texts.translate_marked`; or with placeholders that do, for
        values that stay as they are, see `isogloss.texts.translate_templates`.
    aligner : dict
        `name` and parameters of an aligner, for "alignment".
    scorer : dict
        `name` and parameters of a span scorer, for "candidates" and "constrained".

    Notes
    -----
    The others are those of `translate`. Tags that are not carried are None, and counted by reason.
    """

    name: ClassVar[str] = "project"

    method: Literal["alignment", "candidates", "constrained", "markers", "placeholders"] = "alignment"
    aligner: dict[str, Any] = field(default_factory=lambda: {"name": "argmax"})
    scorer: dict[str, Any] = field(default_factory=lambda: {"name": "encoder"})

    @property
    def label(self) -> str:
        """The name with the translator and what carries tags."""
        by = [read_translator(self.translator).label]
        if self.method == "alignment":
            by.append(read_aligner(self.aligner).label)
        elif self.method in ("candidates", "constrained"):
            by.append(read_span_scorer(self.scorer).label)
        return f"{self.name}({','.join([*by, *self.changed('translator', 'aligner', 'scorer')])})"

    def describe(self, origin: str, into: str) -> str:
        """The translator and what carries tags, with their versions."""
        if self.method in ("markers", "placeholders"):
            return f"{super().describe(origin, into)}, {self.method}"
        by = read_aligner(self.aligner) if self.method == "alignment" else read_span_scorer(self.scorer)
        return f"{super().describe(origin, into)}, {by.describe()}"

    def apply(self, items: Sequence[Item], origin: str, into: str) -> Outcome:
        if self.method in ("markers", "placeholders"):
            return self._marked(items, origin, into)
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

    def _marked(self, items: Sequence[Item], origin: str, into: str) -> Outcome:
        tagged = [item for item in items if item.tags and None not in item.tags]
        words, tags = ([list(map(str, getattr(item, name))) for item in tagged] for name in ("words", "tags"))
        given = Sentences([item.id for item in tagged], [item.written for item in tagged], words, tags)
        carry = translate_marked if self.method == "markers" else translate_templates
        found = carry(given, read_translator(self.translator), origin, into)
        made = [
            Item(tagged[place].id, tuple(own), tagged[place].label, tuple(labels))
            for place, own, labels in zip(found.kept, found.target.words, found.projection.labels, strict=True)
        ]
        dropped = {item.id: NO_TAG for item in items if not item.tags or None in item.tags}
        dropped |= {tagged[place].id: reason for place, reason in found.left_out.items()}
        return Outcome(made, dropped, measures={"markers_whole": found.whole / max(1, found.marked)})

    def _projected(self, bitext: Bitext, tags: list[list[str]], origin: str, into: str) -> Projection:
        if self.method != "alignment":
            assert self.method in ("candidates", "constrained")  # others go through the translator
            return project_probable(bitext, tags, read_span_scorer(self.scorer), origin, into, method=self.method)
        links = read_aligner(self.aligner).align(bitext)
        return project_spans(bitext, tags, links) if is_spans(tags) else project_tags(bitext, tags, links)
