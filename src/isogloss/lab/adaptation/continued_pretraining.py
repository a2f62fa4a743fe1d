"""`continued-pretraining`: a model trained on, on texts of one language, of many, or of texts beside translations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt

from isogloss.errors import BadValue
from isogloss.lab.adaptation import Inputs
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.mixing import Mix
from isogloss.lab.adaptation.objectives import Objective
from isogloss.lab.adaptation.objectives.prediction import Prediction, own_loss
from isogloss.lab.adaptation.trained import TrainedAdaptation, check_languages
from isogloss.lab.adaptation.training import has_head, train
from isogloss.lab.adaptation.weights import Weights
from isogloss.languages import resolve
from isogloss.models.checkpoints import load_tokenizer
from isogloss.parameters import Count, NotNegative
from isogloss.texts.transforms import Item, read_transform
from isogloss.texts.words import cut_words


@dataclass(frozen=True)
class ContinuedPretraining(TrainedAdaptation):
    """Trains a decoder or a model of hidden words on, on texts of chosen languages.

    Parameters
    ----------
    languages : tuple of str
        Languages of the texts that are learnt; by default all but the replayed ones.
    family : str
        Learn those languages of the texts that belong to this family or branch, such as Uralic.
    replayed : tuple of str
        Languages that the model knows already, and should not forget.
    replay : float, default 0
        Share of all sequences that are of the replayed languages.
    alpha : float, default 1
        Languages are drawn with probabilities proportional to (their tokens)^alpha: 1 for shares as in the texts, 0 for
        equal ones.
    interleave : str
        A language whose texts stand before their translations into each learnt language, in one window; the texts of
        all languages have to be translations of one another.
    transform : dict, default none
        `name` and parameters of a text transform, see `isogloss.texts.text_transforms`, that the learnt texts go
        through before they are read; replayed ones, those beside which they are read, and those held out do not.
    into : str
        The language that it puts them into, for transforms that ask.
    tokens : int, default 262144
        Tokens that are read in all.
    length : int, default 128
        Tokens of a sequence.
    batch_size : int, default 16
        Sequences of a step.
    hidden : float, default 0.15
        Share of the tokens that is hidden, of models of hidden words.
    trained : {"all", "middle", "ends"}, default "all"
        Which blocks learn: all; those in the middle; or those at either end, with all that belongs to no block.
    ends : int, default 1
        Blocks at either end that are no middle.

    Notes
    -----
    On one language this is language-adaptive fine-tuning (LAFT), on many its multilingual kind (MAFT, Alabi et al.
    2022); `interleave` is that of CrossIC-PT; `transform` with `code-switch` or `mix-languages` is the tuning on mixed
    text of Chua et al. (2024). Texts that a transform drops are not read. What a step reads depends on seed and step
    alone, so that a run which was stopped goes on to the same bytes.
    """

    name: ClassVar[str] = "continued-pretraining"

    languages: tuple[str, ...] = ()
    family: str = ""
    replayed: tuple[str, ...] = ()
    replay: Annotated[float, Ge(0), Lt(1)] = 0.0
    alpha: NotNegative = 1.0
    interleave: str = ""
    transform: dict[str, Any] = field(default_factory=dict)
    into: str = ""
    tokens: Count = 262_144
    hidden: Annotated[float, Gt(0), Le(0.9)] = 0.15
    trained: Literal["all", "middle", "ends"] = "all"
    ends: Count = 1

    def __post_init__(self) -> None:
        """Check parameters, and that they agree."""
        super().__post_init__()
        if bool(self.replayed) != bool(self.replay):
            raise BadValue("replay needs both a share and languages", hint='give replay=0.2, replayed=("eng",)')
        if self.family and self.languages:
            raise BadValue("both languages and a family are named", hint="name one of them")
        if set(self.languages) & set(self.replayed):
            raise BadValue("a language is both learnt and replayed", where="replayed", hint="name it once")
        if self.transform:
            read_transform(self.transform)
        elif self.into:
            raise BadValue("into without a transform", where="into", hint="name one, or leave it out")
        if self.transform and self.interleave:
            raise BadValue("transformed texts are no translations of others", where="transform",
                           hint="leave out interleave")  # fmt: skip

    def changed(self, *left_out: str) -> list[str]:
        """What differs from the defaults; of a transform, its label."""
        named = [f"transform={read_transform(self.transform).label}"] if self.transform else []
        return [*super().changed(*left_out, "transform"), *named]

    @property
    def identity(self) -> dict[str, Any]:
        """The transform, if there is one, by its content."""
        said = super().identity
        own = ("transform", "into")
        parameters = {name: value for name, value in said["parameters"].items() if name not in own}
        if not self.transform:
            return said | {"parameters": parameters}
        into = resolve(self.into, where="into").id if self.into else ""
        return said | {"parameters": parameters, "transform": read_transform(self.transform).identity, "into": into}

    @property
    def needs_translations(self) -> bool:
        return bool(self.interleave)

    @property
    def needs_head(self) -> bool:
        """Whether it is for models alone that tell tokens."""
        return True

    @property
    def steps(self) -> int:
        """Steps of training."""
        return max(1, round(self.tokens / (self.batch_size * self.length)))

    def learnt(self, languages: Collection[str]) -> list[str]:
        """The languages that are learnt, of those that there are texts of.

        Raises
        ------
        UnknownName, BadValue
            If there are no texts of a language or family.
        """
        check_languages([*self.languages, *self.replayed, *filter(None, [self.interleave])], languages)
        others = [code for code in languages if code not in self.replayed]
        if self.family:
            others = [code for code in others if self.family.lower() in map(str.lower, resolve(code).family)]
        chosen = list(self.languages) or others
        if not [code for code in chosen if code != self.interleave]:
            what = f"of the family '{self.family}'" if self.family else "to learn"
            raise BadValue(f"there are no texts of a language {what}", where="corpus")
        return chosen

    def learns_from(self, languages: Collection[str]) -> list[str]:
        return [*self.learnt(languages), *self.replayed]

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        if self.needs_head and not has_head(source):
            raise BadValue(
                "is an encoder without a head for hidden words", where=f"checkpoint {source.folder}",
                hint="give one whose architecture is ...ForMaskedLM, or a decoder",
            )  # fmt: skip
        learnt = self.learnt(inputs.texts)
        transformed = {code: self._transformed(code, inputs.texts[code]) for code in learnt if self.transform}
        mix = Mix(
            load_tokenizer(source.folder), {**inputs.texts, **transformed}, learnt, self.replayed, alpha=self.alpha,
            replay=self.replay, interleave=self.interleave, length=self.length,
        )  # fmt: skip

        def begin(model: Any) -> Objective:
            self._hold(source, model)
            return self.objective(source, mix, model)

        train(self, source, begin, inputs, draft)

    def _hold(self, source: Weights, model: Any) -> None:
        """Keep the blocks that do not learn as they are.

        Raises
        ------
        BadValue
            If there is no block in the middle.
        """
        if self.trained == "all":
            return
        _, count = source.blocks()
        if 2 * self.ends >= count:
            raise BadValue(
                f"{self.ends} at either end leave no middle of {count} blocks", where="ends", hint="give less"
            )
        middle = range(self.ends, count - self.ends)
        for name, place in source.places(name for name, _ in model.named_parameters()).items():
            model.get_parameter(name).requires_grad_((place in middle) == (self.trained == "middle"))

    def _transformed(self, code: str, texts: Sequence[str]) -> list[str]:
        """The texts of a language as they are read."""
        items = [Item(str(place), tuple(cut_words(text)), text=text) for place, text in enumerate(texts)]
        origin = resolve(code).id
        into = resolve(self.into, where="into").id if self.into else origin
        made = read_transform(self.transform).transform(items, origin, into)
        if not made.items:
            raise BadValue(f"the transform leaves none of {len(texts)} texts of '{code}'", where="transform",
                           hint=f"each {next(iter(made.dropped.values()), 'is dropped')}")  # fmt: skip
        return [item.written for item in made.items]

    def objective(self, source: Weights, mix: Mix, model: Any) -> Objective:
        """What training lowers."""
        return Prediction(own_loss(source.folder, model, self.hidden, self.length), mix, self.batch_size)
