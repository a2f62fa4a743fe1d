"""Fetching public evidence, from real git repositories and a real HTTP server on this machine."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import json
import os
import subprocess
import sys
import tarfile
import textwrap
import threading
import zipfile

import pytest

from isogloss.errors import BadFile, InputError, IsoglossError, UnknownName
from isogloss.evidence import Store
from isogloss.evidence.fetching import download as downloading
from isogloss.evidence.fetching import fetch, public, public_sources

FOLDER = "results/me__toy/r1"
META = json.dumps({"name": "me/toy", "revision": "r1", "n_parameters": 5})


def result(score: float, *languages: str) -> str:
    entries = [{"main_score": score, "hf_subset": code, "languages": [code]} for code in languages or ("deu-Latn",)]
    return json.dumps({"task_name": "Topics", "mteb_version": "2.0", "scores": {"test": entries}})


def git(folder, *arguments):
    named = ["-c", "user.name=someone", "-c", "user.email=someone@example.org"]
    subprocess.run(["git", "-C", folder, *named, *arguments], check=True, capture_output=True)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def get(store, tmp_path):
    """Fetch from a URL into the store."""
    return lambda url, **options: fetch("mteb", store, url=str(url), cache=tmp_path / "cache", **options)


class Repository:
    """A git repository of results, as others would offer it."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        git(folder, "init", "--quiet")
        git(folder, "config", "uploadpack.allowFilter", "true")
        self.url = f"file://{folder}"

    def commit(self, **files: str | None) -> None:
        """Write files, named by task; None takes one away."""
        for task, content in files.items():
            path = self.folder / FOLDER / f"{task}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink()
            else:
                path.write_text(content)
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--message", "results")


@pytest.fixture
def repository(tmp_path):
    made = Repository(tmp_path / "repository")
    made.commit(model_meta=META, Topics=result(0.5, "deu-Latn", "fra-Latn"))
    return made


def test_a_repository_is_read_into_the_store(get, store, repository):
    report = get(repository.url)
    assert (report.files, report.changed, report.kept, report.dropped) == (2, 2, 2, {})
    evidence = store.read()
    assert evidence.observations.select("model", "target", "score", "origin").rows() == [
        ("me/toy", "deu", 0.5, "mteb:me__toy/r1/Topics.json"), ("me/toy", "fra", 0.5, "mteb:me__toy/r1/Topics.json")
    ]  # fmt: skip
    assert evidence.models["parameters"].item() == 5


def test_a_repository_that_offers_only_whole_commits_is_read_too(get, store, repository):
    git(repository.folder, "config", "uploadpack.allowFilter", "false")
    assert get(repository.url).kept == 2


def test_a_folder_is_as_good_as_a_url(get, repository):
    assert get(repository.folder).kept == 2


def test_the_store_cites_its_sources(get, store, repository):
    get(repository.url)
    sources = store.sources()
    assert sources["file"].to_list() == ["me__toy/r1/Topics.json", "me__toy/r1/model_meta.json"]
    assert sources["licence"].unique().to_list() == ["CC0-1.0"]
    assert sources["url"].unique().to_list() == [repository.url]
    assert sources["citation"][0].startswith("Muennighoff et al. 2023")


def test_a_second_fetch_reads_nothing_and_a_third_only_what_has_changed(get, store, repository):
    get(repository.url)
    assert (get(repository.url).changed, len(store.parts())) == (0, 1)
    repository.commit(Topics=result(0.7), Moods=result(0.9).replace("Topics", "Moods"))
    report = get(repository.url)
    assert (report.changed, report.kept) == (2, 2)
    scores = dict(store.read().observations.select("target", "score").filter(target="deu", score=0.7).iter_rows())
    assert scores == {"deu": 0.7}


def test_what_is_gone_from_the_source_is_counted_and_kept(get, store, repository):
    get(repository.url)
    repository.commit(Topics=None, Moods=result(0.9).replace("Topics", "Moods"))
    assert get(repository.url).gone == 1
    assert len(store.read()) == 3


def test_history_that_was_rewritten_is_no_matter(get, repository):
    get(repository.url)
    git(repository.folder, "commit", "--quiet", "--amend", "--message", "other")
    git(repository.folder, "reflog", "expire", "--expire=now", "--all")
    repository.commit(Topics=result(0.7))
    assert get(repository.url).changed == 1


def test_a_file_that_cannot_be_read_is_named_and_the_others_are(get, repository):
    repository.commit(Broken=result(0.5)[:-9])
    report = get(repository.url)
    assert report.kept == 2
    assert len(report.unreadable) == 1
    assert report.unreadable[0].startswith("me__toy/r1/Broken.json: is not complete JSON")
    assert get(repository.url).changed == 0


