# SPDX-License-Identifier: MIT
"""Open files beside each other: what a program sees of a draft or document that it, or another, writes meanwhile."""

import errno
import json
import os
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import aws, faultproxy
from lib.process import wait_for
from lib.writing import errno_of


@pytest.fixture
def mount(hello, make_mount):
    return make_mount(allow_update=True, code=True, rate=1000)


@pytest.fixture
def place(hello, mount):
    return mount.path / hello / "$LATEST"


def changed(place, **members):
    document = json.loads((place / "configuration.json").read_text()) | members
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


def memory_size(api):
    return api.get_function_configuration(FunctionName="hello")["MemorySize"]


@pytest.fixture
def opened():
    """opened(PATH, FLAGS) is a descriptor that is closed at the end, if it is open then."""
    files = []

    def open_file(path, flags):
        files.append(os.open(path, flags, 0o600))
        return files[-1]

    yield open_file
    for file in files:
        try:
            os.close(file)
        except OSError:
            pass


@pytest.mark.semantics("3.4.3")
def test_a_draft_has_its_size_while_it_is_written(place, opened, gesture):
    with gesture():
        draft = opened(place / ".one", os.O_RDWR | os.O_CREAT)
        os.write(draft, bytes(100))
        assert os.fstat(draft).st_size == os.stat(place / ".one").st_size == 100
        assert os.lseek(draft, 0, os.SEEK_END) == 100
        os.write(draft, b"end")
        appended = opened(place / ".two", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for word in (b"a", b"b", b"c"):
            os.write(appended, word)
            os.stat(place / ".two")
        assert (place / ".one").read_bytes() == bytes(100) + b"end"
        assert (place / ".two").read_bytes() == b"abc"


@pytest.mark.semantics("3.4.3")
def test_descriptors_of_a_draft_see_each_other(place, mount, opened, gesture):
    with gesture():
        draft = opened(place / ".one", os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.write(draft, b"one\n")
        mount.run("sh", "-c", "echo two >> .one", cwd=place, check=True)
        os.write(draft, b"three\n")
        assert os.pread(draft, 100, 0) == (place / ".one").read_bytes() == b"one\ntwo\nthree\n"
        os.truncate(place / ".one", 4)
        assert os.pread(draft, 100, 0) == b"one\n"


@pytest.mark.semantics("3.4.3")
def test_a_draft_without_its_name_is_a_file_still(place, opened, gesture):
    with gesture():
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"words")
            file.flush()
            assert os.fstat(file.fileno()).st_size == 5
        draft = opened(place / ".one", os.O_RDWR | os.O_CREAT)
        os.rename(place / ".one", place / ".two")
        os.write(draft, b"words")
        assert os.fstat(draft).st_size == 5
        assert errno_of(os.stat, place / ".one") == errno.ENOENT
        again = opened(place / ".two", os.O_RDWR)
        os.unlink(place / ".two")
        assert os.fstat(draft).st_size == os.fstat(again).st_size == os.lseek(again, 0, os.SEEK_END) == 5


@pytest.mark.semantics("3.4.3", "6.3.1")
def test_a_draft_that_is_moved_before_it_is_closed(api, place, opened, gesture):
    with gesture("UpdateFunctionConfiguration"):
        draft = opened(place / ".one", os.O_RDWR | os.O_CREAT | os.O_EXCL)
        os.write(draft, changed(place, MemorySize=512))
        os.rename(place / ".one", place / "configuration.json")
        os.close(draft)
    assert memory_size(api) == 512


def raised(call, *arguments):
    """The errno, or what it gives."""
    try:
        return call(*arguments)
    except OSError as error:
        return error.errno


@pytest.fixture
def slow_place(hello, proxy, make_mount):
    """.function behind the proxy; changes may take as long as the test."""
    return make_mount(allow_update=True, rate=1000, timeout=120, endpoint_url=proxy.url).path / hello / ".function"


@pytest.mark.semantics("3.4.3")
@pytest.mark.parametrize("refused", [False, True], ids=["taken", "refused"])
@pytest.mark.parametrize("name", ["the same name", "another name"])
def test_no_byte_is_taken_and_lost_while_a_draft_becomes_a_document(api, plane, proxy, slow_place, opened, name, refused):
    """A file that had another name when it was opened is another inode to the kernel, which holds its writes up otherwise."""
    one, two, document = (slow_place / each for each in (".one", ".two", "tags.json"))
    draft = opened(one, os.O_RDWR | os.O_CREAT)
    os.write(draft, b'{"a": "1"}')
    os.rename(one, two)
    other = draft if name == "another name" else opened(two, os.O_RDWR)
    rule = proxy.rule(faultproxy.delay(100), method="POST")
    if refused:
        plane.put("/_local/faults", [{"operation": "TagResource", "code": "AccessDeniedException"}])
    with ThreadPoolExecutor(3) as pool:
        moving = pool.submit(raised, os.rename, two, document)
        rule.wait_for_hits()
        late = [pool.submit(raised, os.pwrite, other, b'{"a": "2"}', 0), pool.submit(raised, os.ftruncate, other, 3)]
        if name == "another name":
            assert [each.result() for each in late] == [errno.EBUSY] * 2
            assert raised(os.open, two, os.O_WRONLY | os.O_TRUNC) == errno.EBUSY
        proxy.remove(rule)
        rule.release()
        assert moving.result() == (errno.EACCES if refused else None)
        late = [each.result() for each in late]
    if refused:
        assert late == ([errno.EBUSY] * 2 if name == "another name" else [10, None])
        assert two.read_bytes() in ([b'{"a": "1"}'] if name == "another name" else [b'{"a": "2"}', b'{"a'])
        assert api.get_function(FunctionName="hello").get("Tags", {}) == {}
    else:
        assert late == [errno.EBUSY if name == "another name" else errno.ENOENT] * 2
        assert os.pread(draft, 100, 0) == b'{"a": "1"}'
        assert raised(os.pwrite, draft, b"more", 0) == errno.ENOENT
        assert json.loads(document.read_bytes()) == {"a": "1"}


@pytest.mark.semantics("6.3.1", "6.3.4")
@pytest.mark.parametrize("order", ["second half first", "room first"])
def test_pieces_in_any_order(api, place, opened, gesture, order):
    data = changed(place, MemorySize=512)
    half = len(data) // 2
    with gesture("UpdateFunctionConfiguration"):
        file = opened(place / "configuration.json", os.O_WRONLY | os.O_TRUNC)
        if order == "room first":
            os.ftruncate(file, len(data))
        else:
            os.pwrite(file, data[half:], half)
        os.pwrite(file, data[:half], 0)
        if order == "room first":
            os.pwrite(file, data[half:], half)
        assert os.lseek(file, 0, os.SEEK_END) == len(data)
        os.close(file)
    assert memory_size(api) == 512


LOOKER = """
import os, sys
for line in sys.stdin:
    print(os.stat(line.rstrip()).st_size, flush=True)
"""


@pytest.fixture
def size_elsewhere():
    """size_elsewhere(PATH): what stat(2) gives to another process, begun before: a fork closes the writer's descriptors."""
    looker = subprocess.Popen(
        ["/usr/bin/python3", "-c", LOOKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )

    def look(path):
        looker.stdin.write(f"{path}\n")
        looker.stdin.flush()
        return int(looker.stdout.readline())

    yield look
    looker.communicate()


@pytest.mark.semantics("6.3.9")
@pytest.mark.parametrize("document", ["$LATEST/configuration.json", "$LATEST/code.zip", ".function/tags.json"])
def test_a_writer_sees_the_size_that_it_has_made(hello, mount, opened, size_elsewhere, document):
    path = mount.path / hello / document
    if document.endswith("tags.json"):
        path.write_text('{"a": "1"}')
    size = os.stat(path).st_size
    file = opened(path, os.O_RDWR)
    assert os.fstat(file).st_size == size
    os.pwrite(file, bytes(100), size)
    for _ in range(2):
        assert os.fstat(file).st_size == os.lseek(file, 0, os.SEEK_END) == size + 100
        assert size_elsewhere(path) == size == len(path.read_bytes())
    os.ftruncate(file, 7)
    os.fchmod(file, 0o600)
    assert os.fstat(file).st_size == 7
    child = ["/usr/bin/stat", "-L", "-c", "%s", f"/dev/fd/{file}"]
    assert subprocess.run(child, pass_fds=[file], stdout=subprocess.PIPE).stdout == b"7\n"
    again = opened(path, os.O_WRONLY | os.O_TRUNC)
    assert os.fstat(again).st_size == 0 and size_elsewhere(path) == size
    os.close(again)
    assert errno_of(os.close, file) == errno.EINVAL
    assert os.stat(path).st_size == size_elsewhere(path) == size


@pytest.mark.semantics("6.3.9")
def test_the_size_is_awss_once_it_is_written(hello, mount, opened, size_elsewhere):
    path = mount.path / hello / ".function/tags.json"
    file = opened(path, os.O_RDWR | os.O_CREAT)
    os.write(file, b'{"a":"1"}')
    assert os.fstat(file).st_size == 9
    os.fsync(file)
    assert os.fstat(file).st_size == size_elsewhere(path) == len(path.read_bytes()) > 9


@pytest.mark.semantics("3.4.3")
@pytest.mark.parametrize("document", ["$LATEST/environment.json", ".function/tags.json", ".aliases/PROD/description"])
def test_a_document_that_is_moved_onto_an_open_draft(hello, mount, opened, gesture, document):
    """The copy is another file than the document, and than the one that had its name before."""
    path = mount.path / hello / document
    path.write_text("words" if "description" in document else '{"ONE": "1"}')
    before = path.read_bytes()
    copy = path.with_name(".copy")
    with gesture():
        draft = opened(copy, os.O_RDWR | os.O_CREAT)
        os.write(draft, b"mine")
        list(os.scandir(path.parent))
        os.rename(path, copy)
        os.write(draft, b" alone")
        assert os.pread(draft, 100, 0) == b"mine alone"
        assert copy.read_bytes() == before and not path.exists()
        assert wait_for(path.exists)
        assert copy.read_bytes() == path.read_bytes() == before
        copy.write_text('{"TWO": "2"}')
        assert (copy.read_text(), path.read_bytes()) == ('{"TWO": "2"}', before)


@pytest.mark.semantics("6.3.8", "6.3.10")
@pytest.mark.parametrize("document", ["$LATEST/code.zip", ".function/tags.json"])
def test_a_refusal_is_told_to_whoever_closes_next(hello, mount, opened, gesture, document):
    """A child's exec closes its copy of a descriptor, and ignores the error."""
    path = mount.path / hello / document
    path.write_bytes(aws.code("x") if document.endswith("zip") else b'{"a": "1"}')
    lines = (mount.path / ".aliasfs/errors").read_text()
    with gesture():
        file = opened(path, os.O_RDWR)
        os.pwrite(file, b"more", os.fstat(file).st_size)
        subprocess.run(["/bin/true"])
        assert errno_of(os.fsync, file) == errno_of(os.close, file) == errno.EINVAL
    assert len((mount.path / ".aliasfs/errors").read_text().splitlines()) == len(lines.splitlines()) + 1


@pytest.mark.semantics("3.4.3", "6.3.9")
@pytest.mark.parametrize("document", [".function/tags.json", "$LATEST/environment.json"])
def test_who_appends_is_not_led_astray_by_who_looks(hello, mount, opened, size_elsewhere, document):
    """What the kernel takes for the end of the file is what the last one who looked was shown."""
    path = mount.path / hello / document
    path.write_text('{"ONE": "1"}')
    file = opened(path, os.O_RDWR | os.O_APPEND)
    os.ftruncate(file, len(path.read_bytes()) - 2)
    for piece in (b', "TWO": ', b'"2"', b", ", b'"THREE": "3"}'):
        size_elsewhere(path)
        os.write(file, piece)
    os.close(file)
    assert json.loads(path.read_bytes()) == {"ONE": "1", "TWO": "2", "THREE": "3"}


@pytest.mark.semantics("3.4.3")
def test_two_drafts_that_were_made_under_one_name(place, opened, gesture):
    """To the kernel they are one inode."""
    with gesture():
        one = opened(place / ".one", os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.write(one, b"first")
        os.rename(place / ".one", place / ".two")
        two = opened(place / ".one", os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.write(two, b"2nd")
        os.write(one, b", and more")
        os.write(two, b", too")
        assert os.pread(one, 100, 0) == (place / ".two").read_bytes() == b"first, and more"
        assert os.pread(two, 100, 0) == (place / ".one").read_bytes() == b"2nd, too"
        assert os.lseek(one, 0, os.SEEK_END) == 15


@pytest.mark.semantics("1.2.7", "6.3.6")
def test_a_document_that_is_cut_has_its_size(place, gesture):
    with gesture():
        for name in ("configuration.json", "code.zip"):
            size = os.stat(place / name).st_size
            os.truncate(place / name, 0)
            assert os.stat(place / name).st_size == size == len((place / name).read_bytes())
        assert errno_of(os.truncate, place / "configuration.json", 10) == errno.EINVAL


@pytest.mark.semantics("6.8.1")
def test_what_is_removed_from_latest_alone_is_hidden(place, mount, gesture, api):
    with gesture("UpdateFunctionCode"):
        mount.run(
            "sh", "-ec", "rm code.zip configuration.json; stat ../1/configuration.json; cp ../1/code.zip .",
            cwd=place, check=True,
        )
    assert (place / "code.zip").read_bytes() == (place.parent / "1" / "code.zip").read_bytes()


@pytest.mark.semantics("6.3.8", "6.8.1")
def test_a_hidden_document_is_back_when_its_replacement_is_refused(hello, make_mount, gesture):
    place = make_mount(allow_update=True, delete_grace=60).path / hello / "$LATEST"
    with gesture():
        (place / ".one").write_text("no JSON")
        os.unlink(place / "configuration.json")
        assert errno_of(os.stat, place / "configuration.json") == errno.ENOENT
        assert errno_of(os.rename, place / ".one", place / "configuration.json") == errno.EPERM
        assert (place / "configuration.json").stat().st_size > 0


@pytest.mark.semantics("6.6.1")
@pytest.mark.parametrize("way", ["flush", "rename"])
def test_code_is_read_while_it_is_sent(api, place, opened, way):
    """What is written goes from memory to the disk then, under the readers' hands."""
    for number in range(10):
        data = aws.code(f"{way} {number}")
        name = "code.zip" if way == "flush" else ".one"
        file = opened(place / name, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        os.write(file, data)
        ends, seen = threading.Event(), set()

        def read(file=file, ends=ends, seen=seen):
            while not ends.is_set():
                seen.add(os.pread(file, 65536, 0))

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        if way == "flush":
            os.fsync(file)
        else:
            os.rename(place / ".one", place / "code.zip")
        ends.set()
        for reader in readers:
            reader.join()
        os.close(file)
        assert seen == {data}
    assert api.get_function_configuration(FunctionName="hello")["CodeSha256"] == aws.code_sha256(data)


@pytest.mark.semantics("5.1.1")
@pytest.mark.parametrize("directory", ["$LATEST", ".function", ".aliases/PROD"])
def test_the_line_names_the_draft(hello, mount, directory):
    draft = mount.path / hello / directory / "code.zip.new"
    draft.write_bytes(b"")
    assert errno_of(os.truncate, draft, 1 << 30) == errno.EFBIG
    assert f"{hello}/{directory}/code.zip.new by" in (mount.path / ".aliasfs" / "errors").read_text()
