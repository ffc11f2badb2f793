"""A `def` handler that blocks is nobody else's concern."""

import concurrent.futures

from serving import Served, eventually


def wait_at_the_gate(lab: Served) -> str:
    """Send the request that blocks, on a connection of its own."""
    with lab.client() as client:
        return client.get("/gate/wait").text


def test_a_blocked_handler_delays_nobody(lab: Served) -> None:
    """While pool threads block, asynchronous and synchronous handlers answer, and one of them ends the wait."""
    with lab.client() as client, concurrent.futures.ThreadPoolExecutor() as threads:
        blocked = [threads.submit(wait_at_the_gate, lab) for _ in range(2)]
        eventually(lambda: client.get("/seen").json()["waiting"].count("gate") == 2)

        for _ in range(10):
            assert client.get("/hello").json() == {"message": "hello"}
            assert client.get("/context/sync", params={"value": "x"}).status_code == 200
        assert not any(one.done() for one in blocked)

        assert client.get("/gate/open").text == "opened"
        assert [one.result(timeout=30) for one in blocked] == ["open", "open"]
