"""A forecaster that was saved forecasts the same, and what was not saved by us is refused in one line."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from planted import world

from isogloss import read_evidence
from isogloss.errors import BadFile, InputError
from isogloss.forecasting import BaseLearners, Forecaster, Mean, ask, forecasters, load, savable
from isogloss.forecasting.baselines.simple import MeanModel
from isogloss.languages import register_similarity, similarities

PLANTED = world(11, languages=12, sources=4, mixes=11)
HIDDEN = tuple(name for name in PLANTED.languages if name not in " ".join(PLANTED.mixes))[::4]

every_forecaster = pytest.mark.parametrize("name", forecasters.names())


@pytest.fixture(scope="module")
def evidence():
    return PLANTED.evidence(hidden=HIDDEN, rows=slice(0, 9))


@pytest.fixture(scope="module")
def queries():
    """Known and unmeasured languages in measured and in new mixes."""
    return PLANTED.queries((*HIDDEN[:1], PLANTED.languages[0]), rows=slice(8, None))


@pytest.fixture
def saved(evidence, tmp_path) -> Path:
    """A folder with a simple forecaster."""
    Mean().fit(evidence).save(tmp_path / "saved")
    return tmp_path / "saved"


class Helped(MeanModel):
    """A model with a helper of its own, such as a plugin would bring."""

    def fit(self, grid):
        super().fit(grid)
        self.helper_ = Helper()
        return self


class Helper:
    """What a plugin keeps its numbers in."""

    def __init__(self):
        self.number = 1.5


@every_forecaster
def test_what_is_loaded_forecasts_the_same_to_the_last_bit(name, evidence, queries, tmp_path):
    fitted = forecasters.get(name)().fit(evidence).conformalize()
    expected = fitted.predict_interval(queries)
    fitted.save(tmp_path / "saved")
    found = load(tmp_path / "saved")
    assert found.get_params() == fitted.get_params()
    assert found.predict_interval(queries).equals(expected)


@every_forecaster
def test_what_was_not_yet_learnt_when_saved_is_learnt_after_loading(name, evidence, queries, tmp_path):
    fitted = forecasters.get(name)().fit(evidence).conformalize()
    fitted.save(tmp_path / "saved")
    assert load(tmp_path / "saved").predict_interval(queries).equals(fitted.predict_interval(queries))


@every_forecaster
def test_every_setting_is_saved_with_what_it_knows_from_the_others(name, tmp_path):
    """Four models in two tasks, used as they are; each lacks a language that the others have."""
    chance = np.random.default_rng(0)
    level = chance.normal(0.6, 0.1, len(PLANTED.languages))
    cells = pl.DataFrame(
        [
            {"model": f"model-{model}", "task": task, "metric": "accuracy", "target": language, "train": "",
             "score": min(1.0, level[place] + 0.02 * model + chance.normal(0, 0.01))}
            for model in range(4)
            for task in ("topics", "intents")
            for place, language in enumerate(PLANTED.languages)
            if place != model
        ]
    )  # fmt: skip
    questions = pl.concat(
        ask(task=task, model=f"model-{model}", targets=[PLANTED.languages[model], "yor", PLANTED.languages[-1]])
        for model in (0, 3)
        for task in ("topics", "intents")
    )
    fitted = forecasters.get(name)().fit(read_evidence(cells)).conformalize()
    fitted.save(tmp_path / "before")
    expected = fitted.predict_interval(questions)
    fitted.save(tmp_path / "after")
    for folder in ("before", "after"):
        assert load(tmp_path / folder).predict_interval(questions).equals(expected)


@pytest.mark.parametrize("name", ["litmus", "langrank"])
def test_an_overlap_need_not_be_registered_again(name, evidence, queries, tmp_path):
    names = PLANTED.languages
    pairs = [(one, other, (place % 7) / 7) for place, (one, other) in enumerate(combinations(names, 2))]
    register_similarity("overlap", pl.DataFrame(pairs, schema=["lang_a", "lang_b", "similarity"], orient="row"))
    fitted = forecasters.get(name)().fit(evidence).conformalize()
    fitted.save(tmp_path / "saved")
    expected = fitted.predict_interval(queries)
    similarities.unregister("overlap")
    assert load(tmp_path / "saved").predict_interval(queries).equals(expected)
    assert not forecasters.get(name)().fit(evidence).conformalize().predict_interval(queries).equals(expected)


def test_another_process_forecasts_the_same(evidence, queries, tmp_path):
    fitted = BaseLearners().fit(evidence).conformalize()
    fitted.predict_interval(queries).write_parquet(tmp_path / "expected.parquet")
    queries.write_parquet(tmp_path / "queries.parquet")
    fitted.save(tmp_path / "saved")
    program = """
