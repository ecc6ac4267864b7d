# SPDX-License-Identifier: MIT
"""Which files count as whole zips (backend/zip), judged beside Python's and Info-ZIP's readers."""

import errno
import io
import random
import struct
import subprocess
import zipfile

import pytest

from lib.process import run
from lib.programs import program

pytestmark = pytest.mark.quick_sanitized

LATEST = (2026, 1, 2, 3, 4, 6)
CONTENTS = {"handler.py": b"def handler(event, context):\n    return 1\n" * 5, "data/é.txt": b"x", "data/empty": b""}


def zip_call(mode, path, *arguments):
    return run(program("tests/client/zip_call"), mode, path, *arguments, timeout=120, check=True).stdout


def verify(path, mode="verify"):
    """(errno, sentence); 0 and "" for a whole zip."""
    number, _, sentence = zip_call(mode, path).rstrip("\n").partition(" ")
    return int(number), sentence


class Stream(io.RawIOBase):
    """Somewhere that zipfile can only write to, so that sizes stand behind the data."""

    def __init__(self):
        self.written = b""

    def writable(self):
        return True

    def write(self, data):
        self.written += bytes(data)
        return len(data)


def made(target, method=zipfile.ZIP_DEFLATED, zip64=False, contents=None, comment=b""):
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in (CONTENTS if contents is None else contents).items():
            info = zipfile.ZipInfo(name, LATEST)
            info.compress_type = method
            with archive.open(info, "w", force_zip64=zip64) as file:
                file.write(data)
        archive.comment = comment


def in_memory(**options):
    target = io.BytesIO()
    made(target, **options)
    return target.getvalue()


def streamed(**options):
    target = Stream()
    made(target, **options)
    return target.written


def with_zip64_end(data):
    """The same zip with zip64's end record and locator."""
    at = data.rindex(b"PK\5\6")
    (count,) = struct.unpack_from("<H", data, at + 10)
    size, offset = struct.unpack_from("<II", data, at + 12)
    return (
        data[:at]
        + struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
        + struct.pack("<4sIQI", b"PK\6\7", 0, at, 1)
        + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    )


def without_descriptor_signatures(data):
    """Of a streamed zip with one entry: the CRC behind the data comes without "PK\\7\\8"."""
    at = data.index(b"PK\7\x08")
    end = data.rindex(b"PK\5\6")
    (offset,) = struct.unpack_from("<I", data, end + 16)
    return data[:at] + data[at + 4 : end + 16] + struct.pack("<I", offset - 4) + data[end + 20 :]


ONE = {"one.py": b"one\n" * 20}
SMALL = {
    "stored": in_memory(method=zipfile.ZIP_STORED),
    "deflated": in_memory(comment=b"a comment"),
    "zip64 entries": in_memory(zip64=True),
    "zip64 end": with_zip64_end(in_memory(contents=ONE)),
    "streamed": streamed(),
    "streamed, zip64": streamed(zip64=True),
    "streamed, stored": streamed(method=zipfile.ZIP_STORED),
    "streamed, no signature": without_descriptor_signatures(streamed(contents=ONE)),
    "with a beginning of its own": None,
}


@pytest.fixture(params=SMALL)
def small(request, scratch):
    path = scratch / "small.zip"
    if SMALL[request.param]:
        path.write_bytes(SMALL[request.param])
    else:
        path.write_bytes(b"#!/usr/bin/python3\n")
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("__main__.py", "print(1)\n")
    return path


