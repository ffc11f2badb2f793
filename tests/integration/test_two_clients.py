"""httpx2 and curl agree on what the server says to forms, ranges, encodings and conditions."""

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from clients import Both, Request
from serving import Served, depot

TEXT = b"0123456789abcdefghijklmnopqrstuvwxyz"
DATA = {"name": "Ann", "weight": 12.5, "tags": ["red", "large"]}
# DATA without spaces, as the commands brotli and zstd pack it.
PACKED = {
    "gzip": gzip.compress(json.dumps(DATA, separators=(",", ":")).encode()),
    "br": base64.b64decode("DxmAeyJuYW1lIjoiQW5uIiwid2VpZ2h0IjoxMi41LCJ0YWdzIjpbInJlZCIsImxhcmdlIl19Aw=="),
    "zstd": base64.b64decode(
        "KLUv/QRYmQEAeyJuYW1lIjoiQW5uIiwid2VpZ2h0IjoxMi41LCJ0YWdzIjpbInJlZCIsImxhcmdlIl196WMAPQ=="
    ),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the depot's files."""
    folder = tmp_path_factory.mktemp("depot")
    (folder / "letters.txt").write_bytes(TEXT)
    (folder / "long.txt").write_bytes(TEXT * 2000)
    (folder / "empty.txt").touch()
    return folder


@pytest.fixture(scope="module")
def served(files: Path) -> Iterator[Served]:
    """The depot, served by one process."""
    with depot(files) as served:
        yield served


@pytest.fixture
def both(served: Served, tmp_path: Path) -> Both:
    """Both clients."""
    return Both(served.url, tmp_path)


def sha256(content: bytes) -> str:
    """The digest that the depot tells."""
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("given", "arrives"),
    [
        ("plain.txt", "plain.txt"),
        ("two words.txt", "two words.txt"),
        ("naïve – №1.txt", "naïve – №1.txt"),
        ("semi;colon=equals.txt", "semi;colon=equals.txt"),
        ("../../../etc/passwd", "passwd"),
        ("/absolute.txt", "absolute.txt"),
        ("C:\\Users\\Ann\\photo.png", "photo.png"),
        ("no-extension", "no-extension"),
        (".hidden", ".hidden"),
        ("a" * 300 + ".txt", None),
    ],
)
def test_odd_names_of_files(both: Both, tmp_path: Path, given: str, arrives: str | None) -> None:
    """A file keeps its name without folders, and its bytes; one too long for a file system is shortened."""
    content = tmp_path / "content"
    content.write_bytes(b"\r\n--\0--\r\n" + TEXT)
    answer = both.send(Request("/upload", "POST", texts={"title": "Grüße\n"}, files=[("upload", content, given)]))

    found = json.loads(answer.body)
    assert answer.status == 200
    assert (found["title"], found["size"]) == ("Grüße\n", content.stat().st_size)
    assert found["sha256"] == sha256(content.read_bytes())
    if arrives is not None:
        assert found["name"] == arrives
    else:
        assert len(found["name"]) <= 255
        assert found["name"].endswith(".txt")


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 5 << 20])
def test_several_files_of_every_size(both: Both, tmp_path: Path, size: int) -> None:
    """Files of one field arrive in their order, empty or larger than what is kept in memory."""
    file, other = tmp_path / "file", tmp_path / "other"
    file.write_bytes(b"\r" * size)
    other.write_bytes(TEXT)
    answer = both.send(
        Request("/uploads", "POST", files=[("uploads", file, "first.bin"), ("uploads", other, "second.bin")])
    )

    seen = [(found["name"], found["size"], found["sha256"]) for found in json.loads(answer.body)]
    assert seen == [("first.bin", size, sha256(b"\r" * size)), ("second.bin", len(TEXT), sha256(TEXT))]


def test_missing_and_misnamed_parts_are_all_listed(both: Both, tmp_path: Path) -> None:
    """A form without what the handler takes is a 422 that names each part."""
    content = tmp_path / "content"
    content.write_bytes(TEXT)
    answer = both.send(Request("/upload", "POST", files=[("uplaod", content, "a.txt")]))

    assert answer.status == 422
    assert {problem["loc"][-1] for problem in json.loads(answer.body)["detail"]} == {"title", "upload"}


