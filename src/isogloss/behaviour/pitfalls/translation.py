"""Questions and sentences that a translator puts into the other language."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from isogloss.behaviour.items import WORDINGS
from isogloss.behaviour.pitfalls.pairs import ENGLISH
from isogloss.behaviour.pitfalls.sentences import TEMPLATES, WRONG, Sentence
from isogloss.models.inputs import SLOT
from isogloss.texts.translations import Batch, translate_batch
from isogloss.texts.translators import Passage, Translator


def translate_questions(questions: pl.DataFrame, target: str, translator: Translator) -> pl.DataFrame:
    """Questions with those added in the target that only English has.

    Parameters
    ----------
    questions : polars.DataFrame
        See `isogloss.behaviour.read_questions`.
    target : str
    translator : Translator

    Returns
    -------
    polars.DataFrame
        As `questions`. A question is left out whose translation has lost its slot, is empty, or has two choices that
        are the same.

    Raises
    ------
    IsoglossError
        If the translator cannot translate into the language, or fails.
    """
    key = [name for name in ("task", "item") if name in questions.columns]
    there = questions.filter(language=target)
    missing = questions.filter(language=ENGLISH).join(there, on=key, how="anti", maintain_order="left")
    texts = [[row["question"], *row["choices"]] for row in missing.iter_rows(named=True)]
    passages = [Passage(text, str(item), part) for item, parts in zip(missing["item"], texts, strict=True)
                for part, text in enumerate(parts)]  # fmt: skip
    translations = iter(_translate(translator, passages, target))
    rows = []
    for row, parts in zip(missing.to_dicts(), texts, strict=True):
        question, *choices = (next(translations).strip() for _ in parts)
        if question.count(SLOT) != row["question"].count(SLOT) or not all((question, *choices)):
            continue
        if len({*choices}) == len(choices):
            added = {"language": target, "written": target, "question": question, "choices": choices}
            added["answers"] = [] if row["place"] is None else [choices[row["place"]]]
            rows.append(row | added | dict.fromkeys({*WORDINGS} & row.keys()))
    return pl.concat([questions, pl.DataFrame(rows, schema=questions.schema)])


def translated_sentences(target: str, translator: Translator) -> list[Sentence]:
    """The sentences of isogloss that name a wrong choice, as far as its place survives translation.

    None for a translator that looks texts up and does not translate others.
    """
    if not translator.kept:
        return []
    passages = [Passage(text, f"sentence {number}") for number, text in enumerate(TEMPLATES)]
    translations = _translate(translator, passages, target)
    return [Sentence(one.item, one.text, text) for one, text in zip(passages, translations, strict=True)
            if text.count(WRONG) == one.text.count(WRONG)]  # fmt: skip


def _translate(translator: Translator, passages: Sequence[Passage], target: str) -> list[str]:
    translator.check([(ENGLISH, target)])
    size = translator.together
    batches = [
        Batch(translator, tuple(passages[at : at + size]), ENGLISH, target) for at in range(0, len(passages), size)
    ]
    return [text for batch in batches for text in translate_batch(batch).texts]
