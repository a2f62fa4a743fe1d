"""In-context learning: what is asked, what is answered, and what is recorded of it."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from isogloss.errors import InputError
from isogloss.evidence.store import Store
from isogloss.lab import Corpus, Recipe, Training, findings, plan_grid, read_grid, recipes, run_grid, tasks
from isogloss.lab.byte_transformer import ByteTransformer, pretrain
from isogloss.lab.reading import read_task
from isogloss.lab.recipe.prompted.prompts import parts_of
from isogloss.lab.task_file import read_info
from isogloss.models.decoder import shared_decoder
from isogloss.models.inputs import SLOT, Choice, Cloze, Question
from isogloss.models.likelihood import score

pytest.importorskip("torch", reason="needs the extra lab")

DATA = Path(os.environ.get("ISOGLOSS_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
HEALTH, SPORT = ["fever", "cures"], ["match", "goals"]
LABELS = ["no", "yes", "health", "sport"]
SHAPE = ByteTransformer(layers=2, width=32, heads=2, context=32, steps=220, batch_size=8, learning_rate=1e-2)


def sentence(chance: random.Random, place: int) -> tuple[str, int]:
    label = place % 2
    return " ".join(chance.choices((HEALTH, SPORT)[label], k=chance.randint(1, 2))), 2 + label


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has read topics, and that what is answered to `?` is answered to it again."""
    chance = random.Random(0)
    texts = [f"{text} = {LABELS[label]}." for text, label in (sentence(chance, place) for place in range(300))]
    texts += [f"? = {word}. ? = {word}." for word in chance.choices(["yes", "no"], k=300)]
    folder = tmp_path_factory.mktemp("decoder") / "bytes"
    pretrain(texts, folder, SHAPE)
    return folder


def make(decoder: Path, **parameters: Any) -> Recipe:
    plain = {"template": "{text} = {label}.", "separator": " "}
    return recipes.get("in-context").read({"checkpoint": str(decoder), **plain, **parameters})


def ask(recipe: Recipe, corpus: Corpus, training: Training | None = None) -> Any:
    """The recipe's answers, and the prompts of the first language."""
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, training or Training(np.empty(0, np.int64), np.empty(0, np.int64), 0))
    prompts = recipe.prompts(prepared, fitted, 0)  # type: ignore[attr-defined]  # of this recipe alone
    return recipe.predict(prepared, fitted)[""].tolist(), prompts


def topics(train: Sequence[str] = (), test: Sequence[str] = ("fever", "goals match")) -> Corpus:
    return Corpus([list(train)], [list(test)], ["eng"], tasks.get("text-classification")(), LABELS, ["eng"])


def test_what_a_model_knows_needs_no_example(decoder: Path) -> None:
    chance = random.Random(5)
    texts, labels = zip(*(sentence(chance, place) for place in range(20)), strict=True)
    answers, prompts = ask(make(decoder), topics(test=list(texts)))
    assert answers == list(labels)
    assert prompts[0] == (f"{texts[0]} =", [" no.", " yes.", " health.", " sport."])


@pytest.mark.parametrize("label", [0, 1])
def test_what_is_shown_is_followed(decoder: Path, label: int) -> None:
    """The same question has the answer that the demonstration has."""
    training = Training(np.array([0]), np.array([label]), seed=0)
    answers, prompts = ask(make(decoder), topics(["?"], ["?"]), training)
    assert answers == [label]
    assert prompts[0][0] == f"? = {LABELS[label]}. ? ="


def test_the_seed_decides_the_order_of_demonstrations(decoder: Path) -> None:
    prompts = []
    for seed in (*range(8), *range(8)):
        training = Training(np.arange(3), np.array([0, 1, 2]), seed)
        prompts.append(ask(make(decoder), topics(["a", "b", "c"], ["d"]), training)[1][0][0])
    assert prompts[:8] == prompts[8:]
    assert len(set(prompts)) > 3
    parts = {tuple(sorted(prompt.split(". "))) for prompt in prompts}
    assert parts == {("a = no", "b = yes", "c = health", "d =")}


def test_choices_clozes_and_answers_that_are_written(decoder: Path) -> None:
    """One model, four kinds of questions."""
    choice = Corpus([[]], [[Choice("cures", ("sport", "health"))]], ["eng"], tasks.get("multiple-choice")(), ["0", "1"])
    answers, prompts = ask(make(decoder, template="{premise} = {choice}."), choice)
    assert (answers, prompts) == ([1], [("cures =", [" sport.", " health."])])
    cloze = Corpus(
        [[]], [[Cloze("goals = <mask>.", ("health", "sport", "yes"))]], ["eng"], tasks.get("cloze")(), ["0", "1", "2"]
    )
    answers, prompts = ask(make(decoder, template="{sentence}"), cloze)
    assert (answers, prompts) == ([1], [("goals =", [" health.", " sport.", " yes."])])
    written = Corpus([[]], [["match", "fever"]], ["eng"], tasks.get("generation")(), ["health", "sport"])
    answers, prompts = ask(make(decoder, template="{question} = {answer}", stop=["."], max_new=10), written)
    assert answers == ["sport", "health"]
    with pytest.raises(InputError, match=r"answers may take 64 tokens, .* room for 32; lower max_new"):
        ask(make(decoder, template="{question} = {answer}"), written)


