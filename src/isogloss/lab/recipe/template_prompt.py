"""`template-prompt`: states of a template, read apart from the text up to some layer, are learnt from there on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import Ge

from isogloss.errors import BadValue
from isogloss.lab.recipe import Arrays, Training
from isogloss.lab.recipe.neural import holdout
from isogloss.lab.recipe.neural.trained import TrainedRecipe
from isogloss.models.inputs import Tokens, tokenize
from isogloss.models.runtime import start_torch
from isogloss.parameters import Count, Positive

if TYPE_CHECKING:
    from isogloss.lab.recipe.neural.network import Network

MASK = "{mask}"


@dataclass(frozen=True)
class TemplatePrompt(TrainedRecipe):
    """States of a template, which upper layers read beside those of the text, and the head.

    Parameters
    ----------
    template : str, default ""
        A text about the task, such as "What is this text about?", in any language that the model has read. With a
        place "{mask}" in it, such as "The topic is {mask}.", the state of the model's mask there answers, in place of
        what `pooling` makes of the text.
    layer : int, default 1
        The layer before which states of template and text come together; below it each is read by itself. 0 is right
        after the embeddings.
    states : {"template", "vocabulary"}, default "template"
        Where learning begins: at the states of the template; or, to compare with, at those of as many random tokens.
    learnt : {"states", "all"}, default "states"
        The states and the head alone; or all weights, with a copy of the layers below `layer` that reads the template.
        The latter wants a lower `learning_rate`, such as 1e-4.
    labels : {"random", "means"}, default "random"
        Where the vectors of labels begin: at random numbers; or at the mean of what answers to the training examples
        of each label, so that the first answer is the label with the nearest mean.
    epochs : int, default 20
        How often all examples are gone through.
    learning_rate : float, default 1e-2
        The highest, of AdamW.

    Notes
    -----
    After UniPrompt (2022), which is `learnt = "all"`, `labels = "means"` and a template with a mask. Layers that do not
    see a text give one and the same states for the template, so that these can be learnt themselves. With h what
    answers, of d numbers, m the mean of a label, and g that of all examples, a score begins as
    (h (m - g) - (|m|^2 - |g|^2) / 2) / sqrt(d); vector and constant are then learnt. In the paper there is no constant.
    Labels without an example begin at the mean of all. No row that is set aside to choose on
    is part of a mean. The other parameters are those of `TrainedRecipe`.
    """

    name: ClassVar[str] = "template-prompt"

    epochs: Count = 20
    learning_rate: Positive = 1e-2
    template: str = ""
    layer: Annotated[int, Ge(0)] = 1
    states: Literal["template", "vocabulary"] = "template"
    learnt: Literal["states", "all"] = "states"
    labels: Literal["random", "means"] = "random"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.template.strip():
            raise BadValue("template-prompt has no template", hint='add template = "What is this text about?"')
        if self.template.count(MASK) > 1:
            raise BadValue(f"the template has several {MASK}", hint="write it once")
        if self.learnt == "all" and self.states == "vocabulary":
            raise BadValue("random states have no template for layers to read", hint="leave out states, or learnt")

    def adapt(self, encoder: Any) -> Any:
        """The encoder with states of the template.

        Raises
        ------
        BadValue
            If there is no such layer, no room beside the text, or the layers cannot be given states; or the template
            has a mask and the tokenizer has none.
        """
        layers = encoder.config.num_hidden_layers
        if self.layer >= layers:
            raise BadValue(
                f"there is no layer {self.layer} to read states before", hint=f"the model has 0 to {layers - 1}"
            )
        torch = start_torch()
        from isogloss.lab.recipe.template_states import TemplateEncoder

        ids, place = self._ids()
        found = torch.from_numpy(ids)[None]
        if self.states == "vocabulary":
            found = torch.randint(encoder.config.vocab_size, found.shape)
        return TemplateEncoder(encoder, found, self.layer, self.max_length, place=place, copied=self.learnt == "all")

    def is_learnt(self, name: str) -> bool:
        return self.learnt == "all" or name == "encoder.prompts"

    def begin(self, network: Network, prepared: Arrays, training: Training) -> None:
        """Put vectors of labels where they begin.

        Raises
        ------
        BadValue
            If a mask cannot answer for words or spans, or answers are no labels that have means.
        """
        tokens = Tokens.of(prepared, "train")
        if MASK in self.template and (tokens.has_words or tokens.has_spans):
            raise BadValue(f"one {MASK} cannot answer for each word", hint=f"leave {MASK} out of the template")
        if self.labels == "random":
            return
        if network.objective != "label" or tokens.has_words or tokens.has_spans or tokens.has_choices:
            raise BadValue("only labels of whole texts have means", hint='leave out labels = "means"')
        from isogloss.lab.recipe.template_states import begin_at_means

        rows, labels = training.rows, training.labels
        if self.selects and not len(training.dev_rows):
            kept = ~holdout(len(rows), training.seed)
            rows, labels = rows[kept], labels[kept]
        begin_at_means(network, tokens, rows, labels)

    def _network_type(self) -> type[Network]:
        from isogloss.lab.recipe.template_states import TemplateNetwork

        return TemplateNetwork

    def _ids(self) -> tuple[Any, int | None]:
        """The tokens of the template, and where the mask stands among them."""
        inner = self.tokenizer.inner
        if MASK not in self.template:
            return self._cut(self.template), None
        if inner.mask_token_id is None:
            raise BadValue("the tokenizer has no mask", hint=f"leave {MASK} out of the template")
        ids = self._cut(self.template.replace(MASK, inner.mask_token))
        places = (ids == inner.mask_token_id).nonzero()[0]
        if len(places) != 1:
            raise BadValue(
                f"{len(places)} masks are left of the template in {self.max_length} tokens",
                hint="shorten it, or raise max_length",
            )
        return ids, int(places[0])

    def _cut(self, text: str) -> Any:
        return tokenize([text], self.tokenizer).sequence(0).astype("int64")
