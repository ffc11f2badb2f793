"""Several processes on one address, one of which dies."""

import os
import signal
import threading
from pathlib import Path

import httpx2
from serving import PATIENCE_SECONDS, SHOP, Served, databases, eventually, manage, serving


class Load:
    """Clients that ask for products by id and remember each answer that was another's."""

    def __init__(self, served: Served, ids: list[int]) -> None:
        """Begin to ask, from four threads."""
        self.right = 0
        self.lost = 0
        self.wrong: list[object] = []
        self._served = served
        self._ids = ids
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        while not self._stop.is_set():
            with self._served.client() as client:
                self._ask_on(client)

    def _ask_on(self, client: httpx2.Client) -> None:
        while not self._stop.is_set():
            for product_id in self._ids:
                try:
                    response = client.get(f"/api/products/{product_id}")
                except httpx2.TransportError:
                    # The connection died with its worker; a client opens another one.
                    with self._changed:
                        self.lost += 1
                    return
                good = response.status_code == 200 and response.json()["id"] == product_id
                with self._changed:
                    self.right += good
                    if not good:
                        self.wrong.append((product_id, response.status_code, response.text))
                    self._changed.notify_all()

    def more(self, answers: int) -> None:
        """Wait for that many further right answers."""
        with self._changed:
            target = self.right + answers
            assert self._changed.wait_for(lambda: self.right >= target or bool(self.wrong), timeout=PATIENCE_SECONDS)

    def stop(self) -> None:
        """End every thread."""
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_a_killed_worker_is_replaced_and_no_answer_is_wrong(tmp_path: Path) -> None:
    """Under load, SIGKILL to one of two workers costs the requests it had in hand and nothing else."""
    with databases("sqlite", tmp_path) as url:
        manage(SHOP, "migrate", "--verbosity", "0", DATABASE_URL=url)
        manage(SHOP, "seed", "--admin-password", "test-password", DATABASE_URL=url)
        with serving(SHOP, "--processes", "2", DATABASE_URL=url) as served:
            with served.client() as client:
                ids = [product["id"] for product in client.get("/api/products").json()["items"]]
            eventually(lambda: len(served.workers()) == 2)
            victim = min(served.workers())
            load = Load(served, ids)
            try:
                load.more(50)
                os.kill(victim, signal.SIGKILL)
                load.more(200)
                eventually(lambda: len(served.workers() - {victim}) == 2)
                load.more(100)
            finally:
                load.stop()

            assert load.wrong == []
            # Each thread had at most one connection to the worker that died, and its retry may meet the closing one.
            assert load.lost <= 8
            served.printed(rf"{victim}")


def test_two_workers_share_the_load_and_stop_together(tmp_path: Path) -> None:
    """SIGTERM to the supervisor ends every process with exit code 0."""
    with databases("sqlite", tmp_path) as url:
        manage(SHOP, "migrate", "--verbosity", "0", DATABASE_URL=url)
        with serving(SHOP, "--processes", "2", DATABASE_URL=url) as served:
            eventually(lambda: len(served.workers()) == 2)
            workers = served.workers()
            with served.client() as client:
                assert client.get("/health").text == "ok"
            assert served.stop() == 0

        assert not any(is_alive(pid) for pid in workers)


def is_alive(pid: int) -> bool:
    """Whether a process of that id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
