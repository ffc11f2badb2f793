"""A client that leaves ends its handler."""

import socket

from serving import Served, eventually


def send_and_wait(lab: Served, path: str, key: str) -> socket.socket:
    """Send a request, and return its connection once the handler waits."""
    connection = socket.create_connection(("127.0.0.1", lab.port), timeout=30)
    connection.sendall(f"GET {path}?key={key} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    with lab.client() as client:
        eventually(lambda: key in client.get("/seen").json()["waiting"])
    return connection


def test_a_client_that_closes_cancels_its_handler(lab: Served) -> None:
    """Closing the connection raises CancelledError in the waiting handler."""
    send_and_wait(lab, "/leave/wait", "closed").close()

    with lab.client() as client:
        eventually(lambda: "closed" in client.get("/seen").json()["cancelled"])


def test_one_handler_is_cancelled_and_not_its_neighbour(lab: Served) -> None:
    """Only the handler of the client that left is cancelled."""
    with send_and_wait(lab, "/leave/wait", "stays"):
        send_and_wait(lab, "/leave/wait", "goes").close()

        with lab.client() as client:
            eventually(lambda: "goes" in client.get("/seen").json()["cancelled"])
            assert "stays" not in client.get("/seen").json()["cancelled"]


def test_a_route_can_opt_out(lab: Served) -> None:
    """With cancel_on_disconnect=False the handler runs to its end."""
    send_and_wait(lab, "/leave/stay", "finishes").close()

    with lab.client() as client:
        # A later client's cancellation was seen, so the server has looked after those who left before.
        send_and_wait(lab, "/leave/wait", "later").close()
        eventually(lambda: "later" in client.get("/seen").json()["cancelled"])
        client.get("/gate/open")
        eventually(lambda: "finishes-finished" in client.get("/seen").json()["waiting"])
        assert "finishes" not in client.get("/seen").json()["cancelled"]
