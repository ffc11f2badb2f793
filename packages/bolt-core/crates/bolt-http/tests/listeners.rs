//! The accept loop over real sockets.
#![allow(clippy::unwrap_used, reason = "a test may")]
mod support;

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bolt_http::exchange::{Answer, Exchange};
use bolt_http::head::Peer;
use bolt_http::server::{Listener, accept_loop};
use bolt_http::service::Service;
use bytes::Bytes;
use support::{Setup, echo, plain, read_until, run_live, statuses, stream, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::task::JoinHandle;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// A listener on a free port of the loopback interface, and the task that accepts on it.
async fn listen(setup: &Setup, service: &Rc<Service>, host: &str) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind((host, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepting = accept_loop(Listener::Tcp(listener), service.clone(), setup.stop.clone());
    (address, tokio::task::spawn_local(accepting))
}

async fn ask(client: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin)) -> String {
    client.write_all(GET).await.unwrap();
    read_until(client, "]").await
}

fn show_peer(exchange: Exchange) {
    let shown = match exchange.head.peer() {
        Peer::Tcp(address) => format!("[{}]", address.ip()),
        peer => format!("[{peer:?}]"),
    };
    exchange.responder.send(Answer::Whole(plain(200, shown)));
}

/// TCP clients are served over IPv4 and IPv6, and handlers see their addresses.
#[test]
fn tcp() {
    run_live(async {
        let setup = Setup::default();
        let service = setup.service(show_peer);
        for host in ["127.0.0.1", "::1"] {
            let (address, _) = listen(&setup, &service, host).await;
            let mut client = TcpStream::connect(address).await.unwrap();
            assert!(ask(&mut client).await.ends_with(&format!("[{host}]")));
        }
    });
}

/// Clients of a Unix-domain socket are served.
#[test]
fn unix() {
    run_live(async {
        let setup = Setup::default();
        let service = setup.service(show_peer);
        let path = std::env::temp_dir().join(format!("bolt-http-{}.sock", std::process::id()));
        let listener = Listener::Unix(UnixListener::bind(&path).unwrap());
        tokio::task::spawn_local(accept_loop(listener, service.clone(), setup.stop.clone()));
        let mut client = UnixStream::connect(&path).await.unwrap();
        let reply = ask(&mut client).await;
        std::fs::remove_file(&path).unwrap();
        assert!(reply.ends_with("[Unix]"), "{reply}");
    });
}

/// At the connection limit, who comes next waits in the kernel's queue and is served when somebody leaves.
#[test]
fn connection_limit() {
    run_live(async {
        let setup = Setup::with(|setup| setup.config.max_connections = 2);
        let service = setup.service(echo);
        let (address, _) = listen(&setup, &service, "127.0.0.1").await;
        let mut first = TcpStream::connect(address).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        ask(&mut first).await;
        ask(&mut second).await;
        let mut third = TcpStream::connect(address).await.unwrap();
        third.write_all(GET).await.unwrap();
        // Several turns of the server, in any of which it could have accepted.
        for _ in 0..5 {
            ask(&mut first).await;
        }
        assert_eq!(service.open_connections(), 2);
        assert_eq!(third.try_read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
        drop(first);
        assert!(read_until(&mut third, "]").await.contains("200 OK"));
        ask(&mut second).await;
    });
}

/// Stopping ends the accept loop and closes its listener.
#[test]
fn stop_ends_accepting() {
    run_live(async {
        let setup = Setup::default();
        let service = setup.service(echo);
        let (address, accepting) = listen(&setup, &service, "127.0.0.1").await;
        let mut client = TcpStream::connect(address).await.unwrap();
        ask(&mut client).await;
        setup.stop.trigger();
        accepting.await.unwrap();
        service.drained().await;
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        assert!(TcpStream::connect(address).await.is_err());
    });
}

/// A client that had connected and asked before the stop is answered, though the server had not looked at it yet.
#[test]
fn stop_answers_who_asked_before() {
    run_live(async {
        let setup = Setup::default();
        let service = setup.service(echo);
        let (address, accepting) = listen(&setup, &service, "127.0.0.1").await;
        let mut known = TcpStream::connect(address).await.unwrap();
        ask(&mut known).await;
        // The standard library's sockets block: no turn of the server comes between their bytes and the stop.
        let mut known = known.into_std().unwrap();
        known.set_nonblocking(false).unwrap();
        let mut unknown = std::net::TcpStream::connect(address).unwrap();
        for client in [&mut known, &mut unknown] {
            std::io::Write::write_all(client, GET).unwrap();
        }
        setup.stop.trigger();
        accepting.await.unwrap();
        for client in [known, unknown] {
            client.set_nonblocking(true).unwrap();
            let mut output = Vec::new();
            TcpStream::from_std(client).unwrap().read_to_end(&mut output).await.unwrap();
            let reply = text(&output);
            assert_eq!(statuses(&reply), [200]);
            assert!(reply.contains("connection: close"), "{reply}");
        }
        service.drained().await;
    });
}

/// RFC 9112 §9.6: a refusal reaches a client that is in the middle of sending much more.
#[test]
fn refusal_survives_unread_input() {
    run_live(async {
        let setup = Setup::with(|setup| setup.max_body = Some(10));
        let service = setup.service(echo);
        let (address, _) = listen(&setup, &service, "127.0.0.1").await;
        for _ in 0..20 {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n").await.unwrap();
            client.write_all(&[b'x'; 100_000]).await.unwrap();
            let mut output = Vec::new();
            client.read_to_end(&mut output).await.unwrap();
            assert_eq!(statuses(&text(&output)), [413]);
        }
    });
}

/// To an HTTP/1.0 client, a stream that fails ends in a reset, since an orderly end would look complete.
#[test]
fn failed_stream_to_http10_is_reset() {
    run_live(async {
        let setup = Setup::default();
        let service = setup.service(|exchange: Exchange| {
            let (writer, answer) = stream(200);
            exchange.responder.send(answer);
            tokio::task::spawn_local(async move {
                writer.write(Bytes::from_static(b"half"));
                tokio::task::yield_now().await;
            });
        });
        let (address, _) = listen(&setup, &service, "127.0.0.1").await;
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        let error = client.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    });
}

/// A client that resets the connection while its handler works is gone, and the server goes on.
#[test]
fn reset_by_the_client() {
    run_live(async {
        let setup = Setup::default();
        let gone = Rc::new(tokio::sync::Notify::new());
        let tell = gone.clone();
        let service = setup.service(move |exchange: Exchange| match exchange.head.path() {
            "/wait" => {
                let tell = tell.clone();
                exchange.responder.on_gone(move || tell.notify_one());
                std::mem::forget(exchange.responder);
            }
            _ => echo(exchange),
        });
        let (address, _) = listen(&setup, &service, "127.0.0.1").await;
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        while service.requests_in_flight() == 0 {
            tokio::task::yield_now().await;
        }
        socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
        drop(client);
        gone.notified().await;
        service.drained().await;
        ask(&mut TcpStream::connect(address).await.unwrap()).await;
    });
}
