//! `http:[HOST:]PORT/PATH`: a GET request is answered with status 200 to 399.

use std::io;
use std::os::fd::AsFd;
use std::time::Instant;

use crate::supervisor::probes::late;
use crate::supervisor::probes::tcp::{Connected, Connector};
use crate::sys::connect::Connection;
use crate::sys::poll::{Interest, PollSet, Slot};
use crate::text::excerpt;

/// How much of an answer is read: its first line, and interim answers before it.
const LONGEST: usize = 16 * 1024;
/// How much one call reads.
const BLOCK: usize = 1024;

/// How every answer begins.
const VERSION: &[u8] = b"HTTP/1.";
const NOT_HTTP: &str = "the answer is not HTTP";

/// Sends requests.
pub(in crate::supervisor) struct HttpProbe {
    connector: Connector,
    request: Vec<u8>,
    exchange: Option<Exchange>,
}

/// A request that is sent, and its answer.
struct Exchange {
    connection: Connection,
    slot: Option<Slot>,
    sent: usize,
    answer: Vec<u8>,
}

impl HttpProbe {
    pub(in crate::supervisor) fn new(host: &str, port: u16, authority: &str, path: &str) -> Self {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: monofy\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        );
        Self { connector: Connector::new(host, port), request: request.into_bytes(), exchange: None }
    }

    /// Probes once. Returns `None` if the result comes later.
    pub(in crate::supervisor) fn probe(&mut self) -> Option<Result<(), String>> {
        self.exchange = None;
        let connected = self.connector.connect();
        self.take(connected)
    }

    fn take(&mut self, connected: Connected) -> Option<Result<(), String>> {
        match connected {
            Connected::UnderWay => None,
            Connected::Refused(reason) => Some(Err(reason)),
            Connected::Accepted(connection) => {
                self.exchange = Some(Exchange { connection, slot: None, sent: 0, answer: Vec::new() });
                self.advance()
            }
        }
    }

    /// Gives up, and returns what it has waited for in vain.
    pub(in crate::supervisor) fn abandon(&mut self) -> Option<String> {
        let exchange = self.exchange.take().map(|exchange| match exchange.answer[..] {
            [] => late("the request is not answered"),
            _ => late("the answer does not come to an end"),
        });
        exchange.or_else(|| self.connector.abandon())
    }

    /// When it goes on even if nothing happens.
    pub(in crate::supervisor) fn deadline(&self) -> Option<Instant> {
        self.connector.deadline()
    }

    pub(in crate::supervisor) fn is_idle(&self) -> bool {
        self.exchange.is_none() && self.connector.is_idle()
    }

    pub(in crate::supervisor) fn register(&mut self, set: &mut PollSet) {
        self.connector.register(set);
        if let Some(exchange) = &mut self.exchange {
            let is_sent = exchange.sent >= self.request.len();
            let interest = if is_sent { Interest::Readable } else { Interest::Writable };
            exchange.slot = Some(set.watch(exchange.connection.as_fd(), interest));
        }
    }

    pub(in crate::supervisor) fn act(&mut self, set: &PollSet) -> Option<Result<(), String>> {
        if let Some(connected) = self.connector.act(set) {
            return self.take(connected);
        }
        let exchange = self.exchange.as_mut()?;
        if !exchange.slot.take().is_some_and(|slot| set.is_ready(slot)) {
            return None;
        }
        self.advance()
    }

    /// Sends and receives as much as possible without waiting.
    fn advance(&mut self) -> Option<Result<(), String>> {
        let exchange = self.exchange.as_mut()?;
        let result = exchange.advance(&self.request)?;
        self.exchange = None;
        Some(result)
    }
}

