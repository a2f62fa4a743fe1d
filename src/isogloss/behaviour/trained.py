"""Models that are trained on demonstrations instead of being shown them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from isogloss.behaviour.prompts import listed_prompt, open_prompt, ranked_prompt
from isogloss.errors import BadValue, UnknownName
from isogloss.lab.tuning import Demonstration, Method, Tuning
from isogloss.models.inputs import Choice
from isogloss.models.respondents import Respondent
from isogloss.models.respondents.local import LocalRespondent

IN_CONTEXT = "in-context"
METHODS: dict[str, Method] = {"sft": "sft", "dpo": "dpo", "ditto": "ditto"}
ARMS = (IN_CONTEXT, *METHODS)


def check_arms(arms: Sequence[str], respondent: Respondent) -> None:
    """Refuse arms that there are not, and training of what cannot be trained.

    Raises
    ------
    UnknownName, BadValue
    """
    for arm in arms:
        if arm not in ARMS:
            raise UnknownName("arm", arm, ARMS, where="arms")
    if not arms:
        raise BadValue("no arm is named", where="arms", hint=f"give some of {', '.join(ARMS)}")
    if {*arms} == {IN_CONTEXT}:
        return
    if not isinstance(respondent, LocalRespondent):
        raise BadValue(
            f"{respondent.name} is behind an endpoint, which cannot be trained", where="arms",
            hint=f"give a folder of a decoder with model=..., or leave arms at {IN_CONTEXT}",
        )  # fmt: skip
    from isogloss.lab.tuning.checkpoint import check_decoder

    check_decoder(respondent.folder)


def training_stage(respondent: Respondent, arm: str, times: int) -> str:
    """What is trained, and what that takes, for a bar of progress."""
    from isogloss.lab.tuning.checkpoint import disk_of_training, memory_of_training

    assert isinstance(respondent, LocalRespondent)  # check_arms
    memory, disk = memory_of_training(respondent.folder), times * disk_of_training(respondent.folder)
    return f"{arm} of {respondent.name}, {memory / 1e9:.1f} GB of memory, {disk / 1e9:.1f} GB of disk"


def trained(
    respondent: Respondent, arm: str, shown: pl.DataFrame, tuning: Tuning, *, listed: bool, template: str, seed: int
) -> Respondent:
    """The model after training on demonstrations.

    Parameters
    ----------
    respondent : LocalRespondent
    arm : str
        One of `METHODS`.
    shown : polars.DataFrame
        Questions with `choices` and `shown`, the answer.
    tuning : Tuning
    listed, template : see `answer_questions`
    seed : int
    """
    from isogloss.lab.tuning.checkpoint import tune

    assert isinstance(respondent, LocalRespondent)  # check_arms
    demonstrations = as_demonstrations(respondent, shown, listed=listed, template=template)
    folder = tune(respondent.folder, METHODS[arm], demonstrations, tuning, seed=seed)
    return replace(respondent, checkpoint=str(folder))


def as_demonstrations(
    respondent: LocalRespondent, shown: pl.DataFrame, *, listed: bool, template: str
) -> list[Demonstration]:
    """Questions put as the model is asked them, with the answer that is shown."""
    end = "\n" if respondent.form == "text" else respondent.end_of_turn
    demonstrations = []
    for question, choices, answer in shown.select("question", "choices", "shown").iter_rows():
        if choices:
            asked = (listed_prompt if listed else ranked_prompt)(question, choices, template)
            place = choices.index(answer)
        else:
            premise = open_prompt(question, template, is_chat=respondent.form == "chat")
            asked, place = Choice(premise, (answer,)), 0
        prompt, ways = respondent.parts(asked)
        demonstrations.append(Demonstration(prompt, ways[place], end))
    return demonstrations
