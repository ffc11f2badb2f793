"""A `def` handler that blocks is nobody else's concern."""

import concurrent.futures

from serving import Served, eventually


def test_a_blocked_handler_delays_nobody(lab: Served) -> None:
    """While pool threads block, asynchronous and synchronous handlers answer, and one of them ends the wait."""
    with lab.client() as client, lab.client() as second, concurrent.futures.ThreadPoolExecutor() as threads:
        blocked = [threads.submit(lambda one: one.get("/gate/wait").text, one) for one in (lab.client(), lab.client())]
        eventually(lambda: client.get("/seen").json()["waiting"].count("gate") == 2)

        for _ in range(10):
            assert client.get("/hello").json() == {"message": "hello"}
            assert second.get("/context/sync", params={"value": "x"}).status_code == 200
        assert not any(one.done() for one in blocked)

        assert client.get("/gate/open").text == "opened"
        assert [one.result(timeout=30) for one in blocked] == ["open", "open"]