def test_answers_from_contexts_are_written_too(decoder: Path) -> None:
    """What is shown is what stands between two characters of the context; braces in a text are no places."""
    shown = Question("who", "x {question} yes")
    corpus = Corpus(
        [[shown]], [[Question("?", "y"), Question("?", "z")]], ["eng"], tasks.get("extractive-qa")(), [], ["eng"]
    )
    recipe = make(decoder, template="{context}, {question} = {answer}", max_new=6, stop=["."])
    answers, prompts = ask(recipe, corpus, Training(np.array([0]), np.array([13, 16]), 0))
    assert prompts[0][0] == "x {question} yes, who = yes y, ? ="
    assert all(isinstance(answer, str) and answer for answer in answers)


def test_answers_are_named_as_the_verbalizer_has_it(decoder: Path) -> None:
    recipe = make(decoder, verbalizer={"health": "Gesundheit"})
    training = Training(np.array([0]), np.array([2]), 0)
    _, prompts = ask(recipe, topics(["fever"], ["match"]), training)
    assert prompts[0] == ("fever = Gesundheit. match =", [" no.", " yes.", " Gesundheit.", " sport."])


def test_what_is_asked_of_a_premise_is_named_too(decoder: Path) -> None:
    """The last word alone, and no choice that is called alike."""
    inputs = [Choice("It rained. cause", ("cause", "effect")), Choice("The cause", ("a", "b"))]
    recipe = make(decoder, template="{premise} {choice}", verbalizer={"cause": "because"})
    training = Training(np.array([0]), np.array([0]), 0)
    _, prompts = ask(recipe, Corpus([inputs], [inputs], ["eng"], tasks.get("multiple-choice")(), ["0", "1"]), training)
    assert prompts[0] == ("It rained. because cause It rained. because", [" cause", " effect"])


def test_templates_are_those_of_the_source_or_of_the_target(decoder: Path) -> None:
    """German demonstrations, a Swahili question: each wording in the one language or the other."""
    corpus = Corpus(
        [["Fieber"], []],
        [[], ["homa"]],
        ["de", "swh_Latn"],
        tasks.get("text-classification")(),
        ["health"],
        ["deu", "swh"],
    )
    worded = {
        "templates": {"German": "{text}, Thema: {label}", "swh": "{text}, mada: {label}"},
        "verbalizers": {"swh": {"health": "afya"}},
    }
    training = Training(np.array([0]), np.array([0]), 0)
    found = {}
    for language in ("source", "target"):
        recipe = make(decoder, template_language=language, **worded)
        prepared = recipe.prepare(corpus, map)
        found[language] = recipe.prompts(prepared, recipe.fit(prepared, training), 1)[0]  # type: ignore[attr-defined]  # of this recipe alone
    assert found["source"] == ("Fieber, Thema: health homa, Thema:", [" health"])
    assert found["target"] == ("Fieber, mada: afya homa, mada:", [" afya"])


def test_calibration_divides_by_what_nothing_is_answered_with(decoder: Path) -> None:
    """As Zhao et al. have it, computed by hand; with choices, less the likelihood after nothing."""
    texts, nothing = ["fever ?", "? goals", "x", "?"], ["N/A", ""]
    answers, _ = ask(make(decoder, calibrate=True, content_free=nothing), topics(test=texts))
    model = shared_decoder(decoder, "float32")
    ways = [f" {label}." for label in LABELS]

    def odds(questions: list[str]) -> Any:
        scores = score(model, [f"{one} =" for one in questions], [ways] * len(questions), max_length=99).sums
        raised = np.exp(scores.reshape(-1, 4))
        return raised / raised.sum(axis=1, keepdims=True)

    assert answers == (odds(texts) / odds(nothing).mean(axis=0)).argmax(axis=1).tolist()
    choices = Corpus([[]], [[Choice(one, tuple(LABELS)) for one in texts]], ["eng"], tasks.get("multiple-choice")())
    recipe = make(decoder, calibrate=True, content_free=nothing, template="{premise} = {choice}.")
    assert ask(recipe, choices)[0] == (odds(texts) / odds(nothing[:1])).argmax(axis=1).tolist()


