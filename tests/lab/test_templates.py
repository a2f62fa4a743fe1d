"""Templates: what a prompt is, and in whose language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import InputError
from isogloss.lab import tasks
from isogloss.lab.recipe.prompted.templates import Template, of_languages


@given(st.text("ab {}\n", max_size=8), st.text("xy ", max_size=5), st.lists(st.text("pq", min_size=1), min_size=1))
def test_prompt_and_way_together_are_the_written_example(filling: str, question: str, answers: list[str]) -> None:
    filling = filling.replace("{", "").replace("}", "")
    template = Template(f"{filling}{{text}}{filling}: {{label}}{filling}", tasks.get("text-classification").form)
    prompt, ways = template.ways([question], answers)
    assert [prompt + way for way in ways] == [f"{filling}{question}{filling}: {one}{filling}" for one in answers]
    assert not prompt.endswith(" ")


def test_languages_may_be_written_in_any_way() -> None:
    table = {"swa": 1, "German": 2, "x-own": 3}
    with pytest.raises(InputError, match="unknown language 'x-own'"):
        of_languages(table, ["deu_Latn"], ["deu"])
    assert of_languages(table, ["x-own", "de", "fr"], ["qaa", "deu", "fra"]) == [3, 2, None]
