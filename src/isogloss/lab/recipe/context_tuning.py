"""`context-tuning`: demonstrations become vectors before every question, which are learnt from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Lt

from isogloss.errors import BadValue
from isogloss.lab.recipe import Apply, Arrays, Corpus, Estimate, Fitted, Training
from isogloss.lab.recipe.in_context import InContext
from isogloss.lab.recipe.prompted.prompts import about
from isogloss.lab.tuning.checkpoint import check_decoder
from isogloss.models.decoder import Decoder, room, shared_decoder
from isogloss.parameters import Count, Positive

Matrix = np.ndarray[Any, Any]


@dataclass(frozen=True)
class ContextTuning(InContext):
    """A decoder reads vectors before the question that began as its demonstrations and were learnt from them.

    Parameters
    ----------
    begin : {"demonstrations", "vocabulary"}, default "demonstrations"
        What the vectors begin with: those of the tokens of the demonstrations; or, to compare with, as many tokens of
        the vocabulary, drawn by the seed.
    epochs : int, default 30
        How often all demonstrations are gone through, all in one step.
    learning_rate : float, default 1e-3
        At the beginning, of AdamW; it falls to 0 with half a cosine.
    token_dropout : float, default 0.05
        Share of the vectors that each step leaves out.

    Notes
    -----
    Context Tuning (2025) in its form with prompts, CT-Prompt: a demonstration is answered with the vectors of all
    others before it, its own being left out, so that its answer is never read off; the loss is the mean of
    -log P(answer) over demonstrations. No weight of the model changes. What is left out is taken out of the sequence,
    not masked in its place. Demonstrations that leave no room for a question as long as the longest of them are left
    out and counted (`too_long`). Its other form learns keys and values of every layer. The other parameters are those
    of `InContext`, but for `selection`, `hint`, `chat` and `calibrate`.
    """

    name: ClassVar[str] = "context-tuning"
    zero_shot: ClassVar[bool] = False

    begin: Literal["demonstrations", "vocabulary"] = "demonstrations"
    epochs: Count = 30
    learning_rate: Positive = 1e-3
    token_dropout: Annotated[float, Ge(0), Lt(1)] = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("selection", "hint", "chat", "calibrate"):
            if getattr(self, name):
                raise BadValue("context-tuning has the same vectors before every question", hint=f"leave out {name}")

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """As for `in-context`; encoder-decoders are refused."""
        check_decoder(self.folder)
        return super().prepare(corpus, apply)

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn the vectors from the training rows.

        Raises
        ------
        BadValue
            If there are fewer than two, or two leave no room for a question.
        """
        if len(training.rows) < 2:
            raise BadValue("context-tuning leaves out one demonstration at a time", hint="set sizes to 2 or more")
        from isogloss.lab.recipe.soft_tokens import learn_tokens

        fitted = super().fit(prepared, training)
        wording = self.wordings(about(prepared)).of(int(fitted.arrays["languages"][0]))
        pairs = [wording.parted(parts, answer) for parts, answer in fitted.settings["shown"]]
        decoder = shared_decoder(self.folder, "float32")
        segments = [
            np.array(
                decoder.tokenizer(question + answer + self.separator, add_special_tokens=False)["input_ids"], np.int64
            )
            for question, answer in pairs
        ]
        lengths, most = [len(one) for one in segments], room(decoder, self.max_length)
        kept = int((np.cumsum(lengths) + max(lengths) <= most).sum())
        if kept < 2:
            raise BadValue(
                f"two demonstrations and a question take more than {most:,} tokens", hint="raise max_length"
            )  # fmt: skip
        vectors, losses = learn_tokens(
            decoder, pairs[:kept], segments[:kept], drawn=self.begin == "vocabulary", epochs=self.epochs,
            learning_rate=self.learning_rate, dropout=self.token_dropout, seed=training.seed,
        )  # fmt: skip
        notes = {
            **fitted.notes,
            "selected_on": "nothing: the vectors after the last step are taken",
            "loss_before": round(losses[0], 4),
            "loss_after": round(losses[-1], 4),
        }
        if kept < len(pairs):
            notes |= {"shots": kept, "too_long": len(pairs) - kept}
        return Fitted({**fitted.arrays, "vectors": vectors}, {**fitted.settings, "shown": []}, notes)

    def decoder(self, fitted: Fitted) -> Decoder:
        """The decoder that reads the vectors before every prompt."""
        from isogloss.lab.recipe.soft_tokens import with_tokens

        return with_tokens(shared_decoder(self.folder, self.precision), fitted.arrays["vectors"])

    def estimate(self, corpus: Corpus, trainings: Any) -> Estimate:
        """As in context, and three times the demonstrations in each epoch, each with all others before it."""
        plain = InContext(**{name: getattr(self, name) for name in InContext(checkpoint="any").parameters})
        found = plain.estimate(corpus, trainings)
        tested = max(1, sum(map(len, corpus.test)))
        shown = sum(len(one.rows) for one in trainings) / max(1, len(trainings))
        return replace(found, job_seconds=found.job_seconds * (1 + 3 * self.epochs * shown / tested))
