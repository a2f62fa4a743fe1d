"""`vocabulary-extend`: a model with more tokens, learnt from texts of chosen languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from isogloss.errors import BadValue, IsoglossError
from isogloss.lab.adaptation import Inputs
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.tokenizer_file import CHECKED, SEPARATE, write_settings
from isogloss.lab.adaptation.vocabulary.initialised import Exchange, InitialisedAdaptation, flat
from isogloss.lab.adaptation.vocabulary.learning import learn_tokens
from isogloss.lab.adaptation.vocabulary.record import facts_of, write_record
from isogloss.lab.adaptation.vocabulary.rows import write_rows
from isogloss.lab.adaptation.vocabulary.spelling import Vocabulary
from isogloss.lab.adaptation.weights import Weights
from isogloss.parameters import Count


@dataclass(frozen=True)
class VocabularyExtend(InitialisedAdaptation):
    """Adds tokens that are learnt from texts of chosen languages, and makes their rows from those of the old ones.

    Parameters
    ----------
    method : {"random", "mean", "pieces", "overlap", "focus", "omp", "aligned"}, default "pieces"
        How rows of new tokens are made: drawn at random, with mean and standard deviation of each dimension over the
        old tokens; that mean; the mean of the old tokens that the token's text is cut into; a mean of the most similar
        old tokens, or a sparse one (focus), or the sum that comes closest (omp); or a mean of the old tokens of
        translations.
    languages : list of str, default []
        Languages whose texts tokens are learnt from, and similarity; all by default.
    tokens : int, default 1000
        New tokens at most.
    min_count : int, default 2
        How often letters or pairs must stand in the texts to become tokens.
    helper : str, default ""
        A checkpoint with the new tokenizer, whose embeddings tell which tokens are similar; by default vectors learnt
        from the texts do.
    neighbours : int, default 10
        Tokens at most that a row is made of, by overlap and omp.
    pivot : str, default ""
        Language of the texts that the model knows, whose tokens are aligned with those of their translations.
    aligner : {"ibm1", "hmm"}, default "ibm1"
        What links words to their translations.

    Notes
    -----
    Old tokens keep their ids and rows. A text in which no new token stands is cut as before, and logits of the old
    tokens are the same; new tokens take a share of probability.
    """

    name: ClassVar[str] = "vocabulary-extend"

    tokens: Count = 1000
    min_count: Annotated[int, Ge(1)] = 2

    @property
    def needs_texts(self) -> bool:
        return True

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        old, texts = Vocabulary.read(source.folder), self.texts(inputs)
        new = Vocabulary(learn_tokens(old.tokenizer, flat(texts), self.tokens, self.min_count), old.roles)
        if new.size == old.size:
            raise BadValue(
                f"no pair of tokens stands in the texts {self.min_count} times", where="corpus",
                hint="give more texts, or a lower min_count",
            )  # fmt: skip
        check_old_texts(old, new, flat(inputs.texts), self.name)
        kept = {place: place for place in range(old.size)}
        both = self.combinations(Exchange(old, new, old.size, kept, texts, list(inputs.texts.get(self.pivot, ()))))
        draft.write("tokenizer.json", new.tokenizer)
        write_settings(source.folder, draft, kept, new.size)
        draft.copy_others(source, without=SEPARATE)
        write_record(draft, old, new, len({*old.ids.values(), *old.added.values()}), both[0], inputs.held_out)
        write_rows(source, draft, *both, inputs.seed)

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        return facts_of(source, target)


def check_old_texts(old: Vocabulary, new: Vocabulary, texts: list[str], where: str) -> None:
    """Make sure that texts without new tokens are cut as before.

    Raises
    ------
    IsoglossError
        If one is not.
    """
    some = texts[:CHECKED]
    for text, before, after in zip(some, old.encode(some), new.encode(some), strict=True):
        if max(after, default=0) < old.size and before != after:
            raise IsoglossError(
                f"the longer tokenizer cuts {text[:40]!r} in another way", where=where,
                hint="its kind cannot be extended",
            )  # fmt: skip
