//! Servers that fail in a way of their own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A port of 127.0.0.1 at which nobody listens.
pub(crate) fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A server whose backlog is full: a connection neither succeeds nor fails.
pub(crate) struct Deaf {
    listener: TcpListener,
    _connections: Vec<TcpStream>,
}

impl Deaf {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok();
        let connections = std::iter::from_fn(connect).take(5000).collect();
        Self { listener, _connections: connections }
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }
}

/// A socket whose backlog is full: a connection to it waits.
pub(crate) fn deaf_socket(path: &Path) -> UnixListener {
    let listener = UnixListener::bind(path).unwrap();
    let (connected, results) = mpsc::channel();
    loop {
        let (path, connected) = (path.to_owned(), connected.clone());
        // The last one waits until the test ends.
        thread::spawn(move || connected.send(UnixStream::connect(path).map(std::mem::forget)));
        if results.recv_timeout(Duration::from_millis(200)).is_err() {
            return listener;
        }
    }
}

/// Starts a web server that answers every request with these bytes, and keeps the connection open.
pub(crate) fn http(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // It ends with the test.
    thread::spawn(move || {
        let mut connections = Vec::new();
        for mut connection in listener.incoming().map_while(Result::ok) {
            let _ = connection.read(&mut [0; 1000]);
            let _ = connection.write_all(answer);
            connections.push(connection);
        }
    });
    address
}
