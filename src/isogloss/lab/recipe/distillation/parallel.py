"""`parallel-distil`: a student learns from translations what a teacher answers to the originals.

Gupta et al. 2023, Cross-lingual knowledge distillation for answer sentence selection in low-resource languages (CLKD).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.recipe import Apply, Arrays, Corpus, Rows, Training
from isogloss.lab.recipe.distillation import TargetTaughtRecipe
from isogloss.lab.recipe.wrapper import languages_of


@dataclass(frozen=True)
class ParallelDistil(TargetTaughtRecipe):
    """A teacher answers in the source; a student gives the same answers to translations, of which no label is read.

    Notes
    -----
    One training for each target. Translations are the training examples of the target whose item is also one of the
    source; the source's need not be among those that the teacher learns from. The student lowers the cross entropy of
    the teacher's shares; of rankings, that of how likely each document is right; of numbers, the squared error. The
    other parameters are those of `TrainedRecipe`, and of the student.
    """

    name: ClassVar[str] = "parallel-distil"
    answers: ClassVar[tuple[str, ...]] = ("label", "ranking", "value")

    @property
    def preparation(self) -> tuple[Any, ...]:
        return ("items", *super().preparation)

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Cut every text into tokens, and number the items."""
        numbers: dict[str, int] = {}
        items = [numbers.setdefault(item, len(numbers)) for some in corpus.train_items for item in some]
        return {**super().prepare(corpus, apply), "train_item_of": np.array(items, np.int64)}

    def lesson(self, prepared: Arrays, training: Training) -> tuple[Rows, Rows]:
        """The originals, and their translations.

        Raises
        ------
        BadValue
            If source and target share no item, or share them with other numbers of documents.
        """
        learnt, items = self.target_rows(prepared, training), prepared["train_item_of"]
        begins = np.concatenate([[0], np.cumsum(prepared["train_rows_of"])])
        sources = np.unique(languages_of(training.rows, begins))
        every = np.concatenate([np.arange(begins[one], begins[one + 1]) for one in sources])
        original = dict(zip(items[every[::-1]].tolist(), every[::-1].tolist(), strict=True)) if len(items) else {}
        learnt = np.array([row for row in learnt if len(items) and items[row] in original], np.int64)
        if not len(learnt):
            raise BadValue(
                "source and target share no item, so nothing is a translation", where=self.name,
                hint='name the column that tells which texts belong together: item = "..."',
            )  # fmt: skip
        read = np.array([original[item] for item in items[learnt].tolist()], np.int64)
        units = np.diff(prepared["train_units"])
        if uneven := int((units[read] != units[learnt]).sum()):
            raise BadValue(
                f"{uneven} items have other numbers of documents in source and target", where=self.name,
                hint="give the same documents in the same order in both",
            )  # fmt: skip
        return read, learnt