def test_rows_are_dropped_with_the_reason_and_a_user_says_how_to_read_a_code(get, repository):
    repository.commit(Topics=result(0.5, "deu-Latn", "xx9-Latn"))
    assert get(repository.url).dropped == {"in an unknown language, 'xx9-Latn'; map it to one": 1}
    again = get(repository.url, languages={"xx9-Latn": "wol"}, again=True)
    assert (again.changed, again.kept, again.dropped) == (2, 2, {})


def test_links_in_a_repository_are_no_files(get, repository, tmp_path):
    (tmp_path / "secret.json").write_text(result(0.1))
    os.symlink(tmp_path / "secret.json", repository.folder / FOLDER / "Linked.json")
    repository.commit()
    assert get(repository.url).files == 2


def test_many_files_are_stored_a_few_at_a_time(get, store, repository, monkeypatch):
    monkeypatch.setattr(public, "FILES_AT_ONCE", 2)
    for model in range(4):
        folder = repository.folder / f"results/me__toy-{model}/r1"
        folder.mkdir(parents=True)
        (folder / "Topics.json").write_text(result(0.5))
    repository.commit()
    done = []
    report = get(repository.url, progress=lambda what, now, total: done.append((what, now, total)))
    assert report.kept == 6
    assert len(store.parts()) == 3
    assert [now for what, now, total in done if (what, total) == ("Reading", 6)][-1] == 6


def test_a_fetch_that_is_killed_goes_on_where_it_stopped(store, repository, tmp_path, get):
    for model in range(6):
        folder = repository.folder / f"results/me__toy-{model}/r1"
        folder.mkdir(parents=True)
        (folder / "Topics.json").write_text(result(0.5))
    repository.commit()
    script = """
        import os, signal, sys
        from pathlib import Path
        from isogloss.evidence import Store
        from isogloss.evidence.fetching import public

        public.FILES_AT_ONCE = 2

        def die(what, done, total):
            if what == "Reading" and done >= 4:
                os.kill(os.getpid(), signal.SIGKILL)

        public.fetch("mteb", Store(sys.argv[1]), url=sys.argv[2], cache=Path(sys.argv[3]), progress=die)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), store.path, repository.url, tmp_path / "cache"]
    assert subprocess.run(command, check=False).returncode < 0
    before = len(store.read())
    assert 0 < before < 8
    report = get(repository.url)
    assert (report.files, report.changed) == (8, 4)
    assert len(store.read()) == 8
    assert store.history().is_empty()


@pytest.mark.parametrize(
    ("url", "error", "reason"),
    [
        ("file:///nowhere/at/all", IsoglossError, "'/nowhere/at/all' does not appear to be a git repository"),
        ("--upload-pack=touch /tmp/x", InputError, "is no URL of a repository"),
        ("ext::sh -c touch", InputError, "is no URL of a repository"),
    ],
)
def test_a_repository_that_cannot_be_had_is_one_line(get, url, error, reason):
    with pytest.raises(error) as caught:
        get(url)
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()


def test_an_unknown_source_says_which_there_are(store):
    with pytest.raises(UnknownName, match="unknown public evidence 'mtbe'; did you mean 'mteb'"):
        fetch("mtbe", store)


def test_every_source_names_its_licence_and_whom_to_cite():
    for name, source in public_sources.items():
        assert source.name == name
        assert source.licence
        assert source.citation
        assert source.url.startswith("https://")


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves one file with its ETag, in ranges, and breaks off when told to."""

    content, breaks, status, requests = b"", 0, 200, []

    def do_GET(self) -> None:
        cls = type(self)
        cls.requests.append(dict(self.headers))
        etag = f'"{hashlib.sha256(cls.content).hexdigest()[:8]}"'
        if cls.status != 200:
            self.send_error(cls.status)
            return
        if self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.end_headers()
            return
        start = 0
        if self.headers.get("If-Range") == etag:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        body = cls.content[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(cls.content) - 1}/{len(cls.content)}")
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if cls.breaks:
            cls.breaks -= 1
            body = body[: len(body) // 2]
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(downloading, "WAIT", 0.0)
    handler = type("OneFile", (Handler,), {"requests": []})
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler))
    threading.Thread(target=running.serve_forever, daemon=True).start()
    handler.url = f"http://127.0.0.1:{running.server_port}/results.tar.gz"
    yield handler
    running.shutdown()
    running.server_close()


