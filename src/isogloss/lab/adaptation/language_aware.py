"""`language-aware-pretraining`: vectors of languages and scripts stand between the states and the head in training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.adaptation import Inputs, Texts
from isogloss.lab.adaptation.continued_pretraining import ContinuedPretraining
from isogloss.lab.adaptation.draft import SCRIPT_VECTORS, SIMILARITY, VECTORS, Draft
from isogloss.lab.adaptation.losses import bits_of
from isogloss.lab.adaptation.mixing import Mix
from isogloss.lab.adaptation.objectives import Objective
from isogloss.lab.adaptation.objectives.prediction import OwnLoss, Prediction, own_loss
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.runtime import start_torch
from isogloss.parameters import Positive
from isogloss.text import main_script

Matrix = np.ndarray[Any, Any]


@dataclass(frozen=True)
class LanguageAwarePretraining(ContinuedPretraining):
    """Continued pretraining with vectors of language and script, which are added to the last states before the head.

    Parameters
    ----------
    scripts : bool, default True
        Whether scripts have vectors too. The script of a language is that of most letters of its texts.
    scale : float, default 1
        A vector is this times the numbers that are trained, so that it changes so much faster than a weight; 1 is as
        in the paper. The larger, the more the model leaves to the vectors, and the worse it does without them.

    Notes
    -----
    logits = head(h + E_language + E_script) in training (Liu et al. 2025, LangSAMP: language-script aware multilingual
    pretraining); the checkpoint is without the vectors, so that nobody has to tell the language of a text. Vectors
    begin as 0: the model begins as it was. Beside the weights lie `language_vectors.csv` (a row per language, a column
    per number), `script_vectors.csv`, and `language_similarity.csv` (a row per pair, (1 + cosine) / 2 of the vectors of
    languages), which `isogloss languages distance --table` takes. The other parameters are those of continued
    pretraining.
    """

    name: ClassVar[str] = "language-aware-pretraining"

    scripts: bool = True
    scale: Positive = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.interleave:
            raise BadValue(
                "a window of two languages has no language",
                where="interleave",
                hint='take name = "continued-pretraining"',
            )

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        read = self.learns_from(inputs.texts)
        if len(read) < 2:
            raise BadValue(
                f"one language to learn: {read[0]}", where=self.name,
                hint='give texts of two or more, or take name = "continued-pretraining"',
            )  # fmt: skip
        super().apply(source, inputs, draft)

    def objective(self, source: Weights, mix: Mix, model: Any) -> Objective:
        own = own_loss(source.folder, model, self.hidden, self.length)
        scripts = {code: self._script_of(mix, own, code) for code in mix.sources} if self.scripts else {}
        return AwarePrediction(own, mix, self.batch_size, LanguageVectors(model, [*mix.sources], scripts, self.scale))

    @staticmethod
    def _script_of(mix: Mix, own: OwnLoss, code: str) -> str:
        """The script of most letters of what is read of a language."""
        return main_script(own.tokenizer.decode(mix.sources[code].row, skip_special_tokens=True))


class LanguageVectors:
    """Vectors of languages and scripts, as parameters of a model while it is trained.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        With its head; it gets the parameters `language_vectors` and, with scripts, `script_vectors`.
    languages : sequence of str
    scripts : mapping of str to str
        Of each language; empty for no vectors of scripts.
    scale : float
        Vectors are this times the parameters.
    """

    def __init__(self, model: Any, languages: Sequence[str], scripts: Mapping[str, str], scale: float):
        torch = start_torch()
        self.languages, self.scripts, self.scale = list(languages), dict(scripts), scale
        self.names = sorted(set(self.scripts.values()))
        width, device = model.config.get_text_config().hidden_size, model.device
        self.of_languages = torch.nn.Parameter(torch.zeros(len(self.languages), width, device=device))
        self.of_scripts = torch.nn.Parameter(torch.zeros(len(self.names), width, device=device))
        model.register_parameter("language_vectors", self.of_languages)
        if self.names:
            model.register_parameter("script_vectors", self.of_scripts)

    @contextmanager
    def added(self, model: Any, languages: Sequence[str]) -> Iterator[None]:
        """While this lasts, the last states of each sequence get the vectors of its language.

        Parameters
        ----------
        model : transformers.PreTrainedModel
        languages : sequence of str
            Of each sequence of a batch; one for all sequences of any batch.
        """
        vectors = self.of_languages[[self.languages.index(code) for code in languages]]
        if self.names:
            vectors = vectors + self.of_scripts[[self.names.index(self.scripts[code]) for code in languages]]

        def add(_: Any, __: Any, output: Any) -> Any:
            output.last_hidden_state = output.last_hidden_state + self.scale * vectors[:, None, :]
            return output

        hook = model.base_model.register_forward_hook(add)
        try:
            yield
        finally:
            hook.remove()

    @property
    def rows(self) -> Matrix:
        """Vectors of languages, shape (languages, width)."""
        return self._numbers(self.of_languages)

    @property
    def files(self) -> dict[str, str]:
        """Tables of the vectors and of how alike those of two languages are."""
        found = {VECTORS: _table("language", self.languages, self.rows), SIMILARITY: self._pairs()}
        if self.names:
            found[SCRIPT_VECTORS] = _table("script", self.names, self._numbers(self.of_scripts))
        return found

    def _numbers(self, parameter: Any) -> Matrix:
        return np.asarray(self.scale * parameter.detach().cpu().double().numpy())

    def _pairs(self) -> str:
        lines = ["lang_a,lang_b,similarity"]
        lengths = np.linalg.norm(self.rows, axis=1)
        for one, other in combinations(range(len(self.languages)), 2):
            product = lengths[one] * lengths[other]
            cosine = float(self.rows[one] @ self.rows[other]) / product if product else 0.0
            lines.append(f"{self.languages[one]},{self.languages[other]},{(1 + cosine) / 2:.6f}")
        return "\n".join(lines) + "\n"


def _table(what: str, names: Sequence[str], rows: Matrix) -> str:
    """A row per name, a column per number, from 1."""
    lines = [",".join([what, *map(str, range(1, rows.shape[1] + 1))])]
    lines += [",".join([name, *(f"{number:.6g}" for number in row)]) for name, row in zip(names, rows, strict=True)]
    return "\n".join(lines) + "\n"


class AwarePrediction(Prediction):
    """The own loss with the vectors of the language of each sequence.

    Parameters
    ----------
    own : OwnLoss
    mix : Mix
    batch_size : int
    vectors : LanguageVectors
    """

    def __init__(self, own: OwnLoss, mix: Mix, batch_size: int, vectors: LanguageVectors):
        super().__init__(own, mix, batch_size)
        self.vectors = vectors

    def terms(self, model: Any, step: int, chance: np.random.Generator) -> Iterator[Any]:
        drawn = self.mix.named_batch(self.batch_size, chance)
        self.read += sum(len(ids) for _, ids in drawn)
        for part in self.own.parts([ids for _, ids in drawn], chance):
            with self.vectors.added(model, [code for code, _ in drawn[part.places]]):
                loss = self.own.total(model, part.given, part.there, part.answers)
            yield loss / part.units

    @property
    def facts(self) -> dict[str, Any]:
        return {**super().facts, **({"scripts": self.vectors.scripts} if self.vectors.scripts else {})}

    @property
    def files(self) -> dict[str, str]:
        return self.vectors.files

    def measure(self, model: Any, held_out: Texts) -> dict[str, Any]:
        """The loss of each language with its vectors, in bits per byte; that beside it is without them."""
        found = {}
        for code in self.vectors.languages:
            if some := list(held_out.get(code, ())):
                with self.vectors.added(model, [code]):
                    bits, _ = bits_of(model, self.own.tokenizer, self.own.masked, some, range(len(some)))
                found[code] = round(float(bits.mean()), 6)
        return {"loss_with_vectors": found}