import sys, polars as pl
from isogloss.forecasting import load
queries, expected = pl.read_parquet("queries.parquet"), pl.read_parquet("expected.parquet")
print(load("saved").predict_interval(queries).equals(expected))
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout == "True\n"


def test_a_forecaster_that_has_learnt_nothing_can_be_saved_too(tmp_path):
    forecasters.get("litmus")(pretraining="xlm-r").save(tmp_path / "saved")
    assert load(tmp_path / "saved").get_params() == {"overlap": None, "pretraining": "xlm-r"}


def test_saving_again_replaces_what_was_saved_and_leaves_nothing_beside_it(evidence, saved, queries):
    forecasters.get("nearest")().fit(evidence).save(saved)
    assert type(load(saved)) is forecasters.get("nearest")
    assert [path.name for path in saved.parent.iterdir()] == ["saved"]


def test_no_file_is_a_pickle(saved):
    assert sorted(path.name for path in saved.iterdir()) == ["arrays.npz", "forecaster.json"]
    with np.load(saved / "arrays.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


@pytest.mark.parametrize("kept", ["a file", "a folder with other things"])
def test_nothing_else_is_overwritten(evidence, tmp_path, kept):
    place = tmp_path / "kept"
    if kept == "a file":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / "mine.txt").write_text("mine")
    with pytest.raises(BadFile, match="holds something else"):
        Mean().fit(evidence).save(place)
    assert (place if kept == "a file" else place / "mine.txt").read_text() == "mine"


def test_a_plugins_model_is_saved_and_its_helpers_where_it_says_so(evidence, tmp_path, request):
    request.addfinalizer(lambda: forecasters.unregister("plugin"))
    plugin = type("Plugin", (Forecaster,), {"grid_model": Helped, "__module__": __name__})
    forecasters.register("plugin")(plugin)
    with pytest.raises(InputError, match=r"model\.helper_ is a .*Helper; .*isogloss\.forecasting\.savable"):
        plugin().fit(evidence).save(tmp_path / "saved")
    savable(Helper)
    plugin().fit(evidence).save(tmp_path / "saved")
    setting = next(iter(load(tmp_path / "saved").settings_.values()))
    assert setting.model.helper_.number == 1.5


