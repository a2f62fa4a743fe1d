"""A store in an object store, tested against a real S3 server on this machine."""

from __future__ import annotations

import logging
import socket

import pytest

from isogloss.errors import BadFile, StoreError
from isogloss.evidence import Store, compact, import_files, read_evidence

moto = pytest.importorskip("moto.server", reason="needs an S3 server: pip install 'moto[s3]' flask flask-cors")


@pytest.fixture(scope="module")
def server():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = moto.ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    yield "{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(server, monkeypatch, request):
    """URL of a bucket of its own for each test."""
    from pyarrow import fs

    environment = {"ACCESS_KEY_ID": "id", "SECRET_ACCESS_KEY": "key", "DEFAULT_REGION": "us-east-1",
                   "ENDPOINT_URL": f"http://{server}", "EC2_METADATA_DISABLED": "true"}  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    name = f"bucket-{abs(hash(request.node.name))}"
    fs.S3FileSystem(endpoint_override=server, scheme="http", allow_bucket_creation=True).create_dir(name)
    return f"s3://{name}"


@pytest.fixture
def observations(table):
    return lambda *rows: read_evidence(table(*rows)).observations


def test_what_goes_in_comes_out(bucket, observations):
    written = observations({}, {"target": "fr", "score": 0.7})
    part = Store(f"{bucket}/a folder/store").append(written)
    back = Store(f"{bucket}/a folder/store").read().observations
    assert back.drop("recorded_at").equals(written.drop("recorded_at"))
    assert part.startswith(f"{bucket}/a folder/store/part-")


def test_files_are_imported_into_it_and_evidence_is_read_from_it(bucket, fixtures):
    report = import_files([fixtures / "scores.csv"], into=f"{bucket}/store")
    assert len(read_evidence(f"{bucket}/store")) == 3
    assert str(report.part).startswith(f"{bucket}/store/part-")


def test_only_what_is_asked_for_comes_back(bucket, observations):
    store = Store(f"{bucket}/store")
    store.append(observations({}, {"task": "moods"}))
    assert len(store.read(task="moods")) == 1
    assert store.summary()["task"].to_list() == ["moods", "topics"]


def test_it_can_be_compacted(bucket, observations):
    store = Store(f"{bucket}/store")
    for seed in range(3):
        store.append(observations({"seed": seed}))
    assert compact(store).parts_after == 1
    assert len(store.parts()) == 1
    assert store.read().observations["seed"].to_list() == [0, 1, 2]


def test_a_damaged_part_is_named_and_the_rest_is_read(bucket, observations):
    store = Store(f"{bucket}/store")
    good = store.append(observations({}))
    store.storage.write(good.rpartition("/")[2].replace("part-", "part-1"), b"PAR1 and nothing else")
    with pytest.warns(UserWarning, match=r"s3://.*/part-1.*: is damaged, its content is not what was written; skipped"):
        assert len(store.read()) == 1


def test_the_server_may_be_named_in_the_url_and_secrets_are_not_shown(bucket, server, observations, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    plain = bucket.removeprefix("s3://")
    store = Store(f"s3://id:key@{plain}/store?endpoint_override={server}&scheme=http&region=us-east-1")
    store.append(observations({}))
    assert str(store.path) == f"{bucket}/store"
    assert len(store.read()) == 1


def test_a_store_that_is_not_there_is_one_line(bucket):
    with pytest.raises(BadFile, match=r"s3://.*/nothing: no such store; make one by importing"):
        Store(f"{bucket}/nothing").read()


def test_a_bucket_that_is_not_there_is_one_line(bucket, observations):
    with pytest.raises(StoreError, match="cannot be written") as caught:
        Store("s3://no-such-bucket-anywhere/store").append(observations({}))
    assert str(caught.value).isprintable()


def test_a_server_that_does_not_answer_is_one_line(bucket, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = free.getsockname()[1]
    store = Store(f"{bucket}/store?endpoint_override=127.0.0.1:{nobody}&scheme=http&region=us-east-1")
    with pytest.raises(StoreError, match="cannot be read"):
        store.read()
