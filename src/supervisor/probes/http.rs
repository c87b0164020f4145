//! `--ready http:[HOST:]PORT/PATH`: a process is ready when a GET request is answered with status 200 to 399.

use std::io;
use std::os::fd::AsFd;

use crate::supervisor::probes::tcp::{Connected, Connector};
use crate::sys::connect::Connection;
use crate::sys::poll::{Interest, PollSet, Slot};

/// How much of an answer is read: its first line.
const HEAD: usize = 1024;

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

    pub(in crate::supervisor) fn abandon(&mut self) {
        self.exchange = None;
        self.connector.abandon();
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
                Err(error) => return Some(Err(error.to_string())),
            }
        }
        loop {
            let mut bytes = [0; HEAD];
            match self.connection.receive(&mut bytes) {
                Ok(0) => return Some(verdict(&self.answer)),
                Ok(count) => self.answer.extend_from_slice(&bytes[..count]),
                Err(error) if would_block(&error) => return None,
                Err(error) => return Some(Err(error.to_string())),
            }
            if self.answer.contains(&b'\n') || self.answer.len() >= HEAD {
                return Some(verdict(&self.answer));
            }
        }
    }
}

fn would_block(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// What the first line of an answer means: `HTTP/1.1 200 OK`.
fn verdict(answer: &[u8]) -> Result<(), String> {
    let Some(end) = answer.iter().position(|b| *b == b'\n') else {
        return Err("the answer is not HTTP, or incomplete".to_owned());
    };
    match status(&answer[..end]) {
        Some(200..=399) => Ok(()),
        Some(status) => Err(format!("status {status}")),
        None => Err("the answer is not HTTP".to_owned()),
    }
}

fn status(line: &[u8]) -> Option<u16> {
    let [minor, b' ', status @ ..] = line.strip_prefix(b"HTTP/1.")? else { return None };
    let (digits, rest) = status.split_at_checked(3)?;
    let is_number = minor.is_ascii_digit() && digits.iter().all(u8::is_ascii_digit);
    let is_complete = rest.first().is_none_or(|next| matches!(next, b' ' | b'\r'));
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_number && is_complete)?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_a_status_of_200_to_399() {
        for line in [
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.0 204\r\n",
            "HTTP/1.1 302 Found\r\nLocation: /\r\n",
            "HTTP/1.1 399\n",
        ] {
            assert_eq!(verdict(line.as_bytes()), Ok(()), "{line}");
        }
        for (line, reason) in [
            ("HTTP/1.1 503 Service Unavailable\r\n", "status 503"),
            ("HTTP/1.1 404\r\n", "status 404"),
            ("HTTP/1.1 100 Continue\r\n", "status 100"),
            ("HTTP/2 200\r\n", "the answer is not HTTP"),
            ("HTTP/1.1 2000 OK\r\n", "the answer is not HTTP"),
            ("HTTP/1.1 +20 OK\r\n", "the answer is not HTTP"),
            ("HTTP/1.1 20\r\n", "the answer is not HTTP"),
            ("220 smtp ready\r\n", "the answer is not HTTP"),
            ("\n", "the answer is not HTTP"),
            ("", "the answer is not HTTP, or incomplete"),
            ("HTTP/1.1 200 OK", "the answer is not HTTP, or incomplete"),
        ] {
            assert_eq!(verdict(line.as_bytes()), Err(reason.to_owned()), "{line}");
        }
    }
}
