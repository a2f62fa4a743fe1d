"""A preference learnt in one language, in a world where it holds in all of them and in one where it says nothing."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("peft", reason="needs the extra lab")

import numpy as np
from tests.lab.adaptation.adapters import write_task
from tests.lab.adaptation.preference_world import SEEN, UNSEEN, good_shares, make_base, prefer, write_pairs

from isogloss.errors import BadValue
from isogloss.lab import adapt


@pytest.mark.parametrize("kinds", [1, 9])
def test_a_preference_moves_unseen_languages_only_where_it_is_shared(kinds, tmp_path):
    base, task = make_base(tmp_path / "base", kinds=kinds), write_pairs(tmp_path, kinds=kinds)
    before = good_shares(base, kinds=kinds)
    after = good_shares(prefer(base, task, 1, tmp_path / "tuned"), kinds=kinds)
    moved = {language: after[language] - before[language] for language in before}
    assert moved[SEEN[0]] > 0.05
    unseen = np.mean([moved[language] for language in UNSEEN])
    assert unseen > 0.05 if kinds == 1 else abs(unseen) < 0.05


def test_a_task_without_choices_is_refused(tmp_path):
    base = make_base(tmp_path / "base", kinds=1, steps=1)
    with pytest.raises(BadValue, match="has no choices to prefer one of"):
        adapt(base, "answer-preference", task=str(write_task(tmp_path)), into=tmp_path / "made")
