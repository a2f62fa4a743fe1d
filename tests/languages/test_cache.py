"""The cache of typological arrays: made once, shared, and never in the way."""

import os
import shutil
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from isogloss.errors import IsoglossError
from isogloss.languages import uriel as module
from isogloss.languages.uriel import cache_folder, uriel


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A cache folder of its own, and nothing remembered from before."""
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    uriel.cache_clear()
    yield tmp_path / "cache"
    uriel.cache_clear()


def reread():
    uriel.cache_clear()
    return uriel()


def test_the_folder_can_be_chosen(folder):
    assert cache_folder() == folder


def test_the_first_reading_leaves_one_file(folder):
    uriel()
    assert [path.name for path in folder.iterdir()] == [f"uriel-{module._version()}-{module.CACHE_VERSION}.npz"]


def test_the_cache_holds_what_the_wheel_holds(folder, monkeypatch):
    first = uriel()
    monkeypatch.setattr(module, "_read_wheel", lambda: pytest.fail("the wheel was read again"))
    second = reread()
    np.testing.assert_array_equal(first.values, second.values)
    assert (first.rows, first.features) == (second.rows, second.features)
    assert first.languoids["deu"] == second.languoids["deu"]
    assert set(np.unique(first.values)) == {-1, 0, 1}


@pytest.mark.parametrize("damage", ["empty", "cut short", "bytes changed", "not an archive", "of another shape"])
def test_a_damaged_cache_is_made_anew(folder, damage):
    whole = uriel()
    (path,) = folder.iterdir()
    content = path.read_bytes()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut short":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "bytes changed":
        middle = len(content) // 2
        path.write_bytes(content[:middle] + b"isogloss" + content[middle + 8 :])
    elif damage == "not an archive":
        path.write_text("nothing of the kind")
    else:
        np.savez(path, languages=np.array(["deu"]))
    np.testing.assert_array_equal(reread().values, whole.values)
    assert path.read_bytes() == content


@pytest.mark.parametrize("obstacle", ["a file in the way", "no permission"])
def test_a_folder_that_cannot_be_written_costs_one_warning(folder, obstacle):
    if obstacle == "a file in the way":
        folder.write_text("")
    elif os.geteuid() == 0:
        pytest.skip("permissions do not hold for root")
    else:
        folder.mkdir(mode=0o500)
    with pytest.warns(UserWarning, match="ISOGLOSS_CACHE") as caught:
        assert uriel().rows["deu"] >= 0
    assert len(caught) == 1
    assert "\n" not in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        uriel()


def test_a_full_disk_leaves_no_part_behind(folder, monkeypatch):
    def fail(*_args, **_named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.np, "savez", fail)
    with pytest.warns(UserWarning, match="No space left"):
        uriel()
    assert list(folder.iterdir()) == []


def test_several_processes_may_fill_the_cache_at_once(folder):
    command = [
        sys.executable,
        "-c",
        "from isogloss.languages import distances; print(distances(['de', 'en']).values[0, 1])",
    ]
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda _: subprocess.run(command, capture_output=True, text=True, check=True), range(3)))
    assert len({run.stdout for run in runs}) == 1
    assert {run.stderr for run in runs} == {""}
    assert len(list(folder.iterdir())) == 1


def test_a_broken_wheel_is_one_error_with_its_mend(folder, tmp_path, monkeypatch):
    package = tmp_path / "urielplus"
    package.mkdir()
    shutil.copy(__file__, package / "__init__.py")
    spec = module.util.spec_from_file_location(
        "urielplus", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    monkeypatch.setattr(module.util, "find_spec", lambda _name: spec)
    with pytest.raises(IsoglossError, match=r"cannot be read.*pip install"):
        uriel()


def test_reading_typology_does_not_import_urielplus():
    code = (
        "import sys; from isogloss.languages import distances; distances(['de', 'en']); "
        "print('urielplus' in sys.modules, 'pandas' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False False\n"
