"""`seq2seq-tune`, `seq2seq-lora`, `seq2seq-prompt`: encoder-decoders are trained to write answers or translations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge

from isogloss.errors import BadValue
from isogloss.lab.recipe import Apply, Arrays, Corpus, Estimate, Fitted, Training
from isogloss.lab.recipe.instruction_prompt import InstructionPrompt
from isogloss.lab.recipe.instructions import InstructionLora, InstructionTune
from isogloss.lab.recipe.prompted import Mark
from isogloss.lab.recipe.prompted.prompts import About, Query
from isogloss.lab.recipe.prompted.templates import Wordings, of_languages
from isogloss.lab.task import Form
from isogloss.lab.tuning.reshaped import FREED, deepened, depth_name, free_of_positions
from isogloss.languages import resolve
from isogloss.models.checkpoints import configuration, load_tokenizer
from isogloss.models.decoder import Decoder, Direction
from isogloss.models.runtime import coefficients
from isogloss.texts.translators.seq2seq import language_token

Whole = Annotated[int, Ge(0)]
Place = Literal["none", "prompt", "answer"]


@dataclass(frozen=True)
class Seq2SeqTune(InstructionTune):
    """Full fine-tuning of an encoder-decoder on the answers to texts.

    Parameters
    ----------
    frozen_epochs : int, default 0
        In how many of the epochs, the first ones, the encoder and the embeddings that it reads with stay as they are.
        The learning rate rises and falls anew in the epochs after.
    decoder_layers : int, default 0
        How many layers the decoder is to have; those beyond the checkpoint's begin at random. 0 leaves it as it is.
    free_layer : int, default 0
        Layer of the encoder, from 1, whose attention is not added to what it reads, so that what comes out stands less
        where it stood in the text; of T5 and its kin. 0 leaves all as they are.
    tag : {"none", "prompt", "answer"}, default "none"
        What says which language to answer in: nothing; a text before the input, as `<2deu> ` (Johnson et al. 2017); or
        the token of the language, which every answer begins with and which nobody counts as part of it, as mBART and
        NLLB do.
    pivot : str, default ""
        A language through which pairs of two other languages are translated: into it first, and what is written then
        out of it. It needs a tag. By default all are translated directly.
    tags : dict of str to str
        That text or token by language, where it is none that is tried: for a token the code as `deu_Latn`, `deu` or
        `__deu__`.

    Notes
    -----
    The loss is the mean cross entropy of the tokens of answers and of the one that ends them, each after the right
    tokens before it (teacher forcing). By default the input is read as it is, with no words around it. An example that
    has no room in `max_length`, text or answer, is left out. SixT (Chen et al. 2021) trains the decoder first and then
    all, so that the encoder stays as multilingual as it was while the decoder knows nothing: `epochs = 6` with
    `frozen_epochs = 3`; with as many as `epochs` the encoder never changes. Its larger decoder is `decoder_layers`, its
    position-disentangled encoder, after Liu et al. (2021), `free_layer`: a middle layer without the residual connection
    around its self-attention, from the first step on. The other parameters are those of
    `InstructionTune`; `chat`, `normalise` and `calibrate` have no use here.
    """

    name: ClassVar[str] = "seq2seq-tune"
    answers: ClassVar[tuple[str, ...]] = ("text",)
    later: ClassVar[tuple[str, ...]] = (*InstructionTune.later, "decoder_layers", "free_layer", "pivot")

    frozen_epochs: Whole = 0
    decoder_layers: Whole = 0
    free_layer: Whole = 0
    tag: Place = "none"
    pivot: str = ""
    tags: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.frozen_epochs > self.epochs:
            raise BadValue(f"frozen_epochs is {self.frozen_epochs}, of {self.epochs} epochs", hint="raise epochs")
        if self.tags and self.tag == "none":
            raise BadValue("tags are given, and tag is none", hint='add tag = "prompt" or tag = "answer"')
        if self.pivot and self.tag == "none":
            raise BadValue("nothing says when to write it", where="pivot", hint='add tag = "prompt" or tag = "answer"')
        if self.chat:
            raise BadValue("encoder-decoders are not asked in a chat", hint="leave chat out")

    def check_checkpoint(self) -> None:
        """Raise BadValue for what is no encoder-decoder, or not of the layers that are named."""
        shape = configuration(self.folder)
        if getattr(shape, "is_encoder_decoder", False):
            self._check_layers(shape)
        else:
            name = self.name.replace("seq2seq", "instruction")
            hint = f'choose one such as T5 or mBART, or name = "{name}" for a decoder'
            raise BadValue("is no encoder-decoder", where=f"checkpoint {self.folder}", hint=hint)

    def _check_layers(self, shape: Any) -> None:
        if self.decoder_layers:
            least = getattr(shape, depth_name(shape) or "none", 0)
            if self.decoder_layers <= least or not least:
                reason = f"the checkpoint's decoder has {least or 'an unknown number of'} layers"
                raise BadValue(reason, where="decoder_layers", hint="ask for more, or leave it out")
        if self.free_layer and shape.model_type not in FREED:
            reason = f"the checkpoint is of the type {shape.model_type}"
            raise BadValue(reason, where="free_layer", hint=f"it is for {', '.join(FREED)}: leave it out")
        if self.free_layer > getattr(shape, "num_layers", 0) and self.free_layer:
            reason = f"the encoder has {shape.num_layers} layers"
            raise BadValue(reason, where="free_layer", hint="name a middle one")

    def adapt(self, model: Any) -> Any:
        """The model with what is asked for beside; all of it learns."""
        if self.decoder_layers:
            model = deepened(model, self.decoder_layers)
        if self.free_layer:
            free_of_positions(model, self.free_layer)
        return super().adapt(model)

    @contextmanager
    def _adapted(self, decoder: Decoder) -> Iterator[tuple[Decoder, Any]]:
        with super()._adapted(decoder) as (ready, model):
            yield (replace(ready, cost=coefficients(ready.model)) if self.decoder_layers else ready), model

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """As recipes do that ask in prompts; languages that have no token are found before any job."""
        self.check_checkpoint()
        known = About.of(corpus)
        self.marks(known)
        if self.pivot:
            self._check_pivot(known, [place for place, texts in enumerate(corpus.train) if texts])
        return super().prepare(corpus, apply)

    def _check_pivot(self, known: About, learnt: list[int]) -> None:
        """Raise BadValue where nothing is translated through the pivot, or it is learnt in no pair."""
        through = resolve(self.pivot, where="pivot").id
        self.marks(replace(known, answer_ids=[through] * len(known.codes)))
        if not any(through in (known.input_ids[place], known.answer_ids[place]) for place in learnt):
            raise BadValue(f"{through} is in no pair that is learnt from", where="pivot", hint="name another, or none")
        if all(self._is_direct(known, place, through) for place in range(len(known.codes))):
            raise BadValue(f"no pair is without {through}", where="pivot", hint="leave pivot out")

    def _is_direct(self, known: About, place: int, through: str) -> bool:
        read, written = known.input_ids[place], known.answer_ids[place]
        return read == written or through in (read, written)

    def answered(
        self, decoder: Decoder, known: About, wordings: Wordings, fitted: Fitted, place: int, rows: list[Query]
    ) -> Any:
        """As recipes do that ask in prompts; what goes through the pivot is asked for twice."""
        through = resolve(self.pivot).id if self.pivot else ""
        if through and not self._is_direct(known, place, through):
            first = replace(known, answer_ids=[through] * len(known.codes))
            texts = super().answered(decoder, first, wordings, fitted, place, rows)
            rows = [replace(one, parts=(str(text),)) for one, text in zip(rows, texts, strict=True)]
            known = replace(known, input_ids=[through] * len(known.codes))
        return super().answered(decoder, known, wordings, fitted, place, rows)

    def usual(self, form: Form) -> str:
        """The input alone."""
        return "\n".join(f"{{{name}}}" for name in form.inputs) + f"{{{form.answer}}}"

    def marks(self, known: About) -> list[Mark]:
        named = of_languages(self.tags, known.answer_ids, known.answer_ids, "tags")
        if self.tag == "prompt":
            return [
                Mark(f"<2{language}> " if tag is None else tag)
                for language, tag in zip(known.answer_ids, named, strict=True)
            ]
        if self.tag == "none":
            return super().marks(known)
        tokenizer = load_tokenizer(self.folder)
        reads = [""] * len(named)
        if hasattr(tokenizer, "src_lang"):
            asked = of_languages(self.tags, known.input_ids, known.input_ids, "tags")
            reads = [self._token(tokenizer, one, tag) for one, tag in zip(known.input_ids, asked, strict=True)]
        begins = [self._token(tokenizer, one, tag) for one, tag in zip(known.answer_ids, named, strict=True)]
        return [
            Mark(direction=Direction(read, (int(tokenizer.convert_tokens_to_ids(begin)),)))
            for read, begin in zip(reads, begins, strict=True)
        ]

    def _token(self, tokenizer: Any, language: str, named: str | None) -> str:
        hint = f'name it: tags = {{ {language} = "..." }}'
        return language_token(tokenizer.get_vocab(), language, named, where=f"checkpoint {self.folder}", hint=hint)

    def stages(self, model: Any) -> Iterator[int]:
        if self.frozen_epochs:
            encoder = [one for one in model.get_encoder().parameters() if one.requires_grad]
            for one in encoder:
                one.requires_grad_(False)
            yield self.frozen_epochs
            for one in encoder:
                one.requires_grad_(True)
        if self.epochs > self.frozen_epochs:
            yield self.epochs - self.frozen_epochs

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """As of a decoder; tags are too short to count."""
        if self.tag != "none" or self.frozen_epochs:
            return replace(self, tag="none", pivot="", tags={}, frozen_epochs=0).estimate(corpus, trainings)
        return super().estimate(corpus, trainings)


@dataclass(frozen=True)
class Seq2SeqLora(InstructionLora, Seq2SeqTune):
    """Low-rank adaptation of an encoder-decoder on the answers to texts.

    Notes
    -----
    The parameters are those of `InstructionLora` and of `Seq2SeqTune`.
    """

    name: ClassVar[str] = "seq2seq-lora"

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_layers(self)


@dataclass(frozen=True)
class Seq2SeqPrompt(InstructionPrompt, Seq2SeqTune):
    """Soft prompts before what an encoder reads, learnt on the answers to texts; no weight of the model changes.

    Notes
    -----
    Vu et al. (2022) train mT5 so for generation in languages without examples. The other parameters are those of
    `InstructionPrompt` and of `Seq2SeqTune`, whose `frozen_epochs` have no use here.
    """

    name: ClassVar[str] = "seq2seq-prompt"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.frozen_epochs:
            raise BadValue("prompts are all that is learnt", where="frozen_epochs", hint="leave it out")
        _refuse_layers(self)


def _refuse_layers(recipe: Seq2SeqTune) -> None:
    """Raise BadValue where layers are asked for that would not be learnt."""
    for name in ("decoder_layers", "free_layer"):
        if getattr(recipe, name):
            raise BadValue("the weights of layers are not learnt", where=name, hint='take name = "seq2seq-tune"')
