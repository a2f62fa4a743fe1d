"""`seq2seq-tune`, `seq2seq-lora`, `seq2seq-prompt`: encoder-decoders are trained to write answers or translations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge

from isogloss.errors import BadValue
from isogloss.lab.recipe import Apply, Arrays, Corpus, Estimate, Training
from isogloss.lab.recipe.instructions import InstructionLora, InstructionPrompt, InstructionTune
from isogloss.lab.recipe.prompted import Mark
from isogloss.lab.recipe.prompted.prompts import About
from isogloss.lab.recipe.prompted.templates import of_languages
from isogloss.lab.task import Form
from isogloss.models.checkpoints import configuration, load_tokenizer
from isogloss.models.decoder import Direction
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
    tag : {"none", "prompt", "answer"}, default "none"
        What says which language to answer in: nothing; a text before the input, as `<2deu> ` (Johnson et al. 2017); or
        the token of the language, which every answer begins with and which nobody counts as part of it, as mBART and
        NLLB do.
    tags : dict of str to str
        That text or token by language, where it is none that is tried: for a token the code as `deu_Latn`, `deu` or
        `__deu__`.

    Notes
    -----
    The loss is the mean cross entropy of the tokens of answers and of the one that ends them, each after the right
    tokens before it (teacher forcing). By default the input is read as it is, with no words around it. An example that
    has no room in `max_length`, text or answer, is left out. SixT (Chen et al. 2021) trains the decoder first and then
    all, so that the encoder stays as multilingual as it was while the decoder knows nothing: `epochs = 6` with
    `frozen_epochs = 3`; with as many as `epochs` the encoder never changes. The other parameters are those of
    `InstructionTune`; `chat`, `normalise` and `calibrate` have no use here.
    """

    name: ClassVar[str] = "seq2seq-tune"
    answers: ClassVar[tuple[str, ...]] = ("text",)

    frozen_epochs: Whole = 0
    tag: Place = "none"
    tags: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.frozen_epochs > self.epochs:
            raise BadValue(f"frozen_epochs is {self.frozen_epochs}, of {self.epochs} epochs", hint="raise epochs")
        if self.tags and self.tag == "none":
            raise BadValue("tags are given, and tag is none", hint='add tag = "prompt" or tag = "answer"')
        if self.chat:
            raise BadValue("encoder-decoders are not asked in a chat", hint="leave chat out")

    def check_checkpoint(self) -> None:
        """Raise BadValue for what is no encoder-decoder."""
        if not getattr(configuration(self.folder), "is_encoder_decoder", False):
            name = self.name.replace("seq2seq", "instruction")
            hint = f'choose one such as T5 or mBART, or name = "{name}" for a decoder'
            raise BadValue("is no encoder-decoder", where=f"checkpoint {self.folder}", hint=hint)

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """As recipes do that ask in prompts; languages that have no token are found before any job."""
        self.check_checkpoint()
        self.marks(About.of(corpus))
        return super().prepare(corpus, apply)

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
            return replace(self, tag="none", tags={}, frozen_epochs=0).estimate(corpus, trainings)
        return super().estimate(corpus, trainings)


@dataclass(frozen=True)
class Seq2SeqLora(InstructionLora, Seq2SeqTune):
    """Low-rank adaptation of an encoder-decoder on the answers to texts.

    Notes
    -----
    The parameters are those of `InstructionLora` and of `Seq2SeqTune`.
    """

    name: ClassVar[str] = "seq2seq-lora"


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
