"""transfers: what did not arrive whole is an error and never a figure."""

import re
import socket
import threading

import pytest

from benchmarks import load, transfers

SIZE = (3 << 20) + 5


@pytest.fixture
def server():
    """Starts a server that answers one request as told; gives its port and the list that its body goes to."""
    threads = []

    def start(reply, received):
        listener = socket.create_server(("127.0.0.1", 0))

        def serve():
            with listener, listener.accept()[0] as connection, connection.makefile("rb") as stream:
                head = b"".join(iter(stream.readline, b"\r\n"))
                length = re.search(rb"Content-Length: (\d+)", head)
                received.append(stream.read(int(length[1]) if length else 0))
                connection.sendall(reply)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return listener.getsockname()[1]

    yield start
    for thread in threads:
        thread.join()


def reply(body, length=None):
    """A response with *body*."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (length or len(body), body)


def test_upload_sends_a_form_with_that_many_bytes(server):
    """The declared length is kept, and the server's count must be right."""
    received = []
    transfers.upload(server(reply(b'{"size": %d}' % SIZE), received), "/", SIZE)

    head, _, file = received[0].partition(b"\r\n\r\n")
    assert b'name="upload"' in head
    assert len(file.rpartition(b"\r\n--")[0]) == SIZE


def test_upload_that_lost_bytes_is_an_error(server):
    """A server that counted fewer bytes is not measured."""
    with pytest.raises(load.LoadError, match="an upload of"):
        transfers.upload(server(reply(b'{"size": 1}'), []), "/", SIZE)


def test_download_is_counted(server):
    """All of the file must come; one byte less is an error."""
    transfers.download(server(reply(bytes(SIZE)), []), "/", SIZE)
    with pytest.raises(load.LoadError, match=f"after {SIZE - 1}"):
        transfers.download(server(reply(bytes(SIZE - 1)), []), "/", SIZE)


def test_sparse_file_takes_no_room(tmp_path):
    """The file of 2 GB has its size and hardly a block on the disk."""
    transfers.make_sparse(tmp_path / "huge.bin")

    found = (tmp_path / "huge.bin").stat()
    assert found.st_size == 2 << 30
    assert found.st_blocks * 512 < 1 << 20
