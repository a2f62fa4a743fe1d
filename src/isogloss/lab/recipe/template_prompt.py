"""`template-prompt`: states of a template, read apart from the text up to some layer, are learnt from there on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge

from isogloss.errors import BadValue
from isogloss.lab.recipe.neural.trained import TrainedRecipe
from isogloss.models.inputs import tokenize
from isogloss.models.runtime import start_torch
from isogloss.parameters import Count, Positive


@dataclass(frozen=True)
class TemplatePrompt(TrainedRecipe):
    """States of a template, which upper layers read beside those of the text, and the head.

    Parameters
    ----------
    template : str, default ""
        A text about the task, such as "What is this text about?", in any language that the model has read.
    layer : int, default 1
        The layer before which states of template and text come together; below it each is read by itself. 0 is right
        after the embeddings.
    states : {"template", "vocabulary"}, default "template"
        Where learning begins: at the states of the template; or, to compare with, at those of as many random tokens.
    epochs : int, default 20
        How often all examples are gone through.
    learning_rate : float, default 1e-2
        The highest, of AdamW.

    Notes
    -----
    After UniPrompt (2022). Lower layers that do not see a text give one and the same states for the template, so that
    these can be learnt themselves, and cost nothing to read. In the paper all weights are learnt too, and labels are
    words that a model of hidden words predicts; here the model stays, and a head answers. The other parameters are
    those of `TrainedRecipe`.
    """

    name: ClassVar[str] = "template-prompt"

    epochs: Count = 20
    learning_rate: Positive = 1e-2
    template: str = ""
    layer: Annotated[int, Ge(0)] = 1
    states: Literal["template", "vocabulary"] = "template"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.template.strip():
            raise BadValue("template-prompt has no template", hint='add template = "What is this text about?"')

    def adapt(self, encoder: Any) -> Any:
        """The encoder with states of the template.

        Raises
        ------
        BadValue
            If there is no such layer, no room beside the text, or the layers cannot be given states.
        """
        layers = encoder.config.num_hidden_layers
        if self.layer >= layers:
            raise BadValue(
                f"there is no layer {self.layer} to read states before", hint=f"the model has 0 to {layers - 1}"
            )
        torch = start_torch()
        from isogloss.lab.recipe.template_states import TemplateEncoder

        ids = torch.from_numpy(tokenize([self.template], self.tokenizer).sequence(0).astype("int64"))[None]
        if self.states == "vocabulary":
            ids = torch.randint(encoder.config.vocab_size, ids.shape)
        return TemplateEncoder(encoder, ids, self.layer, self.max_length)

    def is_learnt(self, name: str) -> bool:
        return name == "encoder.prompts"
