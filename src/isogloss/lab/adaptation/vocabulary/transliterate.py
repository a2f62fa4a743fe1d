"""`vocabulary-transliterate`: a model that reads its languages in another script, without training."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Literal

from scipy.sparse import csr_array

from isogloss.errors import BadValue, UnknownName
from isogloss.lab.adaptation import OVERHEAD, Adaptation, Inputs
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.tokenizer_file import SEPARATE, merges_of, token_ids, write_settings
from isogloss.lab.adaptation.vocabulary.extend import check_old_texts
from isogloss.lab.adaptation.vocabulary.initialised import flat
from isogloss.lab.adaptation.vocabulary.learning import Pair, with_tokens
from isogloss.lab.adaptation.vocabulary.record import bytes_by_language, facts_of, write_record
from isogloss.lab.adaptation.vocabulary.rows import Combination, evenly, weights_of, write_rows
from isogloss.lab.adaptation.vocabulary.spelling import BYTE, LETTERS, SPACE, Vocabulary
from isogloss.lab.adaptation.vocabulary_trim import LARGEST_TOKENIZER, in_scripts
from isogloss.lab.adaptation.weights import Weights
from isogloss.texts.transforms.transliterate import Transliterate

ALONE = "\u0314"
"""What ICU writes before a vowel sign that has no consonant before it; within a word it does not stand there."""
Sources = dict[str, list[int]]
"""New tokens as they are spelt, each with the old ones that are written like it in the other script."""


@dataclass(frozen=True)
class VocabularyTransliterate(Adaptation):
    """Adds every token once more in another script, with the row of the token, or of all that are written alike there.

    Parameters
    ----------
    rules : str, default "Any-Latin; Latin-ASCII"
        Rules of ICU, as of the transform `transliterate`; the texts have to be written by the same.
    characters : str, default ""
        Table with the columns `source` and `target`, as of `transliterate`, in place of the rules.
    scripts : list of str, default []
        ISO 15924 codes: tokens whose letters are all of these scripts alone; all tokens by default.
    merge : {"mean", "max", "min"}, default "mean"
        Of several tokens that are written alike, the mean of their rows and scores, or the row and the score of the
        one with the highest or the lowest score. Only pieces of a unigram model have scores.
    keep : list of str, default []
        Languages of the texts that are to be cut as before: new tokens that stand in their texts are left out.

    Notes
    -----
    Liu et al. (2025, TransMI: a framework to create strong baselines from multilingual pretrained language models for
    transliterated data). Old tokens keep ids, rows and scores, and one that is spelt like a new one stands for it. A
    text in which no new token stands is cut as before and gets the same states. A byte-pair tokenizer gets the tokens
    that one merge makes of what it cuts them into.
    """

    name: ClassVar[str] = "vocabulary-transliterate"

    rules: str = "Any-Latin; Latin-ASCII"
    characters: str = ""
    scripts: tuple[str, ...] = ()
    merge: Literal["mean", "max", "min"] = "mean"
    keep: tuple[str, ...] = ()

    @property
    def transform(self) -> Transliterate:
        """What writes tokens in the other script."""
        return Transliterate(characters=self.characters) if self.characters else Transliterate(rules=self.rules)

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the table stands for its place."""
        own = {name: value for name, value in self.parameters.items() if name not in ("rules", "characters")}
        return super().identity | {"parameters": own, "transform": self.transform.identity}

    @property
    def needs_texts(self) -> bool:
        return bool(self.keep)

    def learns_from(self, languages: Collection[str]) -> list[str]:
        return [*self.keep]

    def memory(self, source: Weights) -> int:
        return 2 * max(source.largest, LARGEST_TOKENIZER) + OVERHEAD  # two tokenizers, and then the rows

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        rows = self._combination(source, inputs, draft)  # tokenizers are gone before the rows are made
        write_rows(source, draft, rows, rows, inputs.seed)

    def _combination(self, source: Weights, inputs: Inputs, draft: Draft) -> Combination:
        """Write the longer tokenizer, and say where the rows of its tokens come from."""
        old = Vocabulary.read(source.folder)
        _check_kind(old, self.merge)
        for code in self.keep:
            if code not in inputs.texts:
                raise UnknownName("language of the texts", code, [*inputs.texts])
        scores = _scores(old)
        sources = self._sources(old)
        before = bytes_by_language(old, inputs.held_out)
        old.release()
        new = _longer(old, sources, self.merge, [text for code in self.keep for text in inputs.texts[code]])
        made = {place: sources[token] for token, place in new.ids.items() if place >= old.size}
        if not made:
            kept_out = f", but {len(sources)} that stand in the texts of keep, or cannot be merged" if sources else ""
            raise BadValue(
                f"give no new token{kept_out}", where=self.characters or self.rules,
                hint="take rules that change the letters of the tokenizer, or fewer languages to keep",
            )  # fmt: skip
        if self.keep:
            check_old_texts(old, new, flat(inputs.texts), self.name)
        kept = {place: place for place in range(old.size)}
        chosen = {place: _chosen(some, scores, self.merge) for place, some in made.items()}
        shape = new.size, old.size
        weights = csr_array(weights_of({new: {before: 1.0} for new, before in kept.items()}, shape))
        rows = Combination(csr_array(weights + evenly(chosen, shape)), "mean")
        draft.write("tokenizer.json", new.tokenizer)
        write_settings(source.folder, draft, kept, new.size)
        draft.copy_others(source, without=SEPARATE)
        write_record(
            draft, old, new, len({*old.ids.values(), *old.added.values()}), rows, inputs.held_out, before,
            tokens_written_alike=sum(len(some) > 1 for some in made.values()), tokens_left_out=len(sources) - len(made),
            texts_with_new_tokens={code: _share(new, list(some), old.size) for code, some in inputs.held_out.items()},
            written_by=self.transform.describe("", "") or self.characters,
        )  # fmt: skip
        return rows

    def _sources(self, old: Vocabulary) -> Sources:
        """New tokens, single letters first, then in the order of the first of the old ones."""
        places = sorted(old.ids.values())
        chosen = in_scripts(old.pieces, places, self.scripts) if self.scripts else set(places)
        texts = {place: _text(old, token) for token, place in old.ids.items() if place in chosen}
        words = sorted({text.strip() for text in texts.values()} - {""})
        written = dict(zip(words, self.transform.written(words), strict=True))
        found: Sources = {}
        spelling = Spelling(old)
        for place in places:
            text = texts.get(place, "").strip()
            other = written.get(text, text).lstrip(ALONE)
            token = spelling.token(other, begins=texts[place] != text) if other != text else ""
            if token and token not in old.ids and token not in old.added:
                found.setdefault(token, []).append(place)
        return dict(sorted(found.items(), key=lambda one: (len(one[0]) > 1, one[1][0])))

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        return facts_of(source, target)