@pytest.mark.parametrize(
    ("asked", "content_range", "body"),
    [
        ("bytes=0-0", "bytes 0-0/36", b"0"),
        ("bytes=10-12", "bytes 10-12/36", b"abc"),
        ("bytes=30-", "bytes 30-35/36", b"uvwxyz"),
        ("bytes=30-900", "bytes 30-35/36", b"uvwxyz"),
        ("bytes=-3", "bytes 33-35/36", b"xyz"),
        ("bytes=-900", "bytes 0-35/36", TEXT),
        ("Bytes=1-2", "bytes 1-2/36", b"12"),
    ],
)
def test_one_range(both: Both, asked: str, content_range: str, body: bytes) -> None:
    """One satisfiable range is a 206 with its place and its bytes (RFC 9110 §14)."""
    answer = both.send(Request("/files/letters.txt", headers={"Range": asked}))

    assert (answer.status, answer.body) == (206, body)
    assert answer.headers["content-range"] == content_range
    assert answer.headers["content-length"] == str(len(body))
    assert answer.headers["accept-ranges"] == "bytes"


def test_several_ranges(both: Both) -> None:
    """Several ranges are the parts of one reply, in the order asked for; those beyond the end are left out.

    They lie far apart: what lies between near ones may be sent with them (RFC 9110 §15.3.7.2).
    """
    answer = both.send(Request("/files/long.txt", headers={"Range": "bytes=3600-3601, 36010-36012,900000-, -2"}))

    assert answer.status == 206
    assert "content-range" not in answer.headers
    assert answer.parts() == [
        ("bytes 3600-3601/72000", b"01"),
        ("bytes 36010-36012/72000", b"abc"),
        ("bytes 71998-71999/72000", b"yz"),
    ]


@pytest.mark.parametrize("asked", ["bytes=36-", "bytes=900-901", "bytes=-0", "bytes=90-,91-92"])
def test_range_that_cannot_be_satisfied(both: Both, asked: str) -> None:
    """What lies behind the end is a 416 that tells the length."""
    answer = both.send(Request("/files/letters.txt", headers={"Range": asked}))

    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */36")


@pytest.mark.parametrize("asked", ["bytes=2-1", "bytes=", "bytes=a-b", "lines=0-1", "0-1", "bytes=1-2,x"])
def test_malformed_or_unknown_range_is_ignored(both: Both, asked: str) -> None:
    """A range that cannot be read gets the whole (RFC 9110 §14.2)."""
    answer = both.send(Request("/files/letters.txt", headers={"Range": asked}))

    assert (answer.status, answer.body) == (200, TEXT)


def test_if_range(both: Both) -> None:
    """A range holds for the version that the client knows; of a newer one it gets the whole."""
    known = both.send(Request("/files/letters.txt", "HEAD"))
    for name in ("etag", "last-modified"):
        headers = {"Range": "bytes=0-1", "If-Range": known.headers[name]}
        answer = both.send(Request("/files/letters.txt", headers=headers))
        # A date is a validator only once it is older than its own second (RFC 9110 §8.8.2.2).
        assert answer.status == 206 or name == "last-modified"
    for stale in ('"another"', "Wed, 01 Jan 2020 00:00:00 GMT", f"W/{known.headers['etag']}"):
        answer = both.send(Request("/files/letters.txt", headers={"Range": "bytes=0-1", "If-Range": stale}))
        assert (answer.status, answer.body) == (200, TEXT)


def test_head_tells_what_get_would_send(both: Both) -> None:
    """HEAD has the fields of GET and no body; a range in it is ignored (RFC 9110 §14.2)."""
    head, get = (both.send(Request("/files/letters.txt", method)) for method in ("HEAD", "GET"))

    assert head.body == b""
    assert {**head.headers, "date": ""} == {**get.headers, "date": ""}
    assert both.send(Request("/files/letters.txt", "HEAD", {"Range": "bytes=0-1"})).status == 200


def test_empty_file(both: Both) -> None:
    """A file without bytes is given; it has no range."""
    assert both.send(Request("/files/empty.txt")).headers["content-length"] == "0"
    assert both.send(Request("/files/empty.txt", headers={"Range": "bytes=0-"})).status == 416


def test_curl_resumes_a_download(both: Both, tmp_path: Path) -> None:
    """`curl --continue-at -` completes a file of which it has the beginning."""
    begun = tmp_path / "begun"
    begun.write_bytes(TEXT[:7])
    answer = both.curl.run("--continue-at", "-", f"{both.url}/files/letters.txt", output=begun)

    assert answer.status == 206
    assert begun.read_bytes() == TEXT


@pytest.mark.parametrize("name", ["../manage.py", "%2e%2e%2fdepot%2fapi.py", "missing.txt", "%00", "."])
def test_no_file_outside_the_folder_is_given(both: Both, name: str) -> None:
    """What leads out of the root, or nowhere, is 404, and its path is not told."""
    answer = both.curl.run("--path-as-is", f"{both.url}/files/{name}")

    assert answer.status in (400, 404)
    assert b"depot" not in answer.body


