"""Questions whose answers stand in a context: reading, windows, learning, and questions in another language."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.described import read, refusal

from isogloss.errors import BadValue
from isogloss.evidence.store import Store
from isogloss.lab import Corpus, Training, compare_recipes, findings, read_grid, recipes, run_grid, tasks
from isogloss.lab.task import Leak
from isogloss.metrics import Gold, find_metric
from isogloss.models.inputs import Question

WORDS = {"eng": ["doctor", "cures", "fever", "river", "bank"], "nld": ["arts", "geneest", "koorts", "rivier", "oever"]}
ASKED = {"eng": "who plays", "nld": "wie speelt"}


def make_rows() -> list[dict[str, object]]:
    """Ten articles with two questions each, parallel in two languages; the goalkeeper is always the answer."""
    rows: list[dict[str, object]] = []
    for article in range(10):
        for number in range(2):
            chance = random.Random(article)
            order = [chance.randrange(5) for _ in range(12)]
            for code, words in WORDS.items():
                before = " ".join(words[place] for place in order[:5])
                context = f"{article} {before} goalkeeper {' '.join(words[place] for place in order[5:])}."
                rows.append(
                    {"lang": code, "id": f"{article}-{number}", "title": f"article {article}", "context": context,
                     "question": f"{ASKED[code]} {number}?", "answer": "goalkeeper",
                     "answer_start": context.index("goalkeeper")}
                )  # fmt: skip
    return rows


@pytest.fixture
def articles(tmp_path: Path) -> dict[str, object]:
    pl.DataFrame(make_rows()).write_parquet(tmp_path / "articles.parquet")
    return {
        "name": "articles", "kind": "extractive-qa", "file": "articles.parquet",
        "columns": {"language": "lang", "item": "id"},
        "splits": {"by": "title", "shares": {"train": 0.5, "dev": 0.1}},
    }  # fmt: skip


def change(tmp_path: Path, **columns: pl.Expr) -> None:
    path = tmp_path / "articles.parquet"
    pl.read_parquet(path).with_columns(**columns).write_parquet(path)


def test_an_article_is_in_one_split_in_every_language(articles: dict[str, object], tmp_path: Path) -> None:
    task = read(articles, tmp_path)
    articles_of = [
        {item.partition("-")[0] for examples in split.values() for item in examples.items}
        for split in (task.train, task.dev, task.test)
    ]
    assert [len(some) for some in articles_of] == [5, 1, 4]
    assert len(set().union(*articles_of)) == 10
    assert task.leaks == {}
    assert task.chance is None
    assert task.info.metrics == ("f1", "exact_match")


def test_an_answer_is_where_it_is_said_to_be(articles: dict[str, object], tmp_path: Path) -> None:
    examples = read(articles, tmp_path).train["nld"]
    one = examples.inputs[0]
    assert isinstance(one, Question)
    begin, end = examples.labels_of(np.array([0]))
    assert one.context[begin:end] == "goalkeeper"
    assert examples.answers is not None
    assert examples.answers[0] == ("goalkeeper",)


def test_several_answers_may_be_right(articles: dict[str, object], tmp_path: Path) -> None:
    """The first is learnt from, the best of all counts, and what is tested on is named by all of them."""
    before = read(articles, tmp_path).test["eng"].content()
    start = pl.col("answer_start")
    change(
        tmp_path,
        answer=pl.concat_list("answer", pl.col("context").str.head(1)), answer_start=pl.concat_list(start, pl.lit(0)),
    )  # fmt: skip
    examples = read(articles, tmp_path).test["eng"]
    assert examples.content() != before
    assert examples.answers is not None
    assert len(examples.answers[0]) == 2
    contexts = [one.context for one in examples.inputs if isinstance(one, Question)]
    gold = Gold(
        examples.labels, examples.starts, np.zeros(len(examples), np.int64), [], examples.answers, ["eng"],
        "extractive-qa", contexts,
    )  # fmt: skip
    second = np.tile([0, 1], len(examples))
    exact, f1 = find_metric("exact_match"), find_metric("f1")
    assert exact.measure(gold, second).scores.tolist() == [1.0]
    longer = examples.labels.copy()
    longer[0::2] = 0
    assert f1.measure(gold, longer).item_scores == pytest.approx(np.full(len(examples), 2 / 8))
    assert exact.measure(gold, np.array(["The goalkeeper."] * len(examples))).scores.tolist() == [1.0]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"answer_start": pl.col("answer_start") + 1}, "row 0: the answer 'goalkeeper' is not at"),
        ({"answer_start": pl.lit("here")}, "row 0: 1 answers start at here"),
        ({"answer_start": pl.lit(-1)}, "row 0: 1 answers start at -1"),
        ({"answer": pl.lit("")}, "row 0: the answer '' is not at"),
        ({"context": pl.lit("")}, "row 0: no context"),
    ],
)
def test_spoilt_questions_are_refused(
    articles: dict[str, object], tmp_path: Path, columns: dict[str, pl.Expr], said: str
) -> None:
    change(tmp_path, **columns)
    assert said in refusal(articles, tmp_path)


def test_a_paragraph_that_is_trained_on_is_a_leak(articles: dict[str, object], tmp_path: Path) -> None:
    """Other questions about it are enough, whatever its letters' case."""
    by_question = articles | {"splits": {"train": "0", "test": "1"}, "columns": {"language": "lang"}}
    change(tmp_path, split=pl.col("id").str.tail(1))
    change(tmp_path, context=pl.when(split="1").then(pl.col("context").str.to_titlecase()).otherwise("context"))
    change(tmp_path, answer=pl.col("context").str.slice(pl.col("answer_start"), 10))
    assert "10 of 10 test texts of 'eng' are also trained on (0 letter by letter)" in refusal(by_question, tmp_path)
    allowed = read(by_question | {"allowed_leakage": 1.0}, tmp_path)
    assert allowed.leaks["eng"] == Leak(exact=0, normalised=10)


