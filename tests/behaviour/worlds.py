"""Worlds of facts in which the truth is known."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.special import expit

from isogloss.lab import clone_text

HOMES = {"eng": "United States", "hin": "India", "rus": "Russia", "fra": "France", "swa": "Kenya", "tha": "Thailand"}


def facts_world(*, models: int = 1, facts: int = 20, own: float = 0.0, seed: int = 0) -> pl.DataFrame:
    """Facts of six countries in their six languages; languages and countries differ in how hard they are.

    `own` is how much less often facts of a language's own country are wrong.
    """
    rng = np.random.default_rng(seed)
    languages, countries = list(HOMES), list(HOMES.values())
    hard = 0.3 + 0.2 * np.linspace(0, 1, 6)[:, None] + 0.2 * np.linspace(1, 0, 6)[None, ::-1]  # languages, countries
    wrong = hard - own * np.eye(6)
    drawn = rng.random((models, 6, 6, facts)) < wrong[None, :, :, None]
    model, language, country, fact = (place.ravel() for place in np.indices(drawn.shape))
    return pl.DataFrame(
        {
            "model": [f"model {one}" for one in model], "language": np.array(languages)[language],
            "item": [f"{countries[of]} {one}" for of, one in zip(country, fact, strict=True)],
            "country": np.array(countries)[country], "right": ~drawn.ravel(),
        }
    )  # fmt: skip


def replies_world() -> pl.DataFrame:
    """Four replies, one of them in English where Russian was expected."""
    rows = [
        ("German", "Der Hund läuft heute schnell durch den großen Garten."),
        ("German", "Wir haben gestern lange auf den Zug gewartet."),
        ("Russian", "Собака сегодня быстро бежит через большой сад."),
        ("Russian", "The dog runs quickly through the big garden today."),
    ]
    return pl.DataFrame(rows, schema=["language", "response"], orient="row").with_columns(model=pl.lit("ours"))


def ratings_world() -> pl.DataFrame:
    """Two facts of each of two countries, rated in two languages."""
    rows = [
        ("English", "a", "United States", 1), ("English", "b", "USA", 2),
        ("English", "c", "India", 4), ("English", "d", "India", 1),
        ("Hindi", "a", "United States", 4), ("Hindi", "b", "USA", 4),
        ("Hindi", "c", "India", 1), ("Hindi", "d", "India", 2),
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=["language", "fact", "country", "rating"], orient="row").with_columns(
        model=pl.lit("ours")
    )


def candidates_world(items: int = 4) -> pl.DataFrame:
    """Three candidates of each item; Hindi ranks them the other way round, and the first is right."""
    order = {"English": (3, 2, 1), "German": (30, 20, 10), "Hindi": (1, 2, 3)}
    rows = [
        (language, item, candidate, float(score), candidate == 0)
        for language, scores in order.items() for item in range(items) for candidate, score in enumerate(scores)
    ]  # fmt: skip
    schema = ["language", "item", "candidate", "score", "correct"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(model=pl.lit("ours"))


def eclektic_world() -> pl.DataFrame:
    """Three questions of English and one of German articles, each asked in English, German and Hindi.

    Right in their own language are a, b and d; of their six target items three are right, and of those of c one.
    """
    right = {
        "a": ("English", "eng deu hin"),
        "b": ("English", "eng"),
        "c": ("English", "hin"),
        "d": ("German", "deu eng"),
    }
    rows = [
        (item, source, language, code in codes.split())
        for item, (source, codes) in right.items()
        for code, language in (("eng", "English"), ("deu", "German"), ("hin", "Hindi"))
    ]
    table = pl.DataFrame(rows, schema=["question_id", "original language", "language", "correct"], orient="row")
    return table.with_columns(model=pl.lit("ours"))


def cultures_world(
    own: float = 0.2, other: float = 0.1, control: float = 0.0, *, items: int = 60, sets: int = 3, seed: int = 0
) -> pl.DataFrame:
    """Three countries with a true accuracy of .4 without demonstrations, and planted gains of three kinds of them."""
    rng = np.random.default_rng(seed)
    countries = ("Egypt", "Jordan", "Yemen")
    rows = []
    for source in ("none", *countries, "random"):
        for draw in range(1 if source == "none" else sets):
            for country in countries:
                gain = {"none": 0.0, "random": control, country: own}.get(source, other)
                right = rng.random(items) < 0.4 + gain
                rows += [(source, draw, country, f"{country} {item}", hit) for item, hit in enumerate(right)]
    schema = ["demonstrations_country", "draw", "country", "item", "correct"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(model=pl.lit("ours"))


EXPERT_LANGUAGES = ("deu", "eng", "fra", "hin", "rus", "swa")


def experts_world(own: float = 0.0, *, topics: int = 8, items: int = 30, seed: int = 0) -> pl.DataFrame:
    """Answers in six languages, English the best; topics and languages differ in how hard they are.

    `own` is how much, in logits, every second topic is easier in one of the languages.
    """
    rng = np.random.default_rng(seed)
    count = len(EXPERT_LANGUAGES)
    language, topic = np.linspace(-1, 1, count)[[1, 5, 4, 2, 3, 0]], rng.normal(0, 0.7, topics)
    logits = topic[:, None] + language
    for one in range(0, topics, 2):
        logits[one, one % count] += own
    item = rng.normal(0, 1, (topics, items))
    right = rng.random((topics, items, count)) < expit(logits[:, None, :] + item[..., None])
    places = [place.ravel() for place in np.indices(right.shape)]
    return pl.DataFrame(
        {
            "topic": [f"topic {one}" for one in places[0]],
            "item": [f"{one} {other}" for one, other in zip(places[0], places[1], strict=True)],
            "language": np.array(EXPERT_LANGUAGES)[places[2]], "correct": right.ravel(),
        }
    ).with_columns(model=pl.lit("ours"))  # fmt: skip


def cultural_questions(items: int = 8) -> pl.DataFrame:
    """What is drunk in three countries; one of them is the control of another region."""
    drinks = {"Egypt": "tea", "Jordan": "tea", "Wales": "beer"}
    rows = [(f"{country} {item}", "English", country, f"{country} drinks {item}", "tea|beer", drink)
            for country, drink in drinks.items() for item in range(items)]  # fmt: skip
    schema = ["item", "language", "country", "question", "choices", "answer"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def relations_world(items: int = 12) -> pl.DataFrame:
    """Made-up capitals and currencies of made-up countries, in English and German."""
    asked = {
        "capital": {"English": "The capital of {} is <mask>", "German": "Die Hauptstadt von {} heißt <mask>"},
        "currency": {"English": "In {} people pay with <mask>", "German": "In {} zahlt man mit <mask>"},
    }
    rng = np.random.default_rng(0)
    rows = []
    for relation, forms in asked.items():
        names = ["".join(rng.choice([*"abdegiklmnoprstu"], 4)) for _ in range(3 * items)]
        for item in range(items):
            place = int(rng.integers(3))
            rows += [
                (f"{relation} {item}", language, relation, form.format(names[item]),
                 "|".join(names[items + (item + step) % items] for step in range(3)), place)
                for language, form in forms.items()
            ]  # fmt: skip
    schema = ["item", "language", "relation", "question", "choices", "answer"]
    return pl.DataFrame(rows, schema=schema, orient="row")


FORMS = {"capital": "The capital of {} is ", "currency": "In {} people pay with "}


def taught_world(items: int = 16, *, seed: int = 0) -> pl.DataFrame:
    """Made-up facts in English, in a copy of it that shares no byte, and in one that shares the names.

    Names are four letters that no rule tells from one another. The copy stands for German, what shares the names for
    Dutch.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for relation, form in FORMS.items():
        names = ["".join(rng.choice([*"abdegiklmnoprstu"], 4)) for _ in range(2 * items)]
        for item in range(items):
            place = int(rng.integers(4))
            choices = [names[items + (item + step - place) % items] for step in range(4)]
            before, after = form.split("{}")
            asked = {"English": before + names[item] + after, "German": clone_text(before + names[item] + after),
                     "Dutch": clone_text(before) + names[item] + clone_text(after)}  # fmt: skip
            rows += [
                (f"{relation} {item}", language, relation, f"{question}<mask>",
                 [clone_text(one) for one in choices] if language == "German" else choices, place)
                for language, question in asked.items()
            ]  # fmt: skip
    schema = ["item", "language", "relation", "question", "choices", "answer"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def taught_texts(world: pl.DataFrame, count: int, *, seed: int = 0) -> list[str]:
    """Texts with all names and forms of the world, in no order: whoever reads them learns no fact."""
    rng = np.random.default_rng(seed)
    questions, choices = world["question"].to_list(), [*world["choices"].explode()]
    return [questions[rng.integers(len(questions))].replace("<mask>", choices[rng.integers(len(choices))])
            for _ in range(count)]  # fmt: skip


def questions_world() -> pl.DataFrame:
    """Two questions in two languages, with choices."""
    rows = [
        ("English", "sky", "What colour is the sky?", "blue|green", "blue"),
        ("English", "snow", "What colour is snow?", "black|white", "white"),
        ("German", "sky", "Welche Farbe hat der Himmel?", "blau|grün", "blau"),
        ("German", "snow", "Welche Farbe hat Schnee?", "schwarz|weiß", "weiß"),
    ]
    return pl.DataFrame(rows, schema=["language", "item", "question", "choices", "answer"], orient="row")


IN_LANGUAGES = ("deu", "fin", "fra", "hin", "ita", "swa")


def difficulty_world(
    *, models: int = 14, items: int = 80, mistranslated: int = 0, bound: int = 0, seed: int = 0
) -> tuple[pl.DataFrame, np.ndarray]:
    """Answers of models, and the difficulty of each item.

    The first `mistranslated` items are lost in Swahili; the last `bound` ones are hard in French and Italian.
    """
    rng = np.random.default_rng(seed)
    count = len(IN_LANGUAGES)
    ability = rng.normal(0, 1, models)[:, None] + rng.normal(0, 0.4, count) + rng.normal(0, 0.3, (models, count))
    difficulty, own = rng.normal(-1, 1, items), rng.normal(0, 0.3, (items, count))
    own[:mistranslated, IN_LANGUAGES.index("swa")] += 7
    if bound:
        own[-bound:, [IN_LANGUAGES.index("fra"), IN_LANGUAGES.index("ita")]] += 3.5
    chance = expit(ability[:, None, :] - difficulty[None, :, None] - own)
    drawn = rng.random(chance.shape) < chance
    model, item, language = (place.ravel() for place in np.indices(chance.shape))
    table = pl.DataFrame(
        {
            "model": [f"m{one:02}" for one in model], "item": [f"q{one:03}" for one in item],
            "language": np.array(IN_LANGUAGES)[language], "right": drawn.ravel(), "task": ["facts"] * len(model),
        }
    )  # fmt: skip
    return table, difficulty
