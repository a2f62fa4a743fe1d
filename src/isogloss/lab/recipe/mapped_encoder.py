"""`mapped-encoder`: what a multilingual encoder makes of a text is mapped into a decoder, which stays as it is.

Huang et al. 2024, MindMerger: efficiently boosting LLM reasoning in non-English languages; Languages are modalities:
cross-lingual alignment via encoder injection (2025, LLINK); with nothing but the mapping read, Yoon et al. 2024,
LangBridge.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from isogloss.errors import BadValue
from isogloss.lab.recipe import Apply, Arrays, Corpus, Estimate, Fitted, Training
from isogloss.lab.recipe.encoder_texts import content_hash, last_part, read_texts, shuffled
from isogloss.lab.recipe.instructions import InstructionTune, count_learning, languages_of, refuse_beside
from isogloss.lab.recipe.neural import TRIED
from isogloss.lab.recipe.prompted.prompts import Query, queries
from isogloss.lab.recipe.remembered import Remembered
from isogloss.lab.task import TaskKind
from isogloss.lab.tuning.lessons import Example
from isogloss.models.checkpoints import describe_checkpoint, fingerprint, locate
from isogloss.models.decoder import Decoder, shared_decoder, with_leads
from isogloss.models.encoder import shared_encoder_model
from isogloss.models.runtime import coefficients, count, forward_flops, padded, start_torch
from isogloss.models.tokenizers import Tokenizer
from isogloss.parameters import Count, NotNegative, Positive

if TYPE_CHECKING:
    from isogloss.lab.tuning.instructions import Schedule
    from isogloss.lab.tuning.training import Sequences

Integers = np.ndarray[Any, Any]

LONGEST = 512
"""Tokens of a text that the encoder reads at most; fewer where it has fewer positions."""
SCALED = 32
"""Texts that the size of what is mapped is set on, before training."""
ASIDE, MOST_ASIDE = 10, 200
"""One pair in how many is put aside to measure retrieval on, and how many at most."""


@dataclass(frozen=True)
class MappedEncoder(InstructionTune):
    """A decoder reads what a small network makes of an encoder's states of a text, before the prompt.

    Parameters
    ----------
    encoder : str
        Checkpoint of the encoder, as `checkpoint` is that of the decoder; it is never changed.
    vectors : {"tokens", "slots"}, default "tokens"
        What the decoder reads: a vector for each token of the encoder, through a network of two layers, as MindMerger;
        or a fixed number of vectors, out of the mean of the states, as LLINK.
    slots : int, default 8
        How many these are.
    file : str, default ""
        Table of general texts that are learnt from first, with columns text and translation; translations are in the
        language of the decoder. With it, a size of 0 of a grid is the mapping after these alone.
    first : {"translation", "contrast"}, default "translation"
        What is learnt from them: to write the translation after what is mapped, as MindMerger; or that one vector of
        the text is nearer to the decoder's state of its own translation than to those of others in the batch, as LLINK.
    first_epochs : int, default 3
        How often they are gone through.
    learning_rate : float, default 1e-3
        The highest, of AdamW, in both stages.
    prompt : {"text", "blank"}, default "text"
        Whether the prompt has the text itself, or nothing in its place, as LangBridge.
    states : {"own", "shuffled"}, default "own"
        Whose states are mapped: those of the text, or, to compare with, those of another text.
    rank : int, default 0
        Of additions to the decoder's linear layers that learn beside the mapping, from the task alone; 0 for none.
    alpha : int, default 16
        Additions are multiplied by alpha / rank.
    usage : float, default 0
        Weight of a loss that is above 0 where an answer gains less than 1 nat per token by what is mapped.

    Notes
    -----
    The decoder reads what its tokenizer begins texts with, the mapped vectors, a boundary vector that begins as zeros,
    and the prompt. The network, the boundary and the additions alone are learnt. Vectors begin as large as the
    decoder's embeddings, on average. For a contrast, the decoder's state is that of the last layer after the
    translation and the token that ends texts, less the mean over all translations; the vector of a text is the mean of
    what is mapped, for slots what they are made of; a tenth of the pairs, 200 at most, are put aside, and observations
    say how often the right translation is the nearest. Without `file`, and with a size of 0, the decoder is as it is.
    The other parameters are those of `InstructionTune`.
    """

    name: ClassVar[str] = "mapped-encoder"
    unlabelled: ClassVar[tuple[str, ...]] = (*InstructionTune.unlabelled, "encoder", "file")

    encoder: str = ""
    vectors: Literal["tokens", "slots"] = "tokens"
    slots: Count = 8
    file: str = ""
    first: Literal["translation", "contrast"] = "translation"
    first_epochs: Count = 3
    learning_rate: Positive = 1e-3
    prompt: Literal["text", "blank"] = "text"
    states: Literal["own", "shuffled"] = "own"
    rank: Annotated[int, Ge(0)] = 0
    alpha: Count = 16
    usage: NotNegative = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.encoder:
            raise BadValue("mapped-encoder needs an encoder", hint='add encoder = "folder of a multilingual encoder"')
        refuse_beside(self, "mapped-encoder learns one loss of answers")

    @property
    def identity(self) -> dict[str, Any]:
        """The contents of the encoder and of the table stand for their places."""
        known = super().identity
        return known | {
            "parameters": known["parameters"] | {"encoder": self._encoder_hash, "file": content_hash(self.file)}
        }

    @property
    def preparation(self) -> tuple[Any, ...]:
        """What cannot be read is to be known early."""
        return (*super().preparation, self.name, self._encoder_hash, content_hash(self.file))

    @property
    def details(self) -> dict[str, Any]:
        return super().details | {"encoder": last_part(self.encoder), "encoder_revision": self._encoder_hash}

    def changed(self, *left_out: str) -> list[str]:
        """The encoder is told by its name, the table by a hash of its content."""
        table = [f"file={content_hash(self.file)[:8]}"] if self.file else []
        return [f"encoder={last_part(self.encoder)}", *table, *super().changed(*left_out)]

    def check_kind(self, kind: TaskKind) -> None:
        super().check_kind(kind)
        if self.prompt == "blank" and kind.form is not None and kind.form.answer is None:
            raise BadValue(f"{kind.name} has its slot in the text", hint='set prompt = "text"')

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """As recipes do that ask in prompts; an encoder or a table that cannot be read is found before any job.

        Raises
        ------
        BadFile, BadValue
        """
        self._encoder()
        if self.file:
            read_texts(self.file, "text", "translation")
        return super().prepare(corpus, apply)

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn from the table, if there is one, and then from the answers of the training rows.

        Raises
        ------
        BadValue
            If no example has room.
        """
        torch = start_torch()
        if not len(training.rows) and not self.file:
            return super().fit(prepared, training)
        notes: dict[str, Any] = {"selected_on": "nothing: the weights after the last step are taken"}
        with torch.random.fork_rng():
            torch.manual_seed(training.seed)
            with self._adapted(shared_decoder(self.folder, "float32")) as (ready, model):
                with self._autocast():
                    if self.file:
                        texts, translations = read_texts(self.file, "text", "translation")
                        notes |= self._learn_first(ready, texts, translations, training.seed)
                    if len(training.rows):
                        notes |= self._learn_task(ready, prepared, training)
                learnt = self.weights(model)
        languages = np.unique(languages_of(prepared, training.rows))
        return Fitted({**learnt, "languages": languages}, {"shown": [], "target": None}, notes)

    def as_read(self, one: Query) -> Query:
        return one if self.prompt == "text" else replace(one, parts=("",) * len(one.parts))

    def leads(self, decoder: Decoder, rows: Sequence[Query]) -> list[list[int]] | None:
        from isogloss.lab.tuning.mapped import has_mapping, mapped_tokens

        if not has_mapping(decoder):
            return None
        return mapped_tokens(decoder).take(self._read_by_encoder(_texts(rows)))

    def adapt(self, model: Any) -> Any:
        from isogloss.lab.tuning.adapter import configuration, linear_modules
        from isogloss.lab.tuning.mapped import SlotMapping, TokenMapping, add_mapping

        model.requires_grad_(False)
        if self.rank:
            from peft import inject_adapter_in_model

            shape = configuration(self.rank, self.alpha, 0.0, linear_modules(model, []))
            model = inject_adapter_in_model(shape, model)
        encoder = self._encoder()
        sizes = encoder.config.hidden_size, model.get_input_embeddings().embedding_dim
        mapping = TokenMapping(*sizes) if self.vectors == "tokens" else SlotMapping(*sizes, self.slots)
        add_mapping(model, mapping, partial(read_states, encoder))
        return model

    def weights(self, model: Any) -> dict[str, Any]:
        return {name: one.detach().cpu().numpy().copy() for name, one in model.named_parameters() if one.requires_grad}

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """As of a decoder that learns; a few texts of the table are learnt from once."""
        found = replace(self, file="").estimate(corpus, trainings) if self.file else super().estimate(corpus, trainings)
        whole = 4 * (2 * self.facts()["parameters"] + describe_checkpoint(locate(self.encoder))["parameters"])
        found = replace(found, worker_bytes=whole + 1e9)
        if not self.file:
            return found
        texts, translations = read_texts(self.file, "text", "translation")
        began = time.perf_counter()
        with self._adapted(shared_decoder(self.folder, "float32")) as (ready, _):
            replace(self, first_epochs=1)._learn_first(ready, texts[:TRIED], translations[:TRIED], 0)
        seconds = (time.perf_counter() - began) * self.first_epochs * len(texts) / min(TRIED, len(texts))
        return replace(found, job_seconds=found.job_seconds + seconds)

    def _learn_first(self, ready: Decoder, texts: list[str], translations: list[str], seed: int) -> dict[str, Any]:
        """Learn from texts and their translations; what the job before learnt from them is taken over."""
        beside = [one for name, one in ready.model.named_parameters() if "lora_" in name]

        def learn() -> tuple[dict[str, Any], dict[str, Any]]:
            self._scale(ready, texts)
            for one in beside:
                one.requires_grad_(False)
            notes = (self._translate if self.first == "translation" else self._contrast)(
                ready, texts, translations, seed
            )
            for one in beside:
                one.requires_grad_(True)
            return self.weights(ready.model), notes

        learnt, notes = _begun.of(json.dumps([self.identity, seed, len(texts)], sort_keys=True), learn)
        self.restore(ready.model, learnt)
        return notes

    def _translate(self, ready: Decoder, texts: list[str], translations: list[str], seed: int) -> dict[str, Any]:
        """Write translations after what is mapped."""
        from isogloss.lab.tuning.instructions import train_answers

        sequences, _, left_out = self._led(ready, texts, [Example("", one) for one in translations])
        train_answers(ready, sequences, self._schedule(self.first_epochs), seed)
        count_learning(ready, sequences, self.first_epochs)
        return {"first_texts": len(sequences)} | ({"first_too_long": left_out} if left_out else {})

    def _contrast(self, ready: Decoder, texts: list[str], translations: list[str], seed: int) -> dict[str, Any]:
        """Bring vectors near the decoder's states of translations, and try them on pairs put aside."""
        from isogloss.lab.tuning.mapped import mapped_tokens
        from isogloss.lab.tuning.mapping_losses import final_states, retrieval, summaries, train_contrast

        read, tokens = self._read_by_encoder(texts), mapped_tokens(ready)
        states = final_states(ready, [_ended(ready, one) for one in translations])
        aside = np.arange(len(texts)) % ASIDE == ASIDE - 1
        aside &= np.cumsum(aside) <= MOST_ASIDE
        if aside.sum() < 2:
            aside[:] = False
        center = states[~aside].mean(0)
        learnt = list(compress(read, ~aside))
        train_contrast(ready, tokens, learnt, states[~aside] - center, self._schedule(self.first_epochs), seed)
        notes: dict[str, Any] = {"first_texts": len(learnt)}
        if aside.any():
            own = final_states(ready, [_ended(ready, one) for one in compress(texts, aside)])
            found = {"mapped": summaries(tokens, list(compress(read, aside))), "decoder": own - center}
            notes["retrieval"] = {name: round(retrieval(one, states[aside] - center), 4) for name, one in found.items()}
            notes["retrieval_among"] = int(aside.sum())
        return notes

    def _learn_task(self, ready: Decoder, prepared: Arrays, training: Training) -> dict[str, Any]:
        """Write the answers of the training rows."""
        from isogloss.lab.tuning.instructions import train_answers
        from isogloss.lab.tuning.mapping_losses import train_used

        texts = _texts(queries(prepared, "train", training.rows))
        if not self.file:
            self._scale(ready, texts)
        sequences, bare, left_out = self._led(ready, texts, self.examples(prepared, training))
        schedule = self._schedule(self.epochs)
        if self.usage:
            train_used(ready, sequences, bare, schedule, training.seed, self.usage)
        else:
            train_answers(ready, sequences, schedule, training.seed)
        count_learning(ready, sequences, self.epochs)
        return {"too_long": left_out} if left_out else {}

    def _led(
        self, ready: Decoder, texts: Sequence[str], examples: Sequence[Example]
    ) -> tuple[Sequences, Sequences, int]:
        """Prompts with their answers behind what is mapped, and without it; how many had no room.

        Raises
        ------
        BadValue
            If none has.
        """
        from isogloss.lab.tuning.instructions import has_room, in_tokens
        from isogloss.lab.tuning.mapped import mapped_tokens

        leads = mapped_tokens(ready).take(self._read_by_encoder(texts))
        led = with_leads(ready, len(examples), leads)
        sequences = [in_tokens(one, *example) for one, example in zip(led, examples, strict=True)]
        fits = [has_room(ready, one, self.max_length) for one in sequences]
        if not any(fits):
            raise BadValue(f"no example has room in {self.max_length} tokens", hint="raise max_length")
        bare = [in_tokens(ready, *one) for one in compress(examples, fits)]
        return list(compress(sequences, fits)), bare, len(fits) - sum(fits)

    def _scale(self, ready: Decoder, texts: Sequence[str]) -> None:
        """Let what is mapped begin as large as the decoder's embeddings."""
        from isogloss.lab.tuning.mapped import mapped_tokens

        tokens = mapped_tokens(ready)
        size = float(tokens.embeddings.weight.float().pow(2).mean().sqrt())
        tokens.mapping.scale(size, *tokens.read(self._read_by_encoder(texts[:SCALED])))

    def _read_by_encoder(self, texts: Sequence[str]) -> list[Integers]:
        """The texts whose states are mapped, in tokens of the encoder."""
        folder, shape = locate(self.encoder), self._encoder().config
        most = min(LONGEST, getattr(shape, "max_position_embeddings", None) or LONGEST)
        found = [np.array(one or [shape.pad_token_id or 0], np.int64) for one in Tokenizer(folder, most).encode(texts)]
        return found if self.states == "own" else shuffled(found)

    def _schedule(self, epochs: int) -> Schedule:
        from isogloss.lab.tuning.instructions import Schedule

        return Schedule(epochs, self.batch_size, self.learning_rate, self.warmup, self.weight_decay)

    def _encoder(self) -> Any:
        return shared_encoder_model(locate(self.encoder), "float32")

    @property
    def _encoder_hash(self) -> str:
        return fingerprint(locate(self.encoder))


_begun: Remembered[tuple[dict[str, Any], dict[str, Any]]] = Remembered()


def read_states(encoder: Any, sequences: Sequence[Integers]) -> tuple[Any, Any]:
    """The last layer's states of some texts by an encoder that does not learn, and their mask."""
    ids, mask = padded(sequences, encoder.config.pad_token_id or 0)
    lengths = np.array([len(one) for one in sequences])
    count(tokens=int(lengths.sum()), flops=forward_flops(coefficients(encoder), lengths))
    with start_torch().no_grad():
        return encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float(), mask


def _texts(rows: Sequence[Query]) -> list[str]:
    """What the encoder reads of each row: all but its choices."""
    return ["\n".join(one.parts) for one in rows]


def _ended(decoder: Decoder, text: str) -> Integers:
    """A text with the token that ends it, as a decoder reads it."""
    from isogloss.lab.tuning.instructions import in_tokens

    return np.concatenate(in_tokens(decoder, "", text))
