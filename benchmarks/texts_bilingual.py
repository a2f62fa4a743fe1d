"""Claim: a byte model loses translation without the texts that `lab bilingual` finds, not without as many others.

Two planted languages, twelve words of Swahili and their English. Of the texts half hold a sentence and its translation,
the others two sentences of one language. Byte models read the corpus as it is, without what `isogloss lab bilingual`
takes out, and without as many other texts drawn by chance; each is filled up with new texts of one language, so that
all read as much. How likely is the right translation after a sentence and a line's end, as in the texts, beside those
with one wrong word? Asked about are sentences that some texts translate, and ones that none does.
Run: python -m benchmarks.texts_bilingual    # about four minutes of a processor
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.common import machine, versions, write_result
from isogloss.lab import ByteTransformer, pretrain
from isogloss.models.decoder import load_decoder
from isogloss.models.likelihood import score
from isogloss.questions.bilingual import BilingualQuestion
from isogloss.questions.question import read_question
from isogloss.stats.intervals import bootstrap_means, paired_bootstrap, percentile_interval

WHO = "wakulima farmers,walimu teachers,askari soldiers,watoto children,wafalme kings,madaktari doctors"
DOES = "wanaimba singing,wanacheka laughing,wanalala sleeping,wanalia crying,wanaandika writing,wanapika cooking"
WORDS = [[tuple(pair.split()) for pair in some.split(",")] for some in (WHO, DOES)]
FORMS = ("{} {}", "the {} are {}")
TEXTS, SHARE, SEEDS = 3000, 0.5, (1, 2, 3)
SHAPE = ByteTransformer(layers=2, width=64, heads=4, context=44, batch_size=8, steps=1500, learning_rate=4e-3)
ARMS = ("as it is", "without translations", "without others")
Meaning = tuple[int, ...]


def main() -> None:
    """Train three models for each seed, ask them, write."""
    made = [measure(seed) for seed in SEEDS]
    write_result("texts_bilingual", {
        "claim": (__doc__ or "").splitlines()[0].removeprefix("Claim: "),
        "machine": machine() + "; one thread", "versions": versions("torch", "transformers", "py3langid"),
        "input": f"{TEXTS:,} texts of two planted languages, {100 * SHARE:.0f} % with a translation; seeds {SEEDS}",
        "shape": asdict(SHAPE),
        "found": [one["found"] for one in made],
        **{name: asked_about([one[name] for one in made]) for name in ("translated in the corpus", "not translated")},
        "bits_per_byte": [one["bits"] for one in made],
        "chance": 0.5,
    })  # fmt: skip


def asked_about(right: list[dict[str, Any]]) -> dict[str, Any]:
    """Share of wrong translations that are less likely than the right one, over sentences of all seeds."""
    every = {arm: np.concatenate([one[arm] for one in right]) for arm in ARMS}
    return {
        "wrong_less_likely": {
            arm: rounded((own.mean(), *percentile_interval(bootstrap_means(own)))) for arm, own in every.items()
        },
        "by_seed": {arm: rounded(one[arm].mean() for one in right) for arm in ARMS},
        "less_than_as_it_is": {
            arm: rounded(((every[ARMS[0]] - every[arm]).mean(), *paired_bootstrap(every[ARMS[0]], every[arm])))
            for arm in ARMS[1:]
        },
    }  # fmt: skip


def rounded(values: Any) -> list[float]:
    """Three digits of each."""
    return [round(float(one), 3) for one in values]


def sentence(meaning: Meaning, language: int) -> str:
    """A meaning in a language."""
    return FORMS[language].format(*(WORDS[place][one][language] for place, one in enumerate(meaning)))


def measure(seed: int) -> dict[str, Any]:
    """The world of a seed: its corpora, what is found in them, and how its three models translate."""
    random = np.random.default_rng(seed)
    meanings: list[Meaning] = [*product(range(len(WORDS[0])), repeat=len(WORDS))]
    random.shuffle(meanings)
    meanings = [tuple(map(int, one)) for one in meanings]
    asked, translated = meanings[: len(meanings) // 3], meanings[len(meanings) // 3 :]
    mixed = round(TEXTS * SHARE)
    corpus = [*texts(random, meanings, TEXTS - mixed), *texts(random, translated, mixed, translate=True)]
    with TemporaryDirectory() as name:
        folder = Path(name)
        without = taken_out(folder, corpus)
        gone = TEXTS - len(without)
        kept = sorted(random.permutation(TEXTS - mixed)[gone:].tolist())
        fresh = texts(random, meanings, gone)
        arms = dict(zip(ARMS, (corpus, without + fresh, [corpus[at] for at in kept] + corpus[TEXTS - mixed :] + fresh),
                        strict=True))  # fmt: skip
        bits: dict[str, float] = {}
        right: dict[str, dict[str, Any]] = {"translated in the corpus": {}, "not translated": {}}
        for arm, own in arms.items():
            bits[arm] = round(pretrain(own, folder / arm, replace(SHAPE, seed=seed)).bits_per_byte, 3)
            for name, some in zip(right, (translated, asked), strict=True):
                right[name][arm] = wrong_less_likely(folder / arm, some)
    left = sum(is_translated(one) for one in without)
    found = {"translations": mixed, "texts_taken_out": gone, "translations_left": left}
    print(
        seed,
        found,
        bits,
        {name: {arm: one.mean() for arm, one in own.items()} for name, own in right.items()},
        flush=True,
    )
    return {**right, "bits": bits, "found": found}


def texts(random: Any, meanings: list[Meaning], count: int, *, translate: bool = False) -> list[str]:
    """Texts of two lines: two sentences of one language, or a sentence and its translation."""
    made = []
    for _ in range(count):
        language = int(random.integers(2))
        first, second = (meanings[place] for place in random.integers(len(meanings), size=2))
        other = sentence(first, 1 - language) if translate else sentence(second, language)
        made.append(f"{sentence(first, language)}\n{other}")
    return made


def is_translated(text: str) -> bool:
    """Whether the lines of a text are of two languages."""
    return len({line.startswith("the ") for line in text.split("\n")}) == 2


def taken_out(folder: Path, corpus: list[str]) -> list[str]:
    """What `isogloss lab bilingual` leaves of a corpus."""
    (folder / "corpus.jsonl").write_text("".join(json.dumps({"text": one}) + "\n" for one in corpus))
    rows = ["word,translation", *(",".join(pair) for some in WORDS for pair in some)]
    (folder / "words.csv").write_text("\n".join(rows))
    asked = {"corpus": folder / "corpus.jsonl", "dictionary": folder / "words.csv", "into": folder / "without.jsonl"}
    read_question(BilingualQuestion, asked).answer()
    return [json.loads(line)["text"] for line in (folder / "without.jsonl").read_text().splitlines()]


def wrong_less_likely(model: Path, asked: list[Meaning]) -> Any:
    """Of the translations with one wrong word, the share that is less likely than the right one, for each sentence."""
    prompts, ways = [], []
    for meaning, language in product(asked, (0, 1)):
        wrong = [
            (*meaning[:place], other, *meaning[place + 1 :]) for place, some in enumerate(WORDS)
            for other in range(len(some)) if other != meaning[place]
        ]  # fmt: skip
        prompts.append(sentence(meaning, language) + "\n")
        ways.append([sentence(one, 1 - language) for one in (meaning, *wrong)])
    sums = score(load_decoder(str(model)), prompts, ways, max_length=SHAPE.context).sums.reshape(len(prompts), -1)
    return (sums[:, :1] > sums[:, 1:]).mean(1)


if __name__ == "__main__":
    main()
