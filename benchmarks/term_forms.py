"""How often a form of a word counts as the word, and another word as its form, by the similarity asked for.

    python -m benchmarks.term_forms    # a minute; needs the package simplemma (its lists of lemmas)

Nouns of UD texts whose lemma, by simplemma's lists, is another word than the form; each against its lemma, and against
the lemma of another noun, drawn. Similarities are compared on the first half of languages by name; the one that is used
is looked at on the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.languages import resolve
from isogloss.metrics.terms import INFLECTED, similarity

SIMILARITIES = (0.4, 0.5, 0.6, 0.7, 0.8)
MOST, LEAST = 1000, 100
STRANGE = ("hbs",)
"""Codes that are of several languages."""


def pairs_of(forms: list[str], code: str, seed: int) -> list[tuple[str, str]]:
    """Forms with their lemma, where that is another word."""
    from simplemma import lemmatize

    found = [(form, lemma) for form in forms if (lemma := lemmatize(form, lang=code).lower()) != form]
    order = np.random.default_rng(seed).permutation(len(found))[:MOST]
    return [found[place] for place in order]


def rates(pairs: list[tuple[str, str]], seed: int) -> dict[str, Any]:
    """Shares of forms that count as their word and as another, by similarity."""
    others = np.random.default_rng(seed).permutation(len(pairs))
    own = np.array([similarity(lemma, form) for form, lemma in pairs])
    other = np.array([
        similarity(pairs[there][1], pairs[here][0]) for here, there in enumerate(others)
        if pairs[there][1] != pairs[here][1]
    ])  # fmt: skip
    return {"forms": len(pairs), "own": {str(one): round(float((own >= one).mean()), 3) for one in SIMILARITIES},
            "another": {str(one): round(float((other >= one).mean()), 4) for one in SIMILARITIES}}  # fmt: skip


def main() -> None:
    """Measure every language that both have."""
    if not have_data("ud_pos.parquet"):
        return
    from simplemma.strategies.dictionaries import dictionary_factory

    codes = {resolve(code).iso639_3: code for code in dictionary_factory.SUPPORTED_LANGUAGES if code not in STRANGE}
    table = pl.read_parquet(DATA / "ud_pos.parquet", columns=["lang", "form", "upos"])
    found = {}
    for (language,), rows in table.group_by("lang", maintain_order=True):
        code = codes.get(str(language))
        if code is None:
            continue
        words = (
            rows.select(pl.col("form", "upos").explode()).filter(pl.col("upos") == "NOUN")["form"].str.to_lowercase()
        )
        pairs = pairs_of(sorted(words.unique().to_list()), code, 0)
        if len(pairs) >= LEAST:
            found[str(language)] = rates(pairs, 0)
    names = sorted(found)
    halves = {"chosen on": names[: len(names) // 2], "looked at": names[len(names) // 2 :]}
    means = {
        half: {kind: {str(one): round(float(np.mean([found[name][kind][str(one)] for name in some])), 4)
                      for one in SIMILARITIES} for kind in ("own", "another")}
        for half, some in halves.items()
    }  # fmt: skip
    write_result("term_forms", {
        "claim": f"With a similarity of {INFLECTED} most forms of nouns count as their word, and few other nouns do.",
        "machine": machine(), "versions": versions("simplemma", "polars"), "halves": halves, "means": means,
        "languages": found,
    })  # fmt: skip


if __name__ == "__main__":
    main()
