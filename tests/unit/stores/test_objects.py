import threading
from pathlib import Path

import pytest

from components.contracts.errors import StoreError
from components.stores import objects
from components.stores.failures import explained


def held(folder: Path) -> list[str]:
    """Everything in a folder, what is not finished included."""
    return [path.name for path in folder.iterdir()]


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    (folder / "parts").mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    (folder / "parts" / "a.bin").write_bytes(b"a")
    return folder


def test_a_file_is_read_as_it_was_written(tmp_path):
    address = str(tmp_path / "new" / "folder" / "x.json")

    objects.write_bytes(address, b"first")
    objects.write_bytes(address, b"second")

    assert objects.read_bytes(address) == b"second"
    assert objects.read_bytes(f"file://{address}") == b"second"
    assert held(tmp_path / "new" / "folder") == ["x.json"]


def test_a_reader_sees_the_old_content_or_the_new(tmp_path):
    address, sizes = str(tmp_path / "x"), set()
    contents = [bytes([letter]) * 200_000 for letter in (65, 66)]
    objects.write_bytes(address, contents[0])

    def write():
        for turn in range(100):
            objects.write_bytes(address, contents[turn % 2])

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        content = objects.read_bytes(address)
        sizes.add((len(content), len(set(content))))

    assert sizes == {(200_000, 1)}


def test_a_write_that_was_cut_off_is_no_file(tmp_path):
    objects.write_bytes(str(tmp_path / "x"), b"whole")
    (tmp_path / ".y.tmp-abcdef").write_bytes(b"ha")

    assert objects.names(str(tmp_path)) == ["x"]


def test_names_are_relative_and_sorted(model, tmp_path):
    assert objects.names(str(model)) == ["manifest.json", "parts/a.bin"]
    assert objects.names(str(tmp_path / "nothing")) == []


def test_a_published_folder_is_fetched_as_it_was(model, tmp_path):
    address = str(tmp_path / "store" / "models" / "digest")

    objects.publish(model, address)
    objects.fetch(address, tmp_path / "copy")

    assert objects.names(str(tmp_path / "copy")) == objects.names(str(model))
    assert (tmp_path / "copy" / "parts" / "a.bin").read_bytes() == b"a"
    assert held(tmp_path / "store" / "models") == ["digest"]


def test_what_is_published_is_never_written_again(model, tmp_path):
    address = tmp_path / "store" / "digest"
    objects.publish(model, str(address))
    (model / "parts" / "a.bin").write_bytes(b"other")

    objects.publish(model, str(address))

    assert (address / "parts" / "a.bin").read_bytes() == b"a"


def test_a_folder_without_its_last_file_is_replaced(model, tmp_path):
    address = tmp_path / "store" / "digest"
    address.mkdir(parents=True)
    (address / "parts").write_text("left over")

    objects.publish(model, str(address))

    assert objects.names(str(address)) == ["manifest.json", "parts/a.bin"]


def test_of_two_that_publish_at_once_one_wins_and_both_succeed(model, tmp_path):
    address, errors = str(tmp_path / "store" / "digest"), []

    def publish():
        try:
            objects.publish(model, address)
        except StoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=publish) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert objects.names(address) == ["manifest.json", "parts/a.bin"]
    assert held(tmp_path / "store") == ["digest"]


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"nothing cannot be read: it is not there; check the address"):
        objects.read_bytes(str(tmp_path / "nothing"))
    with pytest.raises(StoreError, match="nothing is not there"):
        objects.fetch(str(tmp_path / "nothing"), tmp_path / "copy")


def test_a_folder_that_cannot_be_written_is_named(model, tmp_path):
    (tmp_path / "file").write_text("")

    for attempt in (
        lambda: objects.write_bytes(str(tmp_path / "file" / "x"), b""),
        lambda: objects.publish(model, str(tmp_path / "file" / "x")),
    ):
        with pytest.raises(
            StoreError, match=r"file/x.* cannot be .*: a part of the path is a file; move that file"
        ):
            attempt()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_says_so():
    def fill():
        with explained("store", "written"), Path("/dev/full").open("w") as file:
            file.write("x" * 10_000)

    with pytest.raises(StoreError, match="store cannot be written: the disk is full; free some space"):
        fill()


def test_an_unknown_scheme_says_what_there_is():
    with pytest.raises(StoreError, match=r"no store is known for ftp://; use a folder, gs:// or s3://"):
        objects.locate("ftp://host/x")


@pytest.mark.objectstore
def test_a_cloud_keeps_files_and_folders(cloud, model, tmp_path):
    objects.write_bytes(f"{cloud}/x", b"first")
    objects.write_bytes(f"{cloud}/x", b"second")
    objects.publish(model, f"{cloud}/models/digest")
    objects.publish(model, f"{cloud}/models/digest")
    objects.fetch(f"{cloud}/models/digest", tmp_path / "copy")

    assert objects.read_bytes(f"{cloud}/x") == b"second"
    assert objects.exists(f"{cloud}/models/digest/manifest.json")
    assert not objects.exists(f"{cloud}/models/other")
    assert objects.names(f"{cloud}/models/digest") == ["manifest.json", "parts/a.bin"]
    assert (tmp_path / "copy" / "parts" / "a.bin").read_bytes() == b"a"


@pytest.mark.objectstore
def test_a_missing_bucket_is_named(cloud):
    address = cloud.replace("://evergreen/", "://no-such-bucket/")

    with pytest.raises(
        StoreError, match=r"no-such-bucket.* cannot be written: the bucket does not exist; create it"
    ):
        objects.write_bytes(f"{address}/x", b"")
