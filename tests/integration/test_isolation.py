"""What one request leaves in its context, the next one never finds."""

import threading

import pytest
from serving import Served


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_context_does_not_leak_along_a_connection(lab: Served, kind: str) -> None:
    """A ContextVar and an activated time zone end with their request."""
    with lab.client() as client:
        for number in range(20):
            found = client.get(f"/context/{kind}", params={"value": str(number)}).json()
            assert found == ["unset", "UTC", str(number), "Asia/Tokyo"]


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_context_does_not_leak_between_simultaneous_requests(lab: Served, kind: str) -> None:
    """Requests that run side by side keep their values apart."""
    wrong: list[object] = []

    def ask(name: str) -> None:
        with lab.client() as client:
            for number in range(25):
                value = f"{name}-{number}"
                found = client.get(f"/context/{kind}", params={"value": value}).json()
                if found != ["unset", "UTC", value, "Asia/Tokyo"]:
                    wrong.append(found)

    threads = [threading.Thread(target=ask, args=(f"client{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