def test_what_has_no_form_in_a_file_is_refused_with_its_place(evidence, tmp_path):
    fitted = Mean().fit(evidence)
    fitted.callback_ = print
    with pytest.raises(InputError, match=r"Mean\.callback_ is a builtins\.builtin_function_or_method"):
        fitted.save(tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []


def test_another_version_of_isogloss_warns(saved):
    rewrite(saved, lambda manifest: manifest.update(isogloss="0.0.1"))
    with pytest.warns(UserWarning, match=r"saved by isogloss 0\.0\.1"):
        load(saved)


def rewrite(saved: Path, change) -> None:
    """Change the manifest as somebody would who knows how checksums are made."""
    manifest = json.loads((saved / "forecaster.json").read_text())
    change(manifest)
    if "root" in manifest:
        plain = json.dumps(manifest["root"], separators=(",", ":")).encode()
        manifest["checksum"] = hashlib.sha256(plain).hexdigest()
    (saved / "forecaster.json").write_text(json.dumps(manifest, separators=(",", ":")))


def replace_file(saved: Path, name: str, content: bytes) -> None:
    (saved / name).write_bytes(content)
    rewrite(saved, lambda manifest: manifest["files"].update({name: hashlib.sha256(content).hexdigest()}))


def refused(folder: Path) -> str:
    with pytest.raises(BadFile) as caught:
        load(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(f"{folder}: ")


DAMAGES = {
    "an empty folder": lambda saved: [path.unlink() for path in saved.iterdir()],
    "a manifest that is no JSON": lambda saved: (saved / "forecaster.json").write_bytes(b"\x80\x04\x95 pickle"),
    "a truncated manifest": lambda saved: (saved / "forecaster.json").write_text(
        (saved / "forecaster.json").read_text()[:-20]
    ),
    "JSON of something else": lambda saved: (saved / "forecaster.json").write_text('{"a": 1}'),
    "a list": lambda saved: (saved / "forecaster.json").write_text("[]"),
    "endless nesting": lambda saved: (saved / "forecaster.json").write_text("[" * 10**6),
    "missing arrays": lambda saved: (saved / "arrays.npz").unlink(),
    "truncated arrays": lambda saved: (saved / "arrays.npz").write_bytes((saved / "arrays.npz").read_bytes()[:-9]),
    "a changed number": lambda saved: (saved / "forecaster.json").write_text(
        (saved / "forecaster.json").read_text().replace('"mean_":0.', '"mean_":1.')
    ),
    "a newer format": lambda saved: rewrite(saved, lambda manifest: manifest.update(version=99)),
    "a file elsewhere": lambda saved: rewrite(
        saved, lambda manifest: manifest["files"].update({"../../etc/passwd": "0"})
    ),
    "no root": lambda saved: rewrite(saved, lambda manifest: manifest.pop("root")),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_folder_is_refused_in_one_line(saved, damage):
    damage(saved)
    assert refused(saved)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    assert "has no forecaster.json" in refused(tmp_path / "absent")


HOSTILE = {
    "os:system": {"object": "os:system", "state": {}},
    "subprocess:Popen": {"object": "subprocess:Popen", "state": {"args": "true"}},
    "a builtin": {"object": "builtins:object", "state": {}},
    "a class that is only imported by ours": {"object": "isogloss.forecasting.grid:NDArray", "state": {}},
    "a function of ours": {"object": "isogloss.forecasting.persistence:save", "state": {}},
    "a module that is not there": {"object": "isogloss.forecasting.absent:Absent", "state": {}},
    "a name that is no name": {"object": "isogloss.forecasting.grid:Grid()", "state": {}},
    "a number for a name": {"object": 1, "state": {}},
    "a dunder": {"object": "isogloss.forecasting.baselines.simple:Mean", "state": {"__class__": 1}},
    "a dataclass without its fields": {"object": "isogloss.forecasting.grid:Grid", "state": {}},
    "a state that is a list": {"object": "isogloss.forecasting.baselines.simple:Mean", "state": []},
    "a tuple with too many fields": {"named": "isogloss.forecasting.settings:Setting", "items": [1] * 8},
    "a class that is no model": {"model": "isogloss.evidence.store:Store"},
    "no forecaster": {"list": []},
    "a number": 1,
    "nothing": None,
    "a bare list": [],
    "an unknown kind": {"pickle": "gASVBQAAAAAAAABLAS4="},
    "two kinds": {"list": [], "tuple": []},
    "a reference to nothing": {"ref": 0},
    "a negative reference": {"ref": -1},
    "an array that is not there": {"array": "a99", "axes": []},
    "an array with axes it has not": {"array": "a0", "axes": [5]},
    "a table that is not there": {"table": "../../etc/passwd"},
    "trees that are not there": {"booster": "booster-0"},
    "our trees that are not there": {"trees": "booster-0"},
    "an address in memory for trees": {"object": "isogloss.forecasting.booster:Booster", "state": {"_handle": 1}},
    "a huge array of nothing": {"objects": [], "shape": [10**9, 10**9]},
    "an unhashable key": {"dict": [[{"list": []}, 1]]},
    "no pair": {"dict": [[1]]},
    "no base64": {"bytes": "???"},
    "a number in words": {"float": "1e5"},
}


@pytest.mark.parametrize("node", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_manifest_is_refused_in_one_line_and_runs_nothing(saved, node):
    rewrite(saved, lambda manifest: manifest.update(root=node))
    assert refused(saved)


def test_arrays_of_objects_are_refused(saved):
    buffer = io.BytesIO()
    np.savez(buffer, a0=np.array([print], dtype=object))
    replace_file(saved, "arrays.npz", buffer.getvalue())
    assert "allow_pickle" in refused(saved)


def test_compressed_arrays_are_refused_for_what_they_may_swell_to(saved):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a0=np.zeros(10**6))
    replace_file(saved, "arrays.npz", buffer.getvalue())
    assert "compressed" in refused(saved)


TREE_DAMAGES = {
    "an endless loop": ("left_child=1", "left_child=0"),
    "a feature that there is not": ("split_feature=", "split_feature=9999999 "),
    "no number": ("leaf_value=", "leaf_value=x "),
    "more trees than there are": ("tree_sizes=", "tree_sizes=5 "),
    "two responses": ("num_class=1", "num_class=2"),
    "a line of another kind": ("num_cat=0", "num_cat=0\ncat_boundaries=0 1"),
    "categories": ("num_cat=0", "num_cat=1"),
    "nothing in it": (None, ""),
    "something else": (None, "tree\nend of trees\n"),
}


@pytest.mark.parametrize(("old", "new"), TREE_DAMAGES.values(), ids=TREE_DAMAGES)
def test_trees_that_are_none_are_refused_before_anything_follows_them(evidence, tmp_path, old, new):
    forecasters.get("langrank")().fit(evidence).save(tmp_path / "saved")
    text = (tmp_path / "saved" / "booster-0.txt").read_text()
    assert old is None or old in text
    replace_file(tmp_path / "saved", "booster-0.txt", (new if old is None else text.replace(old, new, 1)).encode())
    assert "is no forecaster that can be loaded" in refused(tmp_path / "saved")