impl Exchange {
    fn advance(&mut self, request: &[u8]) -> Option<Result<(), String>> {
        while self.sent < request.len() {
            match self.connection.send(&request[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if would_block(&error) => return None,
                Err(error) => return Some(Err(excerpt::of_error(&error))),
            }
        }
        loop {
            let mut bytes = [0; BLOCK];
            match self.connection.receive(&mut bytes) {
                Ok(0) => return Some(Err(incomplete(&self.answer).to_owned())),
                Ok(count) => self.answer.extend_from_slice(&bytes[..count]),
                Err(error) if would_block(&error) => return None,
                Err(error) => return Some(Err(excerpt::of_error(&error))),
            }
            if let Some(result) = verdict(&self.answer) {
                return Some(result);
            }
            if self.answer.len() >= LONGEST {
                return Some(Err("the answer begins with a header without end".to_owned()));
            }
        }
    }
}

fn would_block(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Why an answer that ends here is none.
fn incomplete(answer: &[u8]) -> &'static str {
    match answer {
        [] => "the connection was closed without an answer",
        _ if answer.starts_with(VERSION) => "the answer ends within its header",
        _ => NOT_HTTP,
    }
}

/// What an answer means as soon as its first line is complete: `HTTP/1.1 200 OK`. Interim answers, such as
/// `103 Early Hints`, are followed by another one.
fn verdict(mut answer: &[u8]) -> Option<Result<(), String>> {
    loop {
        let length = answer.len().min(VERSION.len());
        if answer[..length] != VERSION[..length] {
            return Some(Err(NOT_HTTP.to_owned()));
        }
        let (line, rest) = split_line(answer)?;
        match status(line) {
            Some((100..=199, _)) => answer = after_header(rest)?,
            Some((200..=399, _)) => return Some(Ok(())),
            Some((status, reason)) => {
                let text = format!("status {status} {}", excerpt::of_line(reason));
                return Some(Err(text.trim_end().to_owned()));
            }
            None => return Some(Err(NOT_HTTP.to_owned())),
        }
    }
}

/// The first line, without its end, and what follows it.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|b| *b == b'\n')?;
    let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
    Some((line.strip_suffix(b"\r").unwrap_or(line), rest))
}

/// What follows the empty line.
fn after_header(mut lines: &[u8]) -> Option<&[u8]> {
    loop {
        let (line, rest) = split_line(lines)?;
        if line.is_empty() {
            return Some(rest);
        }
        lines = rest;
    }
}

/// The status and the reason phrase of the first line.
fn status(line: &[u8]) -> Option<(u16, &[u8])> {
    let [minor, b' ', status @ ..] = line.strip_prefix(VERSION)? else { return None };
    let (digits, reason) = status.split_at_checked(3)?;
    let is_number = minor.is_ascii_digit() && digits.iter().all(u8::is_ascii_digit);
    let is_complete = reason.first().is_none_or(|next| *next == b' ');
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_number && is_complete)?;
    Some((digits.parse().ok()?, reason))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn success_is_a_status_of_200_to_399() {
        for answer in [
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.0 204\r\n",
            "HTTP/1.1 302 Found\r\nLocation: /\r\n",
            "HTTP/1.1 399\n",
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n",
        ] {
            assert_eq!(verdict(answer.as_bytes()), Some(Ok(())), "{answer}");
        }
    }

    #[test]
    fn another_answer_is_a_failure_with_its_reason() {
        for (answer, reason) in [
            ("HTTP/1.1 503 Service Unavailable\r\n", "status 503 Service Unavailable"),
            ("HTTP/1.1 404\r\n", "status 404"),
            ("HTTP/1.1 500 a\x1b[31m\x07b\r\n", "status 500 a\\u{7}b"),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Slow\r\n", "status 429 Slow"),
            ("HTTP/1.1 600 x\r\n", "status 600 x"),
            ("HTTP/2 200\r\n", NOT_HTTP),
            ("HTTP/1.1 2000 OK\r\n", NOT_HTTP),
            ("HTTP/1.1 +20 OK\r\n", NOT_HTTP),
            ("HTTP/1.1 20\r\n", NOT_HTTP),
            ("220 smtp ready\r\n", NOT_HTTP),
            ("\n", NOT_HTTP),
            ("\u{1}\u{2}", NOT_HTTP),
        ] {
            assert_eq!(verdict(answer.as_bytes()), Some(Err(reason.to_owned())), "{answer}");
        }
    }

    #[test]
    fn an_answer_whose_first_line_is_not_complete_means_nothing_yet() {
        for (answer, reason) in [
            ("", "the connection was closed without an answer"),
            ("HTTP/1.1 200 OK", "the answer ends within its header"),
            ("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n", "the answer ends within its header"),
            ("HTT", NOT_HTTP),
        ] {
            assert_eq!(verdict(answer.as_bytes()), None, "{answer}");
            assert_eq!(incomplete(answer.as_bytes()), reason, "{answer}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_none(tail in proptest::collection::vec(any::<u8>(), 0..80), is_http: bool) {
            let start = if is_http { VERSION } else { b"" };
            let _ = verdict(&[start, &tail].concat());
        }
    }
}