def _check_kind(old: Vocabulary, merge: str) -> None:
    """Make sure that tokens can be spelt and merged.

    Raises
    ------
    BadValue
        If they cannot.
    """
    model = old.tokenizer["model"]
    if model["type"] == "BPE" and (model.get("continuing_subword_prefix") or model.get("end_of_word_suffix")):
        raise BadValue(
            "its byte pairs mark the ends of words", where="checkpoint", hint="take one that marks their beginnings"
        )
    if merge != "mean" and model["type"] != "Unigram":
        raise BadValue(
            f"'{merge}' goes by scores, which tokens of {model['type']} have not", where="merge", hint='take "mean"'
        )


def _text(vocabulary: Vocabulary, token: str) -> str:
    """The text that a token stands for; nothing for parts of letters."""
    if vocabulary.style == "pieces" and BYTE.fullmatch(token):
        return ""
    try:
        return vocabulary.text_of(token).decode()
    except UnicodeDecodeError:
        return ""


class Spelling:
    """How a vocabulary spells texts as single tokens.

    Parameters
    ----------
    vocabulary : Vocabulary
    """

    def __init__(self, vocabulary: Vocabulary):
        inner = vocabulary.pieces.inner
        self._vocabulary, self._normalizer, self._cutter = vocabulary, inner.normalizer, inner.pre_tokenizer

    def token(self, text: str, *, begins: bool) -> str:
        """A text as a token; nothing where that would never stand in a text.

        Parameters
        ----------
        text : str
        begins : bool
            Whether it begins a word.
        """
        plain = (self._normalizer.normalize_str(text) if self._normalizer else text).strip(f" {SPACE}")
        space = " " * begins
        if not plain or any(map(str.isspace, plain)) or not self._is_whole(space + plain):
            return ""
        if self._vocabulary.style == "bytes":
            return "".join(LETTERS[value] for value in (space + plain).encode())
        if self._vocabulary.style == "words":
            return plain if begins else self._vocabulary.prefix + plain
        return SPACE * begins + plain

    def _is_whole(self, text: str) -> bool:
        return self._cutter is None or len(self._cutter.pre_tokenize_str(text)) == 1


