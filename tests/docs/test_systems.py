"""The table of published systems: every command in it exists, and runs on a small input."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from docs.generator.systems import STATES, TABLES, commands, rows
from tests.lab.adaptation.adapters import make_adapter
from tests.lab.checkpoints import make_checkpoint, make_decoder, make_masked
from tests.models.made import make_marian
from typer.testing import CliRunner

from isogloss.cli import app

SYSTEMS = rows("systems.tsv")
BEFORE = {
    "align-compare": [
        "align encode --model encoder --corpus parallel.csv --into reps",
        "align encode --model encoder_trained --corpus parallel.csv --into reps_trained",
    ],
    "align": ["align encode --model encoder --corpus parallel.csv --into reps"],
    "vary-parameters": ["evidence import sizes.csv --into sizes", "evidence describe sizes size_facts.csv"],
    "crossed": ["lab mix mix.toml --into mixed.jsonl"],
    "held-out-task": ["lab mix task_mix.toml --into task_mixed.jsonl"],
    "taught-question": ["lab run self_translated.toml --into self_translated_store --executor serial"],
    "items-compare": ["lab run mixes.toml --into mixes_store --executor serial"],
}
"""What has to be there before a command is typed."""
BEFORE |= dict.fromkeys(
    ("align-score", "align-similarity", "align-ranker", "align-report", "align-transfer"), BEFORE["align"]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("systems") / "systems"
    shutil.copytree(TABLES, folder)
    make_checkpoint(folder / "encoder")
    make_checkpoint(folder / "encoder_trained", seed=6)
    make_masked(folder / "masked")
    make_decoder(folder / "decoder")
    make_decoder(folder / "simulator", seed=6)
    for name in ("task", "eng", "deu"):
        make_adapter(folder / "adapters" / name, {"model.layers.0.self_attn.q_proj": (32, 32)})
    make_marian(folder / "translator")
    return folder


def typed(line: str) -> str:
    answer = CliRunner().invoke(app, line.removeprefix("isogloss ").split())
    assert answer.exit_code == 0, f"{line}\n{answer.output}\n{answer.exception!r}"
    return answer.output


@pytest.mark.parametrize("name", commands())
def test_the_command_runs_on_a_small_input(name, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path))
    monkeypatch.setenv("ISOGLOSS_SIMILARITIES", str(tmp_path / "similarities"))
    for line in BEFORE.get(name, []):
        if not (folder / line.split(" --into ")[-1].split()[0]).exists() or "describe" in line:
            typed(line)
    assert typed(commands()[name]).strip()


def test_every_system_says_what_answers_to_it():
    assert {row["state"] for row in SYSTEMS} <= {*STATES}
    assert {row["command"] for row in SYSTEMS} - {""} == {*commands()}
    assert [row["system"] for row in SYSTEMS if row["state"] in ("runs", "reads") and not row["command"]] == []
    assert [row["system"] for row in SYSTEMS if row["state"] in ("partly", "outside") and not row["note"]] == []
    assert len({row["system"] for row in SYSTEMS}) == len(SYSTEMS) == 219
