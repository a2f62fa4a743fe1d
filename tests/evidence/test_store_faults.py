"""What happens to a store when writers are killed, disks fill up and strangers leave files in it."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import polars as pl
import pytest

from isogloss.errors import StoreError
from isogloss.evidence import Store, read_evidence

WRITER = """
    import sys
    import polars as pl
    from isogloss.evidence import Store, read_evidence

    folder, writer, parts = sys.argv[1], sys.argv[2], int(sys.argv[3])
    usual = {"model": writer, "task": "topics", "metric": "accuracy", "target": "de", "train": "", "score": 0.5}
    rows = read_evidence(pl.DataFrame([usual])).observations
    store = Store(folder)
    for number in range(parts):
        part = store.append(rows.with_columns(seed=pl.lit(number, dtype=pl.Int64)))
        print(number, part.name, flush=True)
"""


@pytest.fixture
def start():
    """Starts a Python process that runs a script with arguments; all are killed in the end."""
    running = []

    def start(script: str, *arguments: object, **options: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def observations(table):
    return lambda *rows: read_evidence(table(*rows)).observations


def test_many_writers_at_once_lose_nothing_and_double_nothing_while_others_read(start, tmp_path):
    store = Store(tmp_path / "store")
    writers = [start(WRITER, store.path, f"writer-{number}", 25) for number in range(4)]
    seen = [0]
    while any(writer.poll() is None for writer in writers):
        if store.parts():
            seen.append(len(store.read()))
        time.sleep(0.02)
    assert [writer.returncode for writer in writers] == [0] * 4
    assert seen == sorted(seen)
    observations = store.read().observations
    assert observations.group_by("model").agg(pl.col("seed").n_unique(), pl.len()).select("seed", "len").rows() == [
        (25, 25)
    ] * 4  # fmt: skip


@pytest.mark.parametrize("trial", range(3))
def test_a_writer_killed_at_any_moment_leaves_every_part_it_acknowledged(start, tmp_path, trial):
    store = Store(tmp_path / "store")
    writer = start(WRITER, store.path, "writer", 100_000)
    writer.stdout.readline()
    time.sleep(random.Random(trial).uniform(0, 0.3))
    writer.send_signal(signal.SIGKILL)
    said = ["0 first\n", *writer.stdout.read().splitlines(keepends=True)]
    acknowledged = {int(line.split()[0]) for line in said if line.endswith("\n")}
    stored = set(store.read().observations["seed"])
    assert acknowledged <= stored
    assert len(stored - acknowledged) <= 1  # the one it had just written


def test_what_a_killed_writer_left_unfinished_is_not_part_of_the_store(tmp_path, observations):
    part = Store(tmp_path).append(observations({}))
    shutil.copy(part, tmp_path / f".{part.name}.ab12.tmp")
    assert Store(tmp_path).parts() == [part]


def test_strangers_among_the_parts_are_named_and_the_rest_is_read(tmp_path, observations):
    good = Store(tmp_path).append(observations({}))
    content = good.read_bytes()
    (tmp_path / "README.md").write_text("notes")
    (tmp_path / "folder.parquet").mkdir()
    (tmp_path / "part-garbage.parquet").write_bytes(random.Random(0).randbytes(1000))
    (tmp_path / "part-truncated.v2.parquet").write_bytes(content[: len(content) // 2])
    (tmp_path / good.name.replace("part-", "part-2")).write_bytes(content[: len(content) // 2])
    (tmp_path / "empty.parquet").touch()
    (tmp_path / "link.parquet").symlink_to("absent")
    (tmp_path / "loop.parquet").symlink_to("loop.parquet")
    (tmp_path / "device.parquet").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.parquet")
    os.mkfifo(tmp_path / good.name.replace("part-", "part-3"))
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "foreign.parquet")
    pl.read_parquet(good).with_columns(score=pl.lit("high")).write_parquet(tmp_path / "typed.parquet")
    with pytest.warns(UserWarning, match="skipped") as caught:
        assert Store(tmp_path).read().observations["score"].to_list() == [0.5]
    said = sorted(str(one.message).removeprefix(f"{tmp_path}/").removesuffix("; skipped") for one in caught)
    assert said == [
        "device.parquet: is a device, not a file",
        "empty.parquet: is empty",
        "folder.parquet: is a folder, not a file",
        "foreign.parquet: is no part of a store: no model, task, metric, target, train, score, scale, higher_is_better",
        "link.parquet: is a link to what is not there",
        "loop.parquet: cannot be read: Too many levels of symbolic links",
        f"{good.name.replace('part-', 'part-2')}: is damaged, its content is not what was written",
        f"{good.name.replace('part-', 'part-3')}: is a pipe, not a file",
        "part-garbage.parquet: is not whole Parquet",
        "part-truncated.v2.parquet: is not whole Parquet",
        "pipe.parquet: is a pipe, not a file",
        "typed.parquet: is no part of a store: its columns have other types",
    ]


def test_a_part_that_claims_rows_without_end_is_named_and_the_rest_is_read(tmp_path, observations):
    """Thirty million rows in a file of 200 kB, under a name with the right digest."""
    from isogloss.evidence.storage import digest

    good = Store(tmp_path).append(observations({}))
    rows = pl.concat([pl.read_parquet(good).select(pl.all().repeat_by(500_000).explode())] * 60, rechunk=False)
    rows.write_parquet(tmp_path / "bomb", row_group_size=500_000)
    content = (tmp_path / "bomb").read_bytes()
    named, other = f"part-20260101T000000.000000Z-{digest(content)}.v2.parquet", "other.parquet"
    for name in (named, other):
        (tmp_path / name).write_bytes(content)
    with pytest.warns(UserWarning, match="skipped") as caught:
        assert len(Store(tmp_path).read()) == 1
    said = {Path(str(one.message).partition(": ")[0]).name: str(one.message).partition(": ")[2] for one in caught}
    assert said[named] == "claims more rows than memory may hold; skipped"
    assert said[other].startswith("would take up to ")


def test_a_part_of_a_later_version_whose_columns_changed_type_is_skipped(tmp_path, observations):
    from isogloss.evidence.storage import digest

    good = Store(tmp_path).append(observations({}))
    later = tmp_path / "later"
    pl.read_parquet(good).with_columns(seed=pl.lit("a")).write_parquet(later)
    later.rename(tmp_path / f"part-20300101T000000.000000Z-{digest(later.read_bytes())}.v9.parquet")
    with pytest.warns(UserWarning, match="its columns have other types; skipped"):
        assert len(Store(tmp_path).read()) == 1


AS_NOBODY = """
    import os, sys
    from isogloss.evidence import Store, read_evidence

    store = Store(sys.argv[1])
    if os.getuid() == 0:
        os.setuid(65534)  # root may read and write everything