def extracted(data):
    """{name: bytes} as Python reads it; by the directory, as Lambda does."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.orig_filename: archive.read(info) for info in archive.infolist()}


def test_a_whole_zip_is_accepted(small):
    assert verify(small) == (0, "")


def test_no_beginning_of_a_zip_is_accepted(small):
    assert zip_call("prefixes", small) == ""


def test_a_changed_bit_is_found_or_changes_nothing(small):
    data = small.read_bytes()
    for line in zip_call("flips", small).splitlines():
        at, value = map(int, line.split())
        changed = bytearray(data)
        changed[at] = value
        try:
            contents = extracted(bytes(changed))
        except (zipfile.BadZipFile, NotImplementedError) as refusal:
            # Python refuses a version that it does not know.
            assert "version" in str(refusal), (at, value)
            continue
        assert list(contents.values()) == list(extracted(data).values()), (at, value)
        assert [*contents] == [*extracted(data)] or not any(name.isascii() for name in contents), (at, value)


def test_an_interrupted_rsync_inplace_is_found(scratch):
    """It lists well: the old directory stands behind new bytes."""
    random.seed(1)
    old, new = scratch / "old.zip", scratch / "new.zip"
    contents = {f"{i}.bin": random.randbytes(300) for i in range(3)}
    made(old, contents=contents)
    made(new, contents={name: random.randbytes(300) for name in contents})
    before, after = old.read_bytes(), new.read_bytes()
    assert len(before) == len(after)
    accepted = [int(line) for line in zip_call("mixes", new, old).splitlines()]
    assert 0 in accepted  # nothing has come
    assert all(after[:at] + before[at:] in (before, after) for at in accepted), accepted
    middle = len(after) // 2
    (scratch / "mixed.zip").write_bytes(after[:middle] + before[middle:])
    assert zipfile.ZipFile(scratch / "mixed.zip").namelist() == list(contents)
    number, sentence = verify(scratch / "mixed.zip")
    assert number == errno.EINVAL and "the zip's entry " in sentence, sentence


@pytest.mark.parametrize("words", [[], ["-0"], ["-9"], ["-X"], ["-fz"]], ids=" ".join)
def test_what_info_zip_makes_is_accepted(scratch, words):
    for name, data in {"a.py": b"a" * 5000, "b": b""}.items():
        (scratch / name).write_bytes(data)
    (scratch / "d").mkdir()
    (scratch / "link").symlink_to("a.py")
    run("zip", "-q", "-r", "-y", *words, "made.zip", "a.py", "b", "d", "link", cwd=scratch, check=True)
    assert verify(scratch / "made.zip") == (0, "")
    run("zip", "-q", "-d", "made.zip", "a.py", cwd=scratch, check=True)
    assert verify(scratch / "made.zip") == (0, "")


def test_what_info_zip_makes_in_a_pipe_is_accepted(scratch):
    (scratch / "a.py").write_bytes(b"a = 1\n" * 2000)
    made_zip = subprocess.run(
        ["sh", "-c", "cat a.py | zip -q - - | cat"], cwd=scratch, stdout=subprocess.PIPE, check=True
    ).stdout
    (scratch / "piped.zip").write_bytes(made_zip)
    assert verify(scratch / "piped.zip") == (0, "")


def changed_directory(data, offset, value):
    """The first entry of the directory with other bytes at an offset."""
    at = data.index(b"PK\1\2") + offset
    return data[:at] + value + data[at + len(value) :]


REFUSED = {
    "nothing": (b"", "no zip"),
    "something else": (b"hello\n" * 100, "no zip"),
    "no entry": (in_memory(contents={}), "no entry"),
    "a byte behind the end": (in_memory() + b"x", "no zip"),
    "encrypted": (changed_directory(in_memory(), 8, b"\1\0"), "is encrypted"),
    "bzip2": (in_memory(method=zipfile.ZIP_BZIP2), "(method 12)"),
    "lzma": (in_memory(method=zipfile.ZIP_LZMA), "(method 14)"),
    "another CRC": (changed_directory(in_memory(), 16, b"\0\0\0\0"), "entry handler.py has a local header"),
    "another place": (changed_directory(in_memory(), 42, b"\1\0\0\0"), "entry handler.py has no header"),
    "a name that commands a terminal": (
        in_memory(method=zipfile.ZIP_STORED, contents={"a\33[2J": b"old"}).replace(b"old", b"new"),
        "entry a?[2J is damaged",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_why_a_zip_is_refused(scratch, case):
    data, sentence = REFUSED[case]
    (scratch / "f.zip").write_bytes(data)
    number, said = verify(scratch / "f.zip")
    assert number == errno.EINVAL and sentence in said, said


def test_entries_that_share_their_bytes_are_refused(scratch):
    """A zip bomb's way: the directory names one entry's data twice."""
    data = in_memory(contents={"a": b"x" * 1000})
    at, end = data.index(b"PK\1\2"), data.rindex(b"PK\5\6")
    entry = data[at:end]
    size = struct.pack("<I", 2 * len(entry))
    twice = data[:end] + entry + data[end : end + 8] + b"\2\0\2\0" + size + data[end + 16 :]
    (scratch / "f.zip").write_bytes(twice)
    assert len(zipfile.ZipFile(scratch / "f.zip").namelist()) == 2
    number, sentence = verify(scratch / "f.zip")
    assert number == errno.EINVAL and "lies over another one" in sentence, sentence


def test_limits(scratch):
    path = scratch / "f.zip"
    with open(path, "wb") as file:
        file.truncate(50 * 1024 * 1024 + 1)
    assert verify(path)[0] == errno.EFBIG
    made(path, contents={"zeros": bytes(250 * 1024 * 1024)})
    assert verify(path) == (0, "")
    made(path, contents={"zeros": bytes(250 * 1024 * 1024), "one": b"1"})
    number, sentence = verify(path)
    assert number == errno.EFBIG and "250 MiB" in sentence
    made(path, method=zipfile.ZIP_STORED, contents={str(i): b"" for i in range(65536)})
    number, sentence = verify(path)
    assert number == errno.EFBIG and "65535 entries" in sentence


def test_as_many_entries_as_there_may_be(scratch):
    made(scratch / "f.zip", method=zipfile.ZIP_STORED, contents={str(i): b"" for i in range(65535)})
    assert verify(scratch / "f.zip") == (0, "")


def test_an_interruption_ends_it(scratch):
    made(scratch / "f.zip")
    assert verify(scratch / "f.zip", "interrupted") == (errno.EINTR, "interrupted")
