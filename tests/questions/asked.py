"""The smallest case of every question: what it is asked about."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.behaviour.pitfalls_world import pitfalls_table
from tests.behaviour.worlds import (
    candidates_world,
    cultures_world,
    difficulty_world,
    eclektic_world,
    experts_world,
    questions_world,
    ratings_world,
    relations_world,
    replies_world,
    taught_world,
)
from tests.lab.checkpoints import make_decoder
from tests.questions import worlds

from isogloss.evidence import Store
from isogloss.evidence.fetching import fetch

Case = Callable[[Path], dict[str, Any]]
"""From an empty folder to the fields of a question."""

VARIETY = '[[variety]]\nid = "zueri-stadt"\nparent = "gsw"\n'


def priced(table: pl.DataFrame, **fields: Any) -> Case:
    """A question about a table of scores, with a file of prices."""
    return lambda folder: {"evidence": table, **fields, "costs": worlds.costs(folder)}


def about(table: pl.DataFrame, **fields: Any) -> Case:
    """A question about a table of scores."""
    return lambda _: {"evidence": table, **fields}


def alone(**fields: Any) -> Case:
    """A question that needs no evidence."""
    return lambda _: fields


def with_file(field: str, name: str, text: str) -> Case:
    """A question about a file."""

    def case(folder: Path) -> dict[str, Any]:
        (folder / name).write_text(text)
        return {field: folder / name}

    return case


def with_texts(folder: Path, count: int = 30) -> dict[str, Any]:
    """Texts to learn from, and the smallest model."""
    pytest.importorskip("torch", reason="to pretrain needs torch, of the extra lab")
    (folder / "facts.txt").write_text(
        "\n".join(f"The capital of land {number} is town {number}." for number in range(count))
    )
    shape = "layers = 1\nwidth = 8\nheads = 1\ncontext = 16\nsteps = 3\nbatch_size = 2\n"
    (folder / "texts.toml").write_text(f'[text]\nfile = "facts.txt"\n[model]\n{shape}')
    return {"texts": folder / "texts.toml", "into": folder / "model"}


def with_instructions(folder: Path) -> dict[str, Any]:
    """Two instructions in two languages, asked in one of them and answered in either."""
    rows = [{"id": item, "language": code, "instruction": f"{code} {item}", "output": f"{item} {code}"}
            for item in ("a", "b") for code in ("eng", "deu")]  # fmt: skip
    (folder / "instructions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    parts = [f'[[part]]\nquestion = "eng"\nanswer = "{code}"\nshare = 0.5\n' for code in ("eng", "deu")]
    (folder / "mix.toml").write_text('file = "instructions.jsonl"\nsize = 2\n' + "".join(parts))
    return {"mix": folder / "mix.toml", "into": folder / "mixed.jsonl"}


def with_sentences(folder: Path) -> dict[str, Any]:
    """A tiny model, and five sentences in three languages, of which one is missing."""
    pytest.importorskip("torch", reason="models need torch, of the extra lab")
    from tests.lab.checkpoints import make_checkpoint
    from transformers.utils import logging

    logging.disable_progress_bar()  # on the error stream, which tests of the shell read
    texts = {code: [f"the doctor sees {name} {number}" for number in range(5)] for code, name in
             (("eng", "rivers"), ("deu", "banks"))}  # fmt: skip
    pl.DataFrame(texts | {"yor": [None, *texts["eng"][1:]]}).write_csv(folder / "corpus.csv")
    return {"model": str(make_checkpoint(folder / "model")), "corpus": str(folder / "corpus.csv")}


def with_decoder(folder: Path) -> dict[str, Any]:
    """The smallest decoder, and sentences in two languages."""
    pytest.importorskip("torch", reason="models need torch, of the extra lab")
    from tests.alignment.bilingual import corpus, pretrained

    corpus().write_csv(folder / "corpus.csv")
    return {"model": str(pretrained(folder / "model", steps=10, width=8)), "corpus": str(folder / "corpus.csv")}


def with_shares(folder: Path) -> dict[str, Any]:
    """Texts of two languages, one with longer words."""
    pytest.importorskip("tokenizers", reason="to learn tokens needs tokenizers, of the extra lab")
    rows = [(one, f"{word} {place}") for one, word in (("deu", "Wanderung"), ("eng", "hike")) for place in range(20)]
    pl.DataFrame(rows, schema=["language", "text"], orient="row").write_csv(folder / "texts.csv")
    return {"corpus": folder / "texts.csv"}


def with_translations(_: Path) -> dict[str, Any]:
    pytest.importorskip("regex", reason="words need regex, of the extra behaviour")
    rows = [(one, str(place), f"{word} tale") for one in ("eng", "deu") for place, word in enumerate(["red", "dog"])]
    return {"source": pl.DataFrame(rows, schema=["language", "id", "text"], orient="row"), "methods": ["bm25"]}


def with_many_labels(_: Path) -> dict[str, Any]:
    """Two items as three models label them."""
    rows = [("deu", item, model, label) for item, model, label in
            ((0, "a", "x"), (0, "b", "x"), (0, "c", "y"), (1, "a", "y"), (1, "b", "y"), (1, "c", "y"))]  # fmt: skip
    return {"items": pl.DataFrame(rows, schema=["language", "item", "model", "prediction"], orient="row")}


def with_names(_: Path) -> dict[str, Any]:
    """Two cities as three sources name them."""
    rows = [("deu", 0, "a", "Wien"), ("deu", 0, "b", "Wien"), ("deu", 0, "c", "Bécs"), ("deu", 1, "a", "Prag")]
    return {"items": pl.DataFrame(rows, schema=["language", "item", "model", "prediction"], orient="row")}


def with_votes(_: Path) -> dict[str, Any]:
    """Two answers of two systems, and which is better."""
    rows = [("deu", 0, "a", "b", "model_a"), ("deu", 1, "b", "a", "tie")]
    names = ["language", "item", "model_a", "model_b", "winner"]
    return {"items": pl.DataFrame(rows, schema=names, orient="row")}


def with_persons(folder: Path) -> dict[str, Any]:
    """A tiny model, and two translations of a person."""
    rows = [("spa", pronoun, f"the doctor said that {pronoun} sleeps", pronoun, gender, "el médico", "la médica")
            for pronoun, gender in (("he", "male"), ("she", "female"))]  # fmt: skip
    names = ["language", "item", "question", "pronoun", "gender", "male", "female"]
    return {
        "items": pl.DataFrame(rows, schema=names, orient="row"),
        "model": with_decoder(folder)["model"],
        "points": 2,
    }


def with_occupations(folder: Path) -> dict[str, Any]:
    """A tiny model, and sentences that go on with either pronoun."""
    kinds = {"cook": "male", "smith": "male", "nurse": "female", "clerk": "female"}
    rows = [(name, name, kind, f"the {name} said that", "he", "she") for name, kind in kinds.items()]
    names = ["item", "occupation", "stereotype", "question", "male", "female"]
    return {"items": pl.DataFrame(rows, schema=names, orient="row"), "model": with_decoder(folder)["model"]}


def with_lists(folder: Path) -> dict[str, Any]:
    """A tiny model, and lists of four lines."""
    pytest.importorskip("babel", reason="names of countries need babel, of the extra behaviour")
    fields = with_decoder(folder)
    return {"model": fields["model"], "languages": ["German", "English"], "lengths": [4], "kinds": ["one"], "items": 2}


def with_written(folder: Path) -> dict[str, Any]:
    texts = {"prediction": ["ein Haus", "a house"], "reference": ["das Haus", "the house"]}
    return {"items": pl.DataFrame({"language": ["deu", "eng"], "model": "mine", "item": 0, **texts}), "metrics": ["f1"]}


def with_replies(_: Path) -> dict[str, Any]:
    """Replies whose language is to be identified."""
    pytest.importorskip("py3langid", reason="to identify languages needs py3langid, of the extra behaviour")
    return {"items": replies_world()}


def with_questions(folder: Path) -> dict[str, Any]:
    """A tiny model, and two questions in two languages."""
    pytest.importorskip("torch", reason="models need torch, of the extra lab")
    from tests.lab.checkpoints import make_decoder
    from transformers.utils import logging

    logging.disable_progress_bar()  # on the error stream, which tests of the shell read
    return {"items": questions_world(), "model": str(make_decoder(folder / "model"))}


def with_answer_texts(folder: Path) -> dict[str, Any]:
    """A tiny model, and two texts that questions are written to."""
    pytest.importorskip("py3langid", reason="to identify languages needs py3langid, of the extra behaviour")
    model = with_questions(folder)["model"]
    (folder / "texts.csv").write_text("id,language,text\na,deu,Bienen tanzen im Stock.\nb,fra,La pluie tombe.\n")
    return {"texts": folder / "texts.csv", "into": folder / "written.jsonl", "model": model, "max_new": 8}


def with_topics(folder: Path) -> dict[str, Any]:
    """A tiny model, a topic and a text to be mixed."""
    pytest.importorskip("py3langid", reason="to identify languages needs py3langid, of the extra behaviour")
    model = with_questions(folder)["model"]
    (folder / "texts.csv").write_text("id,language,text,topic\na,deu,Bienen tanzen im Stock.,\nb,deu,,rain\n")
    return {
        "texts": folder / "texts.csv", "into": folder / "mixed.jsonl", "model": model, "embedded": "eng", "max_new": 8,
        "rounds": 1, "judge": model, "rater": model,
    }  # fmt: skip


def with_pitfalls(folder: Path) -> dict[str, Any]:
    """Two tiny models, and questions in two languages."""
    pytest.importorskip("torch", reason="models need torch, of the extra lab")
    from tests.lab.checkpoints import make_decoder
    from transformers.utils import logging

    logging.disable_progress_bar()  # on the error stream, which tests of the shell read
    one, other = (str(make_decoder(folder / name, seed)) for seed, name in ((6, "simulator"), (7, "outside")))
    return {
        "questions": pitfalls_table(24), "models": [other], "simulators": [one], "target": "Swahili", "budget": 60,
        "chosen": 1, "fresh": 6,
    }  # fmt: skip


def with_lines(folder: Path) -> dict[str, Any]:
    """Sentences of two languages."""
    pytest.importorskip("rapidfuzz", reason="edit distances need rapidfuzz, of the extra lab")
    for name, text in (("source", "mtoto anasoma\nwatu wengi sana\n"), ("target", "mwana asoma\n")):
        (folder / f"{name}.txt").write_text(text)
    return {"source": folder / "source.txt", "target": folder / "target.txt", "share": 0.5}


def with_labels(folder: Path) -> dict[str, Any]:
    """Labelled sentences, and translations of them with labels of their own."""
    words = [("the", "DET", "die"), ("cat", "NOUN", "Katze"), ("dog", "NOUN", "Hündin"), ("sleeps", "VERB", "schläft")]
    for name, column in (("eng", 0), ("deu", 2)):
        blocks = [
            "\n".join(f"{word[column]}\t{word[1]}" for word in (words[0], words[1 + number % 2], words[3]))
            for number in range(6)
        ]
        (folder / f"{name}.conll").write_text("\n\n".join(blocks) + "\n")
    return {
        "labels": folder / "eng.conll", "source": "English", "target": "German", "target_text": folder / "deu.conll",
        "aligner": "ibm1",
    }  # fmt: skip


def scores(folder: Path) -> Path:
    """A file of scores."""
    worlds.as_they_are(2).write_csv(folder / "scores.csv")
    return folder / "scores.csv"


def wide(folder: Path) -> Path:
    """A file with a column of scores for each model, of an unknown task."""
    (folder / "wide.csv").write_text("Language,Rook,Knight\nGerman,81.5,79.0\nSwahili,70.5,66.5\n")
    return folder / "wide.csv"


def fetched(folder: Path) -> dict[str, Any]:
    """A store of public evidence."""
    fetch("mteb", Store(folder / "store"), url=worlds.repository(folder))
    return {"store": folder / "store"}


def with_facts(folder: Path) -> dict[str, Any]:
    """A store, and a table of facts about its task."""
    (folder / "tasks.csv").write_text("task,chance\nsupport,0.25\n")
    return {"store": worlds.store(folder), "facts": folder / "tasks.csv"}


def with_relations(folder: Path) -> dict[str, Any]:
    """A small decoder, asked about two relations."""
    pytest.importorskip("torch", reason="models need torch, of the extra lab")
    return {"items": relations_world(), "model": str(make_decoder(folder / "neurons")), "draws": 1}


def with_taught(folder: Path) -> dict[str, Any]:
    """A small decoder that is taught facts."""
    pytest.importorskip("peft", reason="adapters need peft, of the extra lab")
    return {
        "items": taught_world(8).with_columns(pl.col("choices").list.join("|")), "taught_in": ["English"],
        "model": str(make_decoder(folder / "taught")), "training": {"epochs": 1},
    }  # fmt: skip


def with_edits(folder: Path) -> dict[str, Any]:
    """A small decoder that is told other facts."""
    pytest.importorskip("torch", reason="models need torch, of the extra lab")
    return {"items": relations_world(4), "model": str(make_decoder(folder / "edits")), "demonstrations": 2}


CASES: dict[str, Case] = {
    "forecast": about(worlds.as_they_are(2), targets=["Yoruba", "wol"]),
    "trust": about(worlds.as_they_are(), levels=[0.5, 0.9], every=4),
    "explain": about(worlds.with_sources(), target="Yoruba"),
    "sources": about(worlds.with_sources(), targets=["Yoruba"]),
    "next": about(worlds.as_they_are(), among=["africa"], k=2),
    "plan": priced(worlds.with_sizes(), targets=["deu", "pol"], budget=50, fast=True, rounds=0),
    "curve": about(worlds.with_sizes(), target="Polish", goal=0.6),
    "goal": priced(worlds.with_sizes(), target="Polish", goal=0.6),
    "kinds": priced(worlds.with_sizes(), target="Polish", budget=50),
    "additions": about(worlds.with_sizes()),
    "compare": priced(worlds.with_recipes(), volume=1000.0),
    "rank": about(worlds.as_they_are(2)),
    "fair": about(worlds.as_they_are(2)),
    "benchmark": about(worlds.as_they_are(), protocol=["lolo"], forecasters=["additive", "nearest"], every=4),
    "report": about(worlds.as_they_are(2), targets=["Yoruba", "wol"], k=1, sections=["finding", "next", "data"]),
    "demo": lambda folder: {"into": folder / "demo"},
    "evidence import": lambda folder: {"evidence": scores(folder), "into": str(folder / "store")},
    "evidence plan": lambda folder: {"evidence": wide(folder), "write_mapping": folder / "map.toml"},
    "evidence show": about(worlds.as_they_are(2), by=["model"]),
    "evidence conflicts": about(worlds.with_conflicts()),
    "evidence query": about(worlds.as_they_are(), query="select target, score from observations order by target"),
    "evidence compare": lambda folder: {
        "store": worlds.store_with_items(folder), "first": "model=model 0", "second": "model=model 1"
    },
    "evidence export": lambda folder: {"evidence": worlds.as_they_are(2), "format": "mteb", "into": folder / "out"},
    "evidence describe": with_facts,
    "evidence compact": lambda folder: {"store": worlds.store(folder)},
    "evidence fetch": lambda folder: {
        "names": ["mteb"], "into": str(folder / "store"), "url": worlds.repository(folder)
    },
    "evidence sources": fetched,
    "background show": alone(),
    "background build": lambda folder: {
        "evidence": worlds.with_tasks(), "own_only": True, "save": folder / "background.json"
    },
    "languages show": alone(names=["Yoruba", "zh-TW"]),
    "languages list": alone(names=["Wolof", "africa"], colour="script"),
    "languages nearest": about(worlds.as_they_are(), target="Wolof", kind="typology", top=3),
    "languages distance": alone(names=["deu", "English", "yor"], kinds=["syntactic", "genetic"]),
    "languages add": with_file("file", "varieties.toml", VARIETY),
    "languages sources": alone(),
    "align tokens": lambda folder: {
        "tokenizer": (fields := with_sentences(folder))["model"], "corpus": fields["corpus"], "pivot": "German"
    },
    "align encode": lambda folder: {**with_sentences(folder), "into": folder / "reps", "pooling": ["mean", "last"]},
    "align latent": lambda folder: {**with_decoder(folder), "sentences": 10},
    "align neurons": lambda folder: {
        **(fields := with_decoder(folder)), "sentences": 20, "tested": 4, "share": 0.2, "adapted": fields["model"]
    },
    "behaviour answer": with_questions,
    "behaviour recall": alone(items=ratings_world()),
    "behaviour confusion": with_replies,
    "behaviour consistency": alone(items=candidates_world()),
    "behaviour pitfalls": with_pitfalls,
    "behaviour culture": alone(items=cultures_world()),
    "behaviour neurons": with_relations,
    "behaviour facts": with_taught,
    "behaviour edits": with_edits,
    "behaviour experts": alone(items=experts_world(topics=3, items=8)),
    "behaviour report": alone(items=ratings_world()),
    "behaviour difficulty": alone(items=difficulty_world(items=20, models=5)[0]),
    "behaviour generation": with_written,
    "behaviour needles": with_lists,
    "behaviour pronouns": with_persons,
    "behaviour occupations": with_occupations,
    "behaviour aggregate": with_many_labels,
    "behaviour names": with_names,
    "behaviour wins": with_votes,
    "behaviour score": alone(items=eclektic_world()),
    "behaviour metrics": alone(),
    "project": with_labels,
    "lab tasks": alone(),
    "lab plan": lambda folder: {"grid": worlds.grid(folder)},
    "lab run": lambda folder: {"grid": worlds.grid(folder), "into": folder / "store", "executor": "serial"},
    "lab show": worlds.measured_grid,
    "lab costs": lambda folder: {**worlds.measured_grid(folder), "save": folder / "costs.toml"},
    "lab retrieve": with_translations,
    "lab sentences": with_lines,
    "languages datasets": with_file("survey", "survey.csv", "dataset,language,licence\nwiki,zho|jpn,mit\nqa,kor,\n"),
    "lab bilingual": worlds.mixed_texts,
    "lab pretrain": with_texts,
    "lab clones": lambda folder: {"texts": with_texts(folder, 400)["texts"], "shares": [0.25], "seeds": 2},
    "lab vocabulary": lambda folder: {**with_shares(folder), "tokens": 300},
    "lab mix": with_instructions,
    "lab write-questions": with_answer_texts,
    "lab write-mixed": with_topics,
    "adapt": worlds.adaptations,
    "adapt show": worlds.adapted,
    "align probe": lambda folder: {**worlds.labelled(folder), "folds": 2},
    "align compare": lambda folder: {
        "encodings": worlds.encodings(folder / "a"), "against": worlds.encodings(folder / "b", sentences=30),
    },
    "align report": lambda folder: {"encodings": worlds.encodings(folder)},
    "align transfer": lambda folder: {**worlds.labelled(folder, languages=6), "folds": 2, "seeds": 1},
    "align score": lambda folder: {"encodings": worlds.encodings(folder), "metrics": ["mexa", "cka"]},
}  # fmt: skip
"""Command to its case."""