def _scores(vocabulary: Vocabulary) -> list[float]:
    """Of the pieces of a unigram model; none of others."""
    model = vocabulary.tokenizer["model"]
    return [score for _, score in model["vocab"]] if model["type"] == "Unigram" else []


def _chosen(places: Sequence[int], scores: Sequence[float], merge: str) -> list[int]:
    """Which of the old tokens a new one is made from."""
    best = {"max": max, "min": min}.get(merge)
    return [best(places, key=lambda place: scores[place])] if best else [*places]


def _longer(old: Vocabulary, sources: Sources, merge: str, texts: Sequence[str]) -> Vocabulary:
    """The vocabulary with new tokens, but those that stand in some texts."""
    left = dict(sources)
    while True:
        new = Vocabulary(_with(old, left, merge), old.roles)
        spelt = {place: token for token, place in new.ids.items()}
        seen = {spelt[place] for ids in new.encode(texts) for place in ids if place >= old.size}
        if not seen:
            return new
        left = {token: some for token, some in left.items() if token not in seen}


def _with(old: Vocabulary, sources: Sources, merge: str) -> dict[str, Any]:
    """The tokenizer with new tokens."""
    scores = _scores(old)
    if old.tokenizer["model"]["type"] == "BPE":
        return with_tokens(old.tokenizer, merged_once(old.tokenizer, sources))
    longer = with_tokens(old.tokenizer, [(token, None) for token in sources])
    if scores:
        vocabulary = longer["model"]["vocab"]
        for place, some in enumerate(sources.values(), len(vocabulary) - len(sources)):
            chosen = _chosen(some, scores, merge)
            vocabulary[place][1] = sum(scores[one] for one in chosen) / len(chosen)
    return longer


def merged_once(tokenizer: Mapping[str, Any], tokens: Iterable[str]) -> list[tuple[str, Pair | None]]:
    """Those tokens that byte pairs make with one merge more each, after all that there are.

    Parameters
    ----------
    tokenizer : mapping
        What `tokenizer.json` holds.
    tokens : iterable of str
        As they are spelt, in the order in which they are taken.

    Returns
    -------
    list of (str, (str, str) or None)
        Each token with the two that it is merged from; None for a single letter.
    """
    ranks = {pair: place for place, pair in enumerate(merges_of(tokenizer["model"]))}
    there, found = {*token_ids(tokenizer)}, list[tuple[str, Pair | None]]()
    for token in tokens:
        parts = _by_merges(token, ranks)
        if len(parts) == 2 and there.issuperset(parts):
            ranks[parts[0], parts[1]] = len(ranks)
        elif len(parts) > 1 or len(token) > 1:
            continue
        there.add(token)
        found.append((token, (parts[0], parts[1]) if len(parts) == 2 else None))
    return found


def _by_merges(token: str, ranks: Mapping[Pair, int]) -> list[str]:
    """What merges make of the letters of a token, those of the lowest rank first."""
    parts = [*token]
    while True:
        known = [(ranks[pair], place) for place, pair in enumerate(pairwise(parts)) if pair in ranks]
        if not known:
            return parts
        _, place = min(known)
        parts[place : place + 2] = ["".join(parts[place : place + 2])]


def _share(vocabulary: Vocabulary, texts: list[str], size: int) -> float:
    """The share of texts in which a new token stands."""
    return round(sum(max(ids, default=0) >= size for ids in vocabulary.encode(texts)) / max(1, len(texts)), 4)