def test_scores_can_be_means(decoder: Path) -> None:
    """An answer that goes on is never likelier than its beginning; by the character it is, as it then repeats."""
    corpus = Corpus([[]], [[Choice("?", ("yes. ? = yes", "yes"))]], ["eng"], tasks.get("multiple-choice")())
    by = {
        one: ask(make(decoder, template="{premise} = {choice}.", normalise=one), corpus)[0]
        for one in ("sum", "characters")
    }
    assert by == {"sum": [1], "characters": [0]}


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"template": "{text} {lable}"}, "unknown place in a template '{lable}'; did you mean '{label}'?"),
        ({"template": "{text}"}, "{label} stands 0 times in the template '{text}'; write it once"),
        ({"template": 3}, "template must be text, not 3"),
        ({"template_language": "English"}, "unknown template_language 'English'"),
        ({"demonstrations": "none"}, "unknown demonstrations 'none'"),
        ({"normalise": "bytes"}, "unknown normalise 'bytes'"),
        ({"calibrate": "yes"}, "calibrate must be true or false, not 'yes'"),
        ({"stop": "\n"}, "stop must be a list of texts"),
        ({"max_new": 0}, "max_new must be a whole number above 0"),
        ({"templates": ["a"]}, "templates must be a table of texts"),
        ({"verbalizers": {"deu": "a"}}, "[verbalizers]: deu must be a table of texts"),
        ({"verbalizer": {"helth": "a"}}, "unknown label 'helth'; did you mean 'health'?"),
        ({"templates": {"qqq": "{text} {label}"}}, "unknown language 'qqq'"),
    ],
)
def test_prompts_that_cannot_be_are_refused_in_one_line(decoder: Path, parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        ask(
            make(
                decoder,
                template_language=parameters.get("template_language", "source"),
                **{name: value for name, value in parameters.items() if name != "template_language"},
            ),
            topics(),
        )
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_target_without_a_template_is_refused(decoder: Path) -> None:
    corpus = Corpus([[]], [["homa"]], ["swh"], tasks.get("text-classification")(), LABELS, ["swh"])
    with pytest.raises(InputError, match="no template for 'swh'; add it: templates"):
        ask(make(decoder, template_language="target"), corpus)
    assert ask(make(decoder, template_language="target"), topics())[0] == [2, 3]  # the default one is English


def test_clozes_have_nothing_to_calibrate(decoder: Path) -> None:
    corpus = Corpus([[]], [[Cloze("<mask> a", ("b", "c"))]], ["eng"], tasks.get("cloze")(), ["0", "1"])
    with pytest.raises(InputError, match="nothing to calibrate in cloze"):
        ask(make(decoder, template="", calibrate=True), corpus)


def test_a_long_wording_is_labelled_by_a_hash(decoder: Path) -> None:
    plain = recipes.get("in-context").read({"checkpoint": str(decoder)})
    assert plain.label == "in-context"
    one, other = make(decoder, normalise="tokens"), make(decoder, normalise="tokens", stop=["."])
    assert one.label.startswith("in-context(normalise=tokens,wording=")
    assert len(one.label) == len(other.label)
    assert one.label != other.label
    assert one.identity != other.identity


GRID = """
[task]
name = "answers"
file = "answers.parquet"
labels = ["health", "no", "sport", "yes"]
[[model]]
checkpoint = "{decoder}"
called = "bytes"
[recipe]
name = "in-context"
template = "{{text}} = {{label}}."
separator = " "
{more}
[grid]
sources = {sources}
sizes = {sizes}
shots = {shots}
seeds = [0, 1]
"""


@pytest.fixture
def grid(decoder: Path, tmp_path: Path) -> Any:
    """Write a grid over one task in two languages, whose texts are what the model has read of."""
    rows = []
    for place in range(8):
        for split in ("train", "test"):
            for language in ("eng", "nld"):
                for label, words in {"health": HEALTH, "sport": SPORT, "yes": ["?"], "no": ["? ?"]}.items():
                    text = (
                        " ".join(words[(place >> bit) % len(words)] for bit in range(2))
                        + f" {split} {place} {language}"
                    )
                    rows.append({"language": language, "split": split, "text": text, "label": label})
    pl.DataFrame(rows).write_parquet(tmp_path / "answers.parquet")

    def write(sizes: str, shots: str = "[0]", more: str = "", sources: str = '"all"') -> Any:
        text = GRID.format(decoder=decoder, sizes=sizes, shots=shots, more=more, sources=sources)
        (tmp_path / "grid.toml").write_text(text)
        return read_grid(tmp_path / "grid.toml")

    return write


def test_observations_tell_shots_and_whose_they_were(grid: Any, tmp_path: Path) -> None:
    """Without any there is one job, whatever the sources and seeds; with them, one per source and seed."""
    store = Store(tmp_path / "store")
    report = run_grid(grid("[0, 2]"), store)
    assert (report.jobs, report.run, report.failed) == (1 + 4, 5, [])
    found = store.read().observations.filter(metric="accuracy")
    assert set(found.select("train", "shots").iter_rows()) == {("", 0), ("eng:2", 2), ("nld:2", 2)}
    details = json.loads(found["details"][0])
    assert details["selected_on"] == "nothing: no weight is learnt"
    assert details["tokens"] > 0
    assert details["flops"] > 0
    assert run_grid(grid("[0, 2]"), store).run == 0
    summary = findings(grid("[0, 2]"), store).of_metric("accuracy").summary()
    assert summary.filter(size=0)["within"].to_list() == [None]


def test_demonstrations_of_targets_can_be_for_these_alone(grid: Any, tmp_path: Path) -> None:
    """Two languages, two seeds, two examples: each language is asked with its own, not with the other's."""
    store = Store(tmp_path / "store")
    report = run_grid(grid("[0]", "[2]", 'demonstrations = "target"'), store)
    assert (report.jobs, report.run, report.failed) == (4, 4, [])
    found = store.read().observations.filter(metric="accuracy").select("train", "target", "shots", "seed")
    assert sorted(found.iter_rows()) == [
        (f"{code}:2", code, 2, seed) for code in ("eng", "nld") for seed in (0, 1)
    ]  # fmt: skip


@pytest.mark.slow
def test_executors_agree(grid: Any, tmp_path: Path) -> None:
    scores = []
    for executor in ("serial", "processes"):
        store = Store(tmp_path / executor)
        run_grid(grid("[0, 2]", sources='["eng"]'), store, executor=executor, workers=1)
        columns = ["metric", "target", "train", "seed", "score"]
        scores.append(store.read().observations.select(columns).sort(columns).rows())
    assert scores[0] == scores[1]


def test_what_a_grid_would_take_is_estimated(grid: Any) -> None:
    planned = plan_grid(grid("[0, 2]"))
    assert planned["basis"].to_list() == ["16 texts tried"]
    assert 0 < planned["minutes"][0] < 5


def test_answers_from_contexts_are_estimated(decoder: Path) -> None:
    """Their labels are two for each row."""
    shown = [Question("who", "a b")] * 3
    corpus = Corpus([shown], [shown], ["eng"], tasks.get("extractive-qa")(), [], ["eng"])
    recipe = make(decoder, template="{context}, {question} = {answer}", max_new=2)
    estimated = recipe.estimate(corpus, [Training(np.arange(3), np.array([0, 1] * 3), 0)])
    assert estimated.job_seconds > 0


@pytest.mark.data
@pytest.mark.parametrize(
    ("use", "language", "shown"),
    [
        ("sib200", "swh_Latn", "Text: "),
        ("xcopa", "sw", "\nAnswer: "),
        ("mgsm", "sw", "\nAnswer: "),
        ("bmlama17", "fr", "."),
        ("xquad", "de", "\nQuestion: "),
    ],
)
def test_every_task_can_be_asked_in_prompts(decoder: Path, use: str, language: str, shown: str) -> None:
    """A demonstration, and the question as the data have it, in the default wording."""
    info = read_info({"use": use}, DATA, "grid.toml")
    if not info.file.is_file():
        pytest.skip(f"no {info.file.name} in {DATA}")
    task = read_task(info)
    train, test = task.train[language], task.test[language]
    recipe = recipes.get("in-context").read({"checkpoint": str(decoder), "max_new": 1})
    corpus = Corpus([list(train.inputs)], [list(test.inputs[:3])], [language], info.kind, task.labels)
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.array([1]), train.labels_of(np.array([1])), 0))
    for one, (prompt, ways) in zip(test.inputs, recipe.prompts(prepared, fitted, 0), strict=False):
        demonstration, _, question = prompt.partition("\n\n") if use != "xquad" else (prompt, "", prompt)
        assert shown in demonstration
        assert parts_of(corpus, one)[-1].partition(SLOT)[0].strip() in question
        assert len(ways) == (0 if info.kind.answer in ("text", "span") else len(getattr(one, "choices", task.labels)))


def test_other_recipes_need_examples(grid: Any, tmp_path: Path) -> None:
    grid("[0]")
    path = tmp_path / "grid.toml"
    path.write_text(
        path.read_text().replace(
            '[recipe]\nname = "in-context"', '[[recipe]]\nname = "ngram-logreg"\n[[recipe]]\nname = "in-context"'
        )
    )
    with pytest.raises(InputError, match="sizes must be different whole numbers from 1 up"):
        read_grid(path)