"""


@pytest.fixture
def public():
    """A folder that others may look into, and none may write to once it is closed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path
        path.chmod(0o755)


def test_a_part_that_may_not_be_read_is_named(public, observations, start):
    store = Store(public)
    store.append(observations({}))
    store.append(observations({"seed": 2})).chmod(0)
    out, complaint = start(AS_NOBODY + "    print(len(store.read()))", public).communicate()
    assert out == "1\n"
    assert "cannot be read: Permission denied; skipped" in complaint


def test_a_store_on_a_read_only_path_is_read_and_refuses_to_be_written(public, observations, start):
    Store(public).append(observations({}))
    public.chmod(0o555)
    script = (
        AS_NOBODY
        + """
    observations = store.read().observations
    print(len(observations))
    store.append(observations)
    """
    )
    out, complaint = start(script, public).communicate()
    assert out == "1\n"
    assert "cannot be written: Permission denied; choose a folder you may write to" in complaint


def test_a_full_disk_is_a_clear_error_and_leaves_no_half_part(tmp_path, observations, start):
    Store(tmp_path).append(observations({}))
    before = sorted(tmp_path.iterdir())
    script = """
        import signal, sys
        from isogloss.evidence import Store
        store = Store(sys.argv[1])
        rows = store.read().observations.with_columns(score=0.7)
        store.append(rows)
    """

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    _, complaint = start(script, tmp_path, preexec_fn=limit).communicate()
    assert "StoreError" in complaint
    assert "cannot be written: File too large; choose a folder you may write to, with room on its disk" in complaint
    assert sorted(tmp_path.iterdir()) == before


def test_parts_that_vanish_while_they_are_read_are_looked_for_again(tmp_path, observations, monkeypatch):
    """Another process merges two parts between our look at the folder and our reading them."""
    from isogloss.evidence import compact
    from isogloss.evidence.storage import FolderStorage

    store = Store(tmp_path)
    store.append(observations({"seed": 1}))
    store.append(observations({"seed": 2}))
    unharmed, merged = FolderStorage.digest, []

    def merge_first(self, name):
        if not merged:
            merged.append(name)
            compact(Store(tmp_path))
        return unharmed(self, name)

    monkeypatch.setattr(FolderStorage, "digest", merge_first)
    assert store.read().observations["seed"].to_list() == [1, 2]
    assert len(store.parts()) == 1


def test_a_store_that_cannot_be_listed_says_so(tmp_path, observations, monkeypatch):
    Store(tmp_path).append(observations({}))

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(StoreError, match="cannot be read: Permission denied"):
        Store(tmp_path).read()
