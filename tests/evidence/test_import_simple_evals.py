from __future__ import annotations

import json

import pytest

from isogloss.errors import BadValue
from isogloss.evidence import import_files, read_evidence

SCORES = {"bn": 0.25, "bn:std": 0.43, "group_latin": 0.7, "th": 0.5, "te": 0.125, "score": 0.4, "score:std": 0.49}


def test_languages_are_kept_and_means_and_deviations_dropped(tmp_path):
    path = tmp_path / "mgsm_large-1.json"
    path.write_text(json.dumps(SCORES))
    evidence = read_evidence(path)
    assert evidence.observations.select("model", "task", "target", "score", "standard_error").rows() == [
        *[("large-1", "mgsm", code, score, None) for code, score in (("ben", 0.25), ("tha", 0.5), ("tel", 0.125))]
    ]
    report = import_files([path], dry_run=True).files[0]
    assert (report.rows, report.dropped) == (7, {"a deviation over items": 2, "a mean of several languages": 2})


def test_a_file_that_names_no_model_asks_for_it(tmp_path):
    path = tmp_path / "scores.json"
    path.write_text(json.dumps(SCORES))
    with pytest.raises(BadValue, match="does not say the task and the model; give task="):
        read_evidence(path)