def test_questions_can_be_asked_in_another_language(articles: dict[str, object], tmp_path: Path) -> None:
    """Of every context that is tested on, beside its own; what is trained on is not crossed."""
    crossed, plain = read(articles | {"question_languages": ["en"]}, tmp_path), read(articles, tmp_path)
    assert list(crossed.test) == ["eng", "nld", "nld|eng"]
    for own, asked in zip(crossed.test["nld"].inputs, crossed.test["nld|eng"].inputs, strict=True):
        assert isinstance(own, Question)
        assert isinstance(asked, Question)
        assert (own.question[:10], asked.question[:9], own.context) == ("wie speelt", "who plays", asked.context)
    assert crossed.languages["nld|eng"].id == "nld"
    assert crossed.questions["nld|eng"].id == "eng"
    assert crossed.train.keys() == plain.train.keys()
    assert crossed.find(["nld"], "test", "grid") == ["nld", "nld|eng"]
    assert crossed.find(["nld"], "train", "grid") == ["nld"]
    assert list(read(articles | {"question_languages": "all"}, tmp_path).questions) == ["nld|eng", "eng|nld"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"question_languages": ["fra"]}, "unknown language of the task 'fra'"),
        ({"question_languages": "eng"}, "question_languages must be a list of languages"),
        ({"question_languages": "all", "columns": {"language": "lang"}}, "question_languages needs items"),
        ({"kind": "generation", "question_languages": ["eng"]}, "unknown key 'question_languages'"),
    ],
)
def test_languages_of_questions_must_be_there(
    articles: dict[str, object], tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    assert said in refusal(articles | changed, tmp_path)


GRID = """
[task]
use = "articles.toml"
question_languages = ["eng"]

[[recipe]]
name = "fine-tune"
epochs = 2

[[recipe]]
name = "bitfit"
epochs = 2

[[model]]
checkpoint = "{checkpoint}"
max_length = 64

[grid]
sources = ["nld"]
sizes = [4]
"""


def test_crossed_questions_are_measured_beside_the_others(
    articles: dict[str, object], tmp_path: Path, checkpoint: Path
) -> None:
    """One training serves all; the pair says what was asked in, if that is not the language of the context."""
    text = "".join(f'{key} = "{value}"\n' for key, value in articles.items() if isinstance(value, str))
    columns = '[columns]\nlanguage = "lang"\nitem = "id"\n[splits]\nby = "title"\nshares = { train = 0.5, dev = 0.1 }\n'
    (tmp_path / "articles.toml").write_text(text + columns)
    path = tmp_path / "grid.toml"
    path.write_text(GRID.format(checkpoint=checkpoint))
    grid, store = read_grid(path), Store(tmp_path / "store")
    run_grid(grid, store)
    found = store.read().observations
    tuned = found.filter(pl.col("recipe").str.starts_with("fine-tune"), metric="f1").sort("target", "pair")
    assert tuned.select("target", "pair").rows() == [("eng", None), ("nld", None), ("nld", "eng-x")]
    assert tuned["standard_error"].null_count() == 0
    assert run_grid(grid, store).run == 0
    seen = findings(grid, store).of_metric(None)
    assert seen.jobs == 2
    assert seen.summary().select("pair", "targets").unique().sort("pair").rows() == [(None, 2), ("eng-x", 1)]
    assert seen.cells()["pair"].to_list().count("eng-x") == 2
    assert compare_recipes(seen, store)["cells"].to_list() == [3]


def test_an_item_keeps_the_text_that_was_answered(
    articles: dict[str, object], tmp_path: Path, checkpoint: Path
) -> None:
    recipe = recipes.get("fine-tune").read({"checkpoint": str(checkpoint), "epochs": 1, "max_length": 64})
    task = read(articles, tmp_path)
    train, test = task.train["eng"], task.test["eng"]
    prepared = recipe.prepare(
        Corpus([list(train.inputs)], [list(test.inputs)], ["eng"], tasks.get("extractive-qa")()), map
    )
    rows = np.arange(len(train))
    answers = recipe.predict(prepared, recipe.fit(prepared, Training(rows, train.labels, seed=0)))[""]
    contexts = [one.context for one in test.inputs if isinstance(one, Question)]
    gold = Gold(test.labels, test.starts, np.zeros(len(test), np.int64), [], contexts=contexts)
    assert all(text in context and text for text, context in zip(gold.texts(answers), contexts, strict=True))


PEOPLE, THINGS = ["doctor", "goalkeeper"], ["river", "hospital"]


def asking(count: int, seed: int, most: int) -> tuple[list[Question], list[int]]:
    """Contexts with a person and a thing among other words; the question says which of the two is meant."""
    chance = random.Random(seed)
    inputs, labels = [], []
    for _ in range(count):
        person, thing = chance.choice(PEOPLE), chance.choice(THINGS)
        words = chance.choices(["sleeps", "big", "small", "match", "fever"], k=chance.randint(4, most))
        for word in (person, thing):
            words.insert(chance.randint(0, len(words)), word)
        wanted = chance.choice([person, thing])
        begin = len(" ".join([*words[: words.index(wanted)], ""]))
        inputs.append(Question("the a" if wanted == person else "bank sees", " ".join(words)))
        labels += [begin, begin + len(wanted)]
    return inputs, labels


def test_a_model_learns_to_answer_what_is_asked(checkpoint: Path) -> None:
    """Nine in ten answers are right to the letter in contexts not learnt from, some longer than a window."""
    train, labels = asking(200, seed=1, most=14)
    test, gold = asking(40, seed=2, most=60)
    recipe = recipes.get("fine-tune").read(
        {"checkpoint": str(checkpoint), "max_length": 64, "epochs": 20, "learning_rate": 3e-3, "dropout": 0.0}
    )
    prepared = recipe.prepare(Corpus([train], [test], ["eng"], tasks.get("extractive-qa")()), map)
    assert prepared["test_rows"][-1] > len(test)
    fitted = recipe.fit(prepared, Training(np.arange(len(train)), np.array(labels), seed=0))
    answers = recipe.predict(prepared, fitted)[""].reshape(-1, 2)
    assert (answers == np.array(gold).reshape(-1, 2)).all(axis=1).mean() >= 0.9


def test_the_best_epoch_is_chosen_by_the_characters_that_are_shared(checkpoint: Path) -> None:
    train, labels = asking(40, seed=1, most=8)
    recipe = recipes.get("fine-tune").read(
        {"checkpoint": str(checkpoint), "max_length": 64, "epochs": 3, "select": "best"}
    )
    prepared = recipe.prepare(Corpus([train], [train[:1]], ["eng"], tasks.get("extractive-qa")()), map)
    notes = recipe.fit(prepared, Training(np.arange(40), np.array(labels), seed=0)).notes
    assert notes["selected_on"].startswith("a fifth of the source's training examples")
    assert 0 <= notes["validation_score"] <= 1


def test_windows_too_short_for_a_question_are_refused(checkpoint: Path) -> None:
    recipe = recipes.get("fine-tune").read({"checkpoint": str(checkpoint), "max_length": 16})
    with pytest.raises(BadValue, match="max_length is 16; questions with contexts need 32 at least"):
        recipe.prepare(Corpus([[Question("who", "the doctor")]], [[]], ["eng"], tasks.get("extractive-qa")()), map)


SOME = st.lists(st.sampled_from(["doctor", "river", "x1", "漢字", "  ", "a,b", "é"]), min_size=1, max_size=80)


@given(words=SOME, question=SOME, data=st.data())
def test_every_short_answer_is_whole_in_some_window(
    words: list[str], question: list[str], data: st.DataObject, checkpoint: Path
) -> None:
    """Windows cover the context; the tokens of any word stand in one of them and lead back to its characters."""
    from isogloss.lab.recipe.neural.network import NO_ANSWER, answer_places
    from isogloss.models.inputs import QuestionType, tokenize
    from isogloss.models.tokenizers import Tokenizer

    place = data.draw(st.integers(0, len(words) - 1))
    if not words[place].strip():
        return
    begin = len(" ".join([*words[:place], ""]))
    end = begin + len(words[place])
    tokens = tokenize([Question(" ".join(question), " ".join(words))], Tokenizer(checkpoint, 40), QuestionType())
    assert tokens.lengths.max() <= 40
    windows = np.arange(len(tokens.lengths))
    places = answer_places(tokens, windows, np.array([begin, end]), np.zeros(len(windows), np.int64))
    held = places[:, 0] != NO_ANSWER
    assert held.any()
    firsts = tokens.starts[:-1][held]
    assert (tokens.spans[firsts + places[held, 0], 0] == begin).all()
    assert (tokens.spans[firsts + places[held, 1], 1] == end).all()


def test_texts_longer_than_a_model_has_places_for_are_refused(checkpoint: Path) -> None:
    recipe = recipes.get("fine-tune").read({"checkpoint": str(checkpoint), "max_length": 128})
    context = " ".join(["doctor"] * 100)
    with pytest.raises(BadValue, match="texts of 107 tokens; the model has places for 64"):
        recipe.prepare(Corpus([[Question("who sees", context)]], [[]], ["eng"], tasks.get("extractive-qa")()), map)
