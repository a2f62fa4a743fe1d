"""`hyper-adapter`: adapters in every layer, made by a network from vectors of tasks, languages and layers."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

import numpy as np

from isogloss.errors import BadFile, BadValue
from isogloss.lab.adaptation.texts import digest
from isogloss.lab.adaptation.texts_file import TextsFile
from isogloss.lab.recipe import Answers, Apply, Arrays, Corpus, Estimate, Fitted, Training
from isogloss.lab.recipe.language_vectors import catalogue_vectors, content_of, file_vectors
from isogloss.lab.recipe.marks import marked
from isogloss.lab.recipe.neural import objective_of
from isogloss.lab.recipe.neural.trained import TrainedRecipe
from isogloss.lab.recipe.other_tasks import TaskExamples, beside, read_other_tasks
from isogloss.languages import resolve
from isogloss.models.encoder import shared_encoder_model
from isogloss.models.inputs import Tokens, join, tokenize
from isogloss.parameters import Count, Positive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isogloss.lab.recipe.hyper_network import HyperNetwork
    from isogloss.lab.recipe.neural.network import Network

HIDDEN = 0.15
FILES = {"file": "vectors of languages", "tasks": "tasks", "texts": "texts"}
"""Parameters that name files, and what these hold."""


@dataclass(frozen=True)
class HyperAdapter(TrainedRecipe):
    """Adapters that are made from vectors of tasks and languages, for pairs of these without training data too.

    Parameters
    ----------
    vectors : {"catalogue", "learnt"}, default "catalogue"
        Vectors of languages: their grammar and sounds, place and descent as the catalogue has them; or learnt from
        their examples of all tasks and their texts, of which every language that is answered must have some.
    file : str, default ""
        Instead of these, a table with a column `language` and a column for each number, such as typological
        features; it must have every language.
    tasks : str, default ""
        A TOML file with sections `[[task]]`: other tasks that are learnt from at the same time, see `read_other_tasks`.
        The task of the grid is left out there: of that, the grid says what is learnt from.
    texts : str, default ""
        A table with the columns `language` and `text`, in which hidden words are told as one more task.
    most : int, default 1000
        Texts of each language at most.
    temperature : float, default 5
        Languages of other tasks are drawn in proportion to their number of examples to the power of 1 / temperature.
    size : int, default 16
        Width of an adapter.
    width : int, default 32
        Of the vector that the weights of an adapter are made from.
    shuffled : bool, default False
        Whether each language gets the vector of another one: the control.
    learning_rate : float, default 1e-3
        The highest, of AdamW.

    Notes
    -----
    After Hyper-X (Üstün et al. 2022). After layer k, a state h of a text in language l becomes h + U relu(D h + a) + b
    in task t, where D, U, a and b are linear in s = W2 relu(W1 [z_t ; P v_l ; e_k]), v_l being the vector of the
    language. z, P, W1, W2, e, what makes D, U, a and b, and a head for each task are learnt; the model stays. U begins
    as 0. Numbers of a file are scaled to mean 0 and standard deviation 1 over it. Each step learns from a batch of the
    grid's task, and from one of another task in one language. The first token of a text tells its language to the
    adapters, and is read as itself. The other parameters are those of `TrainedRecipe`.
    """

    name: ClassVar[str] = "hyper-adapter"
    version: ClassVar[int] = 2

    learning_rate: Positive = 1e-3
    file: str = ""
    size: Count = 16
    width: Count = 32
    shuffled: bool = False
    vectors: Literal["catalogue", "learnt"] = "catalogue"
    tasks: str = ""
    texts: str = ""
    most: Count = 1000
    temperature: Positive = 5.0
    unlabelled: ClassVar[tuple[str, ...]] = (*TrainedRecipe.unlabelled, *FILES)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, what in FILES.items():
            if (given := getattr(self, name)) and not Path(given).is_file():
                raise BadFile(f"no such file of {what}", where=given, hint=f"correct `{name}`")
        if self.vectors == "learnt" and (self.file or self.shuffled):
            other = "shuffled" if self.shuffled else "file"
            raise BadValue(f"vectors are learnt, so {other} has no use", where=self.name, hint="leave out one of both")

    @cached_property
    def _others(self) -> list[TaskExamples]:
        return read_other_tasks(self.tasks) if self.tasks else []

    @cached_property
    def _read(self) -> dict[str, list[str]]:
        """Texts by canonical language."""
        if not self.texts:
            return {}
        texts = TextsFile(Path(self.texts), most=self.most).read(where=self.texts)
        return {resolve(code, where=self.texts).id: some for code, some in texts.items()}

    @property
    def _contents(self) -> dict[str, str]:
        """What stands for the files that are named."""
        contents = {"vectors": content_of(self.file)} if self.file else {}
        contents |= {"tasks": " ".join(one.content for one in self._others)} if self.tasks else {}
        return contents | ({"texts": digest(self._read)} if self.texts else {})

    @property
    def identity(self) -> dict[str, Any]:
        """The contents of files stand for their places."""
        return super().identity | self._contents

    @property
    def preparation(self) -> tuple[Any, ...]:
        contents = [f"{name} {content}" for name, content in self._contents.items()]
        return (self.name, self.vectors, self.shuffled, *contents, *super().preparation)

    def changed(self, *left_out: str) -> list[str]:
        """With the names of files."""
        files = {"vectors": self.file, "tasks": self.tasks, "texts": self.texts}
        named = [f"{name}={Path(file).stem}" for name, file in files.items() if file]
        return [*super().changed(*left_out), *named]

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Cut every text into tokens, those of other tasks too; the first one also tells the language, by its number.

        Raises
        ------
        BadValue
            If there is no vector of a language, or test texts are among the examples of another task.
        BadFile
            If hidden words are to be told and the model has no head for them.
        """
        if self._read:
            from isogloss.models.masked import load_masked

            load_masked(self.folder)  # whether it has a head is to be known before anything is read
        others = beside(corpus, self._others, self.tasks)
        own = corpus.ids or corpus.languages
        ids = list(dict.fromkeys([*own, *(code for one in others for code in one.languages), *self._read]))
        written = dict(zip(own, corpus.languages, strict=True))
        places = {code: place for place, code in enumerate(ids)}
        vocabulary = shared_encoder_model(self.folder, "float32").config.vocab_size
        found = marked(super().prepare(corpus, apply), [places[code] for code in own], vocabulary)
        for number, one in enumerate(others):
            tokens = join([tokenize(some, self.tokenizer, self.reads(one.kind)) for some in one.inputs])
            prefix = f"other{number}"
            arrays = tokens.arrays(prefix) | {f"{prefix}_rows_of": np.array([*one.sizes.values()])}
            of = [places[code] for code in one.languages]
            found |= marked(arrays, of, vocabulary, [prefix])
            found |= {f"{prefix}_labels": np.concatenate(one.labels), f"{prefix}_languages": np.array(of)}
        if self._read:
            some = join([tokenize(texts, self.tokenizer) for texts in self._read.values()])
            found |= some.arrays("texts") | {
                "texts_rows_of": np.array([len(texts) for texts in self._read.values()]),
                "texts_languages": np.array([places[code] for code in self._read]),
            }
        return found | {
            "language_ids": np.array(ids), "other_names": np.array([one.name for one in others], str),
            "other_outputs": np.array([one.outputs for one in others], int),
            "vectors": self._vectors(ids, written), "own_languages": np.array([places[code] for code in own]),
        }  # fmt: skip

    def _vectors(self, ids: Sequence[str], written: dict[str, str]) -> np.ndarray[Any, Any]:
        """The vector of each language; of none, where they are learnt."""
        if self.vectors == "learnt":
            return np.zeros((len(ids), 0), np.float32)
        if not self.file:
            vectors = catalogue_vectors(ids)
            return np.roll(vectors, 1, axis=0) if self.shuffled else vectors
        places, vectors = file_vectors(self.file, content_of(self.file))
        for one in ids:
            if one not in places:
                raise BadValue(f"no vector of '{written.get(one, one)}'", where=self.file,
                               hint="add a row, or leave out the language")  # fmt: skip
        return (np.roll(vectors, 1, axis=0) if self.shuffled else vectors)[[places[one] for one in ids]]

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """With other tasks or texts, each step reads about twice as much."""
        twice = 2 if self.tasks or self.texts else 1
        return super(HyperAdapter, replace(self, epochs=twice * self.epochs)).estimate(corpus, trainings)

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn the task, and others at the same time; notes tell how many examples of these there are.

        Raises
        ------
        BadValue
            If vectors are learnt, and a language that is answered has neither examples nor texts.
        """
        ids = prepared["language_ids"].tolist()
        if self.vectors == "learnt":
            self._check_learnt(prepared, training, ids)
        fitted = super().fit(prepared, training)
        parts = {f"other{number}": name for number, name in enumerate(prepared["other_names"].tolist())}
        parts |= {"texts": "hidden words"} if "texts_ids" in prepared else {}
        sizes = {
            name: {ids[place]: int(count) for place, count in zip(prepared[f"{prefix}_languages"],
                                                                  prepared[f"{prefix}_rows_of"], strict=True)}
            for prefix, name in parts.items()
        }  # fmt: skip
        notes = {**fitted.notes, "learnt_beside": sizes} if sizes else fitted.notes
        return replace(fitted, settings={**fitted.settings, "languages": ids}, notes=notes)

    def _check_learnt(self, prepared: Arrays, training: Training, ids: Sequence[str]) -> None:
        rows = np.concatenate([training.rows, *(stage.rows for stage in training.then)])
        ends = np.cumsum(prepared["train_rows_of"])
        seen = set(prepared["own_languages"][np.unique(np.searchsorted(ends, rows, side="right"))].tolist())
        for name in [name for name in prepared if name.endswith("_languages") and name != "own_languages"]:
            seen |= set(prepared[name].tolist())
        answered = prepared["own_languages"][prepared["test_rows_of"] > 0]
        if lacking := [ids[place] for place in answered if place not in seen]:
            raise BadValue(f"nothing to learn a vector of '{lacking[0]}' from", where=self.name,
                           hint='give it texts or examples of another task, or take vectors = "catalogue"')  # fmt: skip

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        """The most likely answer to every test unit.

        Raises
        ------
        BadValue
            If vectors were learnt or shuffled, and the languages are not those of the training.
        """
        learnt = fitted.settings["languages"]
        if (self.vectors == "learnt" or self.shuffled) and prepared["language_ids"].tolist() != learnt:
            raise BadValue(f"its vectors are of the languages {', '.join(learnt)}, in this order", where=self.name,
                           hint="answer in these")  # fmt: skip
        return super().predict(prepared, fitted)

    def adapt(self, encoder: Any) -> Any:
        """The encoder as it is: adapters follow once the languages are there."""
        return encoder

    def is_learnt(self, name: str) -> bool:
        return ".made." in name or (name.startswith("others.") and ".head." in name)

    def beside(self, network: Network, tokens: Tokens, training: Training) -> Callable[[Any], None] | None:
        """What adds the gradient of a batch of another task, or of texts, in one language."""
        parts = cast("HyperNetwork", network).beside
        cells = [(part, cell, rows) for part in parts for cell, rows in enumerate(part.cells)]
        if not cells:
            return None
        weights = np.array([len(rows) for *_, rows in cells]) ** (1 / self.temperature)
        chance = np.random.default_rng([training.seed, len(cells)])

        def add(batch: Any) -> None:
            part, cell, rows = cells[chance.choice(len(cells), p=weights / weights.sum())]
            drawn = chance.choice(rows, min(self.batch_size, len(rows)), replace=False)
            part.learn(cell, drawn, chance, self.precision)

        return add

    def _network_type(self) -> type[Network]:
        from isogloss.lab.recipe.hyper_network import HyperNetwork

        return HyperNetwork

    def _network(self, prepared: Arrays, outputs: int, objective: str) -> Network:
        from torch import nn

        from isogloss.lab.adaptation.objectives.prediction import own_loss
        from isogloss.lab.recipe.hyper_network import HiddenWords, HyperEncoder, OtherTask, TaskEncoder
        from isogloss.models.masked import load_masked

        network = cast("HyperNetwork", super()._network(prepared, outputs, objective))
        has_texts, counts = "texts_ids" in prepared, prepared["other_outputs"].tolist()
        languages = len(prepared["language_ids"]) if self.vectors == "learnt" else prepared["vectors"]
        tasks = 1 + len(counts) + has_texts
        encoder = HyperEncoder(network.encoder, tasks, languages, self.size, self.width)
        network.encoder = encoder
        others = [
            OtherTask(
                TaskEncoder(encoder, number + 1), count, self.pooling, self.dropout,
                objective_of(prepared[f"other{number}_labels"]), Tokens.of(prepared, f"other{number}"),
                prepared[f"other{number}_labels"], prepared[f"other{number}_rows_of"],
            )
            for number, count in enumerate(counts)
        ]  # fmt: skip
        network.others, network.beside = nn.ModuleList(others), [*others]
        if has_texts:
            model = deepcopy(load_masked(self.folder).model).requires_grad_(False)
            words = HiddenWords(
                model, TaskEncoder(encoder, tasks - 1), own_loss(self.folder, model, HIDDEN, self.max_length),
                Tokens.of(prepared, "texts"), prepared["texts_rows_of"], prepared["texts_languages"],
            )  # fmt: skip
            network.beside.append(words)
        return self._ready(network)