@pytest.mark.parametrize("encoding", sorted(PACKED))
def test_packed_body(both: Both, tmp_path: Path, encoding: str) -> None:
    """A body packed by another program is unpacked before it is read."""
    packed = tmp_path / "packed"
    packed.write_bytes(PACKED[encoding])
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    answer = both.send(Request("/json", "POST", headers, body=packed))

    assert (answer.status, json.loads(answer.body)) == (200, DATA)


@pytest.mark.parametrize("encoding", sorted(PACKED))
def test_damaged_packed_body(both: Both, tmp_path: Path, encoding: str) -> None:
    """A packed body that ends early, or is none, is the client's mistake."""
    for number, content in enumerate((PACKED[encoding][:-4], b"not packed at all", b"\0")):
        packed = tmp_path / f"packed{number}"
        packed.write_bytes(content)
        headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
        answer = both.send(Request("/json", "POST", headers, body=packed))
        assert answer.status == 400, (content, answer.body)


def test_unknown_encoding_is_refused(both: Both, tmp_path: Path) -> None:
    """An encoding that the server cannot read is a 415 that names those that it can (RFC 9110 §12.5.3)."""
    packed = tmp_path / "packed"
    packed.write_bytes(b"whatever")
    headers = {"Content-Type": "application/json", "Content-Encoding": "compress"}
    answer = both.send(Request("/json", "POST", headers, body=packed))

    assert answer.status == 415
    assert {word.strip() for word in answer.headers["accept-encoding"].split(",")} >= {"gzip", "br", "zstd"}


def test_body_that_unpacks_beyond_the_limit(both: Both, tmp_path: Path) -> None:
    """A small body that would become large is refused at the limit of what it unpacks to."""
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(b'{"a":"' + b"a" * (50 << 20) + b'"}'))
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    assert packed.stat().st_size < 100_000
    assert both.send(Request("/json", "POST", headers, body=packed)).status == 413


@pytest.mark.parametrize("path", ["/files/letters.txt", "/version"])
def test_unchanged_reply_is_not_sent_again(both: Both, path: str) -> None:
    """A client that shows the validator it has gets 304, the validator and no body, be it a file or a handler's."""
    tag = both.send(Request(path)).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = both.send(Request(path, headers={"If-None-Match": known}))
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag), known
    assert both.send(Request(path, headers={"If-None-Match": '"other"'})).status == 200


@pytest.mark.parametrize("path", ["/files/letters.txt", "/version"])
def test_failed_precondition(both: Both, path: str) -> None:
    """If-Match with another validator is 412, with the right one or any it holds; weak ones never match."""
    tag = both.send(Request(path)).headers["etag"]

    assert both.send(Request(path, headers={"If-Match": '"other"'})).status == 412
    assert both.send(Request(path, headers={"If-Match": f"W/{tag}"})).status == 412
    assert both.send(Request(path, headers={"If-Match": f'"other", {tag}'})).status == 200
    assert both.send(Request(path, headers={"If-Match": "*"})).status == 200


def test_conditions_on_the_date(both: Both) -> None:
    """If-Modified-Since and If-Unmodified-Since compare the file's date; If-None-Match goes before the former."""
    path = "/files/letters.txt"
    known = both.send(Request(path)).headers
    date, past = known["last-modified"], "Wed, 01 Jan 2020 00:00:00 GMT"

    assert both.send(Request(path, headers={"If-Modified-Since": date})).status == 304
    assert both.send(Request(path, headers={"If-Modified-Since": past})).status == 200
    assert both.send(Request(path, headers={"If-Modified-Since": "yesterday"})).status == 200
    assert both.send(Request(path, headers={"If-Unmodified-Since": past})).status == 412
    assert both.send(Request(path, headers={"If-Unmodified-Since": date})).status == 200
    assert both.send(Request(path, headers={"If-None-Match": '"x"', "If-Modified-Since": date})).status == 200


def test_curl_compares_what_it_saved(both: Both, tmp_path: Path) -> None:
    """curl's own --etag-compare and --time-cond find a file unchanged."""
    url, tag, saved = f"{both.url}/files/letters.txt", tmp_path / "tag", tmp_path / "saved"
    both.curl.run("--etag-save", str(tag), "--remote-time", url, output=saved)

    assert saved.read_bytes() == TEXT
    assert both.curl.run("--etag-compare", str(tag), url).status == 304
    assert both.curl.run("--time-cond", str(saved), url).status == 304
