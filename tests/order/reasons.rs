//! Why a check has failed, as it is named after 10 s.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use super::line::{TERM, run};

/// Answers each connection at a port of its own by this, after it has read the request.
fn server(answer: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((mut connection, _)) = listener.accept() {
            let _ = connection.read(&mut [0; 1024]);
            answer(connection);
        }
    });
    port
}

/// Writes this and closes the connection.
fn saying(text: &'static str) -> u16 {
    server(move |mut connection| drop(connection.write_all(text.as_bytes())))
}

/// Writes this and then nothing, and leaves the connection open.
fn silent_after(text: &'static str) -> u16 {
    server(move |mut connection| {
        let _ = connection.write_all(text.as_bytes());
        std::mem::forget(connection);
    })
}

/// Checks that each of these checks has this reason.
fn assert_reasons(cases: &[(String, &str)]) {
    let names: Vec<String> = (0..cases.len()).map(|index| format!("p{index}")).collect();
    let mut words = Vec::new();
    for ((check, _), name) in cases.iter().zip(&names) {
        words.extend(["--name", name, "--ready", check, "probe", "wait", name, "|||"]);
    }
    words.pop();
    let running = run(&words).start();
    for ((check, reason), name) in cases.iter().zip(&names) {
        let line = running.stderr.wait_for(&format!("{name} is not ready after 10."));
        assert!(line.ends_with(&format!("; last reason: {reason}")), "{check}: {line}");
    }
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn the_answer_of_a_web_server_is_the_reason() {
    let http = |port: u16| format!("http:{port}/healthz");
    assert_reasons(&[
        (http(saying("HTTP/1.1 503 Service Unavailable\r\n\r\n")), "status 503 Service Unavailable"),
        (http(saying("HTTP/1.1 500 \x1b[31mNo\x07\r\n\r\n")), "status 500 No\\u{7}"),
        (http(saying("220 mail ready\r\n")), "the answer is not HTTP"),
        (http(saying("")), "the connection was closed without an answer"),
        (http(saying("HTTP/1.1 200")), "the answer ends within its header"),
        (http(silent_after("")), "the request is not answered within 5 s"),
        (http(silent_after("HTTP/1.1 2")), "the answer does not come to an end within 5 s"),
        (
            http(server(|mut connection| {
                let _ = connection.write_all(b"HTTP/1.1 103 Hints\r\n");
                while connection.write_all(b"Link: </style.css>\r\n").is_ok() {}
            })),
            "the answer begins with a header without end",
        ),
    ]);
}

#[test]
fn the_last_line_that_a_command_writes_to_stderr_is_the_reason() {
    let exec = |script: &str| format!("exec:sh -c '{script}'");
    assert_reasons(&[
        (exec("exit 3"), "exited with status 3"),
        (exec("echo trying >&2; echo no response >&2; exit 2"), "exited with status 2: no response"),
        (
            exec("echo out of luck; printf \"\\033[1mred\\007\" >&2; exit 1"),
            "exited with status 1: red\\u{7}",
        ),
        // More than fits a pipe: the command does not wait for a reader.
        (exec("yes | head -c 2000000 >&2; echo end >&2; exit 4"), "exited with status 4: end"),
        (exec("echo stuck >&2; exec sleep 1000"), "it does not end within 5 s: stuck"),
        (exec("kill -9 $$"), "was killed by SIGKILL"),
    ]);
}

#[test]
fn what_is_not_there_is_the_reason() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_reasons(&[
        (format!("tcp:{closed}"), "connection refused"),
        (format!("http://localhost:{closed}/"), "connection refused"),
        ("file:/no/such/file".to_owned(), "no such file or directory"),
        ("unix:/no/such/socket".to_owned(), "no such file or directory"),
        ("tcp:no..such..host:80".to_owned(), "no such host"),
    ]);
}
