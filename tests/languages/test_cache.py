"""The cache of typological arrays: made once, shared, and never in the way."""

import os
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import numpy as np
import pytest

from isogloss.errors import IsoglossError
from isogloss.files import cache_folder
from isogloss.languages.cache import CACHE_VERSION, cached_from_wheel

MADE = {"codes": np.array(["deu", "eng"]), "values": np.arange(4000, dtype=np.int16).reshape(2, -1)}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A cache folder of its own."""
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def read(make=lambda wheel: MADE):
    return cached_from_wheel("some", tuple(MADE), make)


def test_the_folder_can_be_chosen(folder):
    assert cache_folder() == folder


def test_the_first_reading_leaves_one_file_named_for_the_versions(folder):
    read()
    assert [path.name for path in folder.iterdir()] == [f"some-{version('urielplus')}-{CACHE_VERSION}.npz"]


def test_the_second_reading_is_of_the_cache(folder):
    read()
    again = read(lambda wheel: pytest.fail("the wheel was read again"))
    for name, array in MADE.items():
        np.testing.assert_array_equal(again[name], array)


def test_what_is_made_reads_the_data_files_of_the_wheel(folder):
    read(lambda wheel: MADE if (wheel / "original_uriel" / "features.npz").is_file() else pytest.fail("no such file"))


@pytest.mark.parametrize("damage", ["empty", "cut short", "bytes changed", "not an archive", "of another shape"])
def test_a_damaged_cache_is_made_anew(folder, damage):
    read()
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
        np.savez(path, codes=np.array(["deu"]))
    np.testing.assert_array_equal(read()["values"], MADE["values"])
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
        assert read() is MADE
    assert len(caught) == 1
    assert "\n" not in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read()


def test_a_full_disk_leaves_no_part_behind(folder, monkeypatch):
    def fail(*_args, **_named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.warns(UserWarning, match="No space left"):
        read()
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
    assert len(list(folder.iterdir())) == 2  # typology, and place and descent


def test_a_broken_wheel_is_one_error_with_its_hint(folder, tmp_path, monkeypatch):
    (tmp_path / "urielplus").mkdir()
    (tmp_path / "urielplus" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(IsoglossError, match=r"cannot be read.*pip install"):
        read(lambda wheel: {"codes": np.load(wheel / "features.npz")})


def test_reading_typology_does_not_import_urielplus():
    code = (
        "import sys; from isogloss.languages import distances; distances(['de', 'en']); "
        "print('urielplus' in sys.modules, 'pandas' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False False\n"