def tar(**files: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(f"results-main/{FOLDER}/{name}.json")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_an_archive_is_read_into_the_store(get, store, server):
    server.content = tar(model_meta=META, Topics=result(0.5))
    report = get(server.url)
    assert (report.files, report.kept, report.revision) == (2, 1, hashlib.sha256(server.content).hexdigest())
    assert store.read().observations["origin"].item() == "mteb:me__toy/r1/Topics.json"


def test_a_zip_archive_is_read_too(get, server):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"results-main/{FOLDER}/Topics.json", result(0.5))
    server.content = buffer.getvalue()
    assert get(server.url.replace(".tar.gz", ".zip")).kept == 1


def test_an_archive_that_has_not_changed_is_not_sent_again(get, server):
    server.content = tar(Topics=result(0.5))
    get(server.url)
    assert get(server.url).changed == 0
    assert [bool(request.get("If-None-Match")) for request in server.requests] == [False, True]


def test_only_changed_files_of_a_changed_archive_are_read(get, server):
    server.content = tar(Topics=result(0.5), Moods=result(0.6).replace("Topics", "Moods"))
    get(server.url)
    server.content = tar(Topics=result(0.7), Moods=result(0.6).replace("Topics", "Moods"))
    assert (get(server.url).changed, get(server.url).changed) == (1, 0)


def test_a_repository_and_an_archive_of_it_agree_on_what_has_changed(get, server, repository):
    get(repository.url)
    server.content = tar(model_meta=META, Topics=result(0.5, "deu-Latn", "fra-Latn"))
    assert get(server.url).changed == 0


def test_a_download_that_breaks_off_goes_on_where_it_stopped(get, server):
    server.content, server.breaks = tar(Topics=result(0.5)), 3
    assert get(server.url).kept == 1
    starts = [request.get("Range") for request in server.requests]
    assert starts[0] is None
    assert [int(start[6:-1]) for start in starts[1:]] == sorted({int(start[6:-1]) for start in starts[1:]})


def test_a_download_that_keeps_breaking_off_is_one_line_and_goes_on_next_time(get, server):
    server.content, server.breaks = tar(Topics=result(0.5)), downloading.ATTEMPTS
    with pytest.raises(IsoglossError, match=r"results.tar.gz: cannot be downloaded: .*check the network"):
        get(server.url)
    assert get(server.url).kept == 1
    assert server.requests[-1]["Range"]


def test_a_file_that_changed_meanwhile_is_not_patched_together(get, server):
    server.content, server.breaks = tar(Topics=result(0.5)), downloading.ATTEMPTS
    with pytest.raises(IsoglossError):
        get(server.url)
    server.content = tar(Topics=result(0.7, "fra-Latn"))
    assert get(server.url).kept == 1


def test_an_archive_with_another_checksum_than_it_must_have_is_not_read(get, store, server):
    server.content = tar(Topics=result(0.5))
    right = hashlib.sha256(server.content).hexdigest()
    with pytest.raises(BadFile, match=f"has the SHA-256 {right}, not 0000"):
        get(server.url, checksum="0" * 64)
    assert not store.parts()
    assert get(server.url, checksum=right.upper()).kept == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"not an archive", "is no whole archive"), (tar(Topics=result(0.5))[:-30], "is no whole archive")],
    ids=["something else", "half of one"],  # a compressed file begins with the time, which differs between workers
)
def test_what_is_no_whole_archive_is_one_line(get, server, content, reason):
    server.content = content
    with pytest.raises(BadFile, match=reason):
        get(server.url)


def test_a_server_that_refuses_is_one_line(get, server):
    server.status = 404
    with pytest.raises(IsoglossError, match="the server answers 404 Not Found; check the URL"):
        get(server.url)


def test_nothing_in_an_archive_can_be_written_elsewhere(get, store, server, tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in (f"../../{FOLDER}/Up.json", "/a__b/../Up.json", f"x/{FOLDER}/Topics.json"):
            info = tarfile.TarInfo(name)
            info.size = len(result(0.5))
            archive.addfile(info, io.BytesIO(result(0.5).encode()))
        link = tarfile.TarInfo(f"x/{FOLDER}/Linked.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    server.content = buffer.getvalue()
    assert get(server.url).files == 2
    assert set(store.sources()["file"]) == {"me__toy/r1/Up.json", "me__toy/r1/Topics.json"}
    assert not list(tmp_path.glob("*.json"))


def test_a_file_that_unpacks_to_no_sensible_size_is_refused(get, server, monkeypatch):
    from isogloss.evidence.fetching import snapshots

    monkeypatch.setattr(snapshots, "MAX_BYTES", 1 << 20)
    server.content = tar(Bomb="0" * (2 << 20))
    with pytest.raises(BadFile, match="unpacks to more than 1 MB"):
        get(server.url)
