//! Looks a host name up as programs of the image do: in `/etc/hosts`, and then by the name servers of
//! `/etc/resolv.conf`, as a part of the event loop.
//!
//! getaddrinfo(3) would not do: it waits, and in a static binary it loads the modules that `/etc/nsswitch.conf` names,
//! of any version, into PID 1. A crate that resolves brings an asynchronous runtime with it, and threads. What is left is
//! small: a datagram with a question, one with its answer, and the rules of resolv.conf(5) about whom to ask next.
//!
//! Both kinds of addresses are asked for at once. A server that does not answer in time is asked beside the next one.
//! There is no query by TCP: of an answer too long for a datagram, the addresses that came are enough to connect.

mod message;

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use self::message::{Answer, Family, Question};
use crate::etc::hosts;
use crate::etc::resolv_conf::ResolverConfig;
use crate::sys::connect::{self, Connection};
use crate::sys::poll::{Interest, PollSet, Slot};
use crate::sys::random;
use crate::text::excerpt;

/// How long all servers may take with one name: a probe that may take 5 s still has time to connect, and the reason is
/// that the servers do not answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long the addresses of one kind wait for the other kind. Some servers never answer for IPv6.
const STRAGGLER: Duration = Duration::from_millis(250);
/// How many datagrams one wake-up reads from a server. One that sends without end must not keep the loop from its
/// signals.
const READS: usize = 16;
/// Room for a datagram. A server sends at most 512 bytes unless it is told that more fit.
const LONGEST: usize = 1232;

const NO_SUCH_HOST: &str = "no such host";
const NO_ANSWER: &str = "the name servers do not answer";

/// A lookup that is under way.
pub(super) struct Lookup {
    config: ResolverConfig,
    /// The names that have not been tried: the host within each domain of the search list.
    names: VecDeque<String>,
    questions: [Pending; 2],
    /// The sockets of the servers that were asked about this name.
    asked: Vec<(Connection, Option<Slot>)>,
    /// How many more times a server is asked about this name.
    turns: usize,
    /// When the next server is asked, or the lookup of this name ends.
    next_at: Instant,
    reason: String,
}

/// A question and what is known.
#[derive(Default)]
struct Pending {
    question: Option<Question>,
    addresses: Option<Vec<IpAddr>>,
}

/// What a lookup has led to.
pub(super) enum Found {
    /// At least one address.
    Addresses(Vec<IpAddr>),
    UnderWay(Box<Lookup>),
    Failed(String),
}

/// Begins to look a host up.
pub(super) fn look_up(host: &str) -> Found {
    match hosts::addresses(host) {
        addresses if addresses.is_empty() => Lookup::start(host, ResolverConfig::read(), Instant::now()),
        addresses => Found::Addresses(addresses),
    }
}

/// The names to try for a host, in this order (resolv.conf(5), `ndots`).
fn candidates(host: &str, config: &ResolverConfig) -> VecDeque<String> {
    if let Some(absolute) = host.strip_suffix('.') {
        return [absolute.to_owned()].into();
    }
    let within = |domain: &String| format!("{host}.{}", domain.trim_end_matches('.'));
    // A domain of "." is the root.
    let mut names: VecDeque<String> =
        config.search.iter().map(within).map(|name| name.trim_end_matches('.').to_owned()).collect();
    if host.matches('.').count() >= config.dots {
        names.push_front(host.to_owned());
    } else {
        names.push_back(host.to_owned());
    }
    names
}

impl Lookup {
    fn start(host: &str, config: ResolverConfig, now: Instant) -> Found {
        let names = candidates(host, &config);
        let lookup = Self {
            config,
            names,
            questions: [Pending::default(), Pending::default()],
            asked: Vec::new(),
            turns: 0,
            next_at: now,
            reason: NO_SUCH_HOST.to_owned(),
        };
        lookup.next_name(now)
    }

    /// Asks about the next name.
    fn next_name(mut self, now: Instant) -> Found {
        while let Some(name) = self.names.pop_front() {
            let Ok(questions) = questions(&name) else { return Found::Failed("no random number".to_owned()) };
            let [Some(v4), Some(v6)] = questions else { continue };
            self.questions = [v4, v6].map(|question| Pending { question: Some(question), addresses: None });
            self.asked.clear();
            self.turns = self.config.servers.len() * self.config.attempts;
            NO_ANSWER.clone_into(&mut self.reason);
            return self.next_server(now);
        }
        Found::Failed(NO_SUCH_HOST.to_owned())
    }

    /// Asks the next server what is not known yet. The servers that were asked before may still answer.
    fn next_server(mut self, now: Instant) -> Found {
        let servers = self.config.servers.len();
        let all = servers * self.config.attempts;
        while self.turns > 0 {
            let server = self.config.servers[(all - self.turns) % servers];
            self.turns -= 1;
            match self.ask(server) {
                Ok(connection) => {
                    let share = PATIENCE / u32::try_from(all).unwrap_or(u32::MAX);
                    self.next_at = now + share.min(self.config.timeout);
                    self.asked.push((connection, None));
                    return Found::UnderWay(Box::new(self));
                }
                Err(error) => self.reason = unreachable(&error),
            }
        }
        self.give_up()
    }

    fn ask(&self, server: SocketAddr) -> io::Result<Connection> {
        let connection = connect::datagrams(server)?;
        for pending in &self.questions {
            if let (Some(question), None) = (&pending.question, &pending.addresses) {
                connection.send(question.as_bytes())?;
            }
        }
        Ok(connection)
    }

    /// No server is left: what came has to do.
    fn give_up(self) -> Found {
        let addresses = self.addresses();
        if addresses.is_empty() { Found::Failed(self.reason) } else { Found::Addresses(addresses) }
    }

    /// The addresses that are known, IPv4 first: few containers have a route for IPv6.
    fn addresses(&self) -> Vec<IpAddr> {
        self.questions.iter().filter_map(|pending| pending.addresses.as_ref()).flatten().copied().collect()
    }

    /// When it goes on even if nothing happens.
    pub(super) fn deadline(&self) -> Instant {
        self.next_at
    }

    /// Why it has no result so far.
    pub(super) fn into_reason(self) -> String {
        self.reason
    }

    pub(super) fn register(&mut self, set: &mut PollSet) {
        for (connection, slot) in &mut self.asked {
            *slot = Some(set.watch(connection.as_fd(), Interest::Readable));
        }
    }

    /// Reads what the last wait has made readable, and goes on if it is time.
    pub(super) fn act(mut self: Box<Self>, set: &PollSet, now: Instant) -> Found {
        for index in 0..self.asked.len() {
            if self.asked[index].1.take().is_some_and(|slot| set.is_ready(slot)) {
                self.read(index, now);
            }
        }
        if self.questions.iter().all(|pending| pending.addresses.is_some()) {
            let addresses = self.addresses();
            return if addresses.is_empty() { (*self).next_name(now) } else { Found::Addresses(addresses) };
        }
        if now < self.next_at {
            return Found::UnderWay(self);
        }
        let addresses = self.addresses();
        if addresses.is_empty() { (*self).next_server(now) } else { Found::Addresses(addresses) }
    }

    /// Reads the answers of a server.
    fn read(&mut self, index: usize, now: Instant) {
        let is_last = index + 1 == self.asked.len();
        for _ in 0..READS {
            let mut bytes = [0; LONGEST];
            let failure = match self.asked[index].0.receive(&mut bytes) {
                Ok(count) => self.take(&bytes[..count], now),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => Some(unreachable(&error)),
            };
            if let Some(failure) = failure {
                self.reason = failure;
                if is_last {
                    // There is nothing to wait for.
                    self.next_at = now;
                }
            }
        }
    }

    /// Takes an answer. Returns the reason if the server does not know. What is no answer does not count.
    fn take(&mut self, bytes: &[u8], now: Instant) -> Option<String> {
        let open = self.questions.iter_mut().filter(|pending| pending.addresses.is_none());
        let mut answers = open.filter_map(|pending| {
            let answer = pending.question.as_ref()?.answer(bytes)?;
            Some((pending, answer))
        });
        match answers.next()? {
            (pending, Answer::Addresses(addresses)) => {
                if !addresses.is_empty() {
                    self.next_at = self.next_at.min(now + STRAGGLER);
                }
                pending.addresses = Some(addresses);
                None
            }
            (_, Answer::TooLong) => Some("the answer of the name server is too long".to_owned()),
            (_, Answer::Failure(reason)) => Some(reason),
        }
    }
}

/// The two questions about a name.
fn questions(name: &str) -> io::Result<[Option<Question>; 2]> {
    let mut random = [0; 4];
    random::fill(&mut random)?;
    let [a, b, c, d] = random;
    let v4 = u16::from_ne_bytes([a, b]);
    let v6 = u16::from_ne_bytes([c, d]);
    // The answers differ by their questions, too.
    Ok([Question::new(v4, name, Family::V4), Question::new(v6, name, Family::V6)])
}

/// The reason for a server that cannot be asked.
fn unreachable(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        "no name server listens at its address".to_owned()
    } else {
        format!("the name server cannot be asked: {}", excerpt::of_error(error))
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::thread;

    use super::*;

    /// A response code and an address.
    type Reply = (u8, &'static [u8]);

    /// A name server that answers a name and a type, or does not.
    fn server(answer: fn(&str, u8) -> Option<Reply>) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        thread::spawn(move || {
            let mut bytes = [0; 512];
            while let Ok((count, from)) = socket.recv_from(&mut bytes) {
                let mut message = bytes[..count].to_vec();
                let (mut name, mut at) = (Vec::new(), 12);
                while message[at] != 0 {
                    let end = at + 1 + usize::from(message[at]);
                    name.push(String::from_utf8_lossy(&message[at + 1..end]).into_owned());
                    at = end;
                }
                let kind = message[at + 2];
                let Some((code, data)) = answer(&name.join("."), kind) else { continue };
                message[2] |= 0x80;
                message[3] = code;
                if !data.is_empty() {
                    message[7] = 1;
                    message.extend_from_slice(&[0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 9, 0]);
                    message.push(u8::try_from(data.len()).unwrap());
                    message.extend_from_slice(data);
                }
                socket.send_to(&message, from).unwrap();
            }
        });
        address
    }

    fn config(servers: &[SocketAddr], search: &[&str]) -> ResolverConfig {
        ResolverConfig {
            servers: servers.to_vec(),
            search: search.iter().map(|domain| (*domain).to_owned()).collect(),
            ..ResolverConfig::default()
        }
    }

    /// Runs a lookup to its end.
    fn resolve(host: &str, config: ResolverConfig) -> Result<Vec<String>, String> {
        let mut found = Lookup::start(host, config, Instant::now());
        let mut set = PollSet::default();
        loop {
            match found {
                Found::Addresses(addresses) => {
                    return Ok(addresses.iter().map(ToString::to_string).collect());
                }
                Found::Failed(reason) => return Err(reason),
                Found::UnderWay(mut lookup) => {
                    set.clear();
                    lookup.register(&mut set);
                    set.wait(Some(lookup.deadline().saturating_duration_since(Instant::now()))).unwrap();
                    found = lookup.act(&set, Instant::now());
                }
            }
        }
    }

    fn one_host(name: &str, kind: u8) -> Reply {
        match (name, kind) {
            ("db.shop", 1) => (0, &[10, 0, 0, 7]),
            ("db.shop", _) => (0, &[0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]),
            ("nothing.here", _) => (0, &[]),
            (_, _) => (3, &[]),
        }
    }

    /// A name server that knows one host.
    fn knowing_server() -> SocketAddr {
        server(|name, kind| Some(one_host(name, kind)))
    }

    #[test]
    fn a_name_has_the_addresses_of_both_kinds() {
        let server = knowing_server();
        let both = Ok(vec!["10.0.0.7".to_owned(), "fd00::7".to_owned()]);
        assert_eq!(resolve("db.shop", config(&[server], &[])), both);
        assert_eq!(resolve("db", config(&[server], &["nowhere", "shop"])), both);
        assert_eq!(resolve("db.shop.", config(&[server], &["nowhere"])), both);
    }

    #[test]
    fn a_name_without_addresses_is_no_host() {
        let server = knowing_server();
        for name in ["db", "nothing.here", "a..b", "x.y."] {
            assert_eq!(resolve(name, config(&[server], &["here"])), Err("no such host".to_owned()), "{name}");
        }
    }

    #[test]
    fn the_order_of_the_names_depends_on_their_dots() {
        let config = |dots| ResolverConfig { dots, ..config(&[], &["a.b", "c.", "."]) };
        assert_eq!(candidates("db", &config(1)), ["db.a.b", "db.c", "db", "db"]);
        assert_eq!(candidates("db.x", &config(1)), ["db.x", "db.x.a.b", "db.x.c", "db.x"]);
        assert_eq!(candidates("db.x", &config(5)), ["db.x.a.b", "db.x.c", "db.x", "db.x"]);
        assert_eq!(candidates("db.", &config(5)), ["db"]);
    }

    #[test]
    fn the_next_server_is_asked_when_one_does_not_know() {
        let knows = knowing_server();
        let fails = server(|_, _| Some((2, &[])));
        let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        for other in [fails, closed] {
            assert_eq!(resolve("db.shop", config(&[other, knows], &[])).unwrap().len(), 2);
        }
    }

    #[test]
    fn why_no_server_knows_is_the_reason() {
        let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let cases = [
            (server(|_, _| Some((2, &[]))), "the name server failed"),
            (server(|_, _| Some((5, &[]))), "the name server refuses to answer"),
            (server(|_, _| Some((0, &[1, 2, 3]))), "the name servers do not answer"),
            (closed, "no name server listens at its address"),
        ];
        for (server, reason) in cases {
            let config = ResolverConfig { timeout: Duration::from_millis(50), ..config(&[server], &[]) };
            assert_eq!(resolve("db.shop", config), Err(reason.to_owned()));
        }
    }

    #[test]
    fn a_server_that_never_answers_for_ipv6_does_not_hold_the_ipv4_address_back() {
        let half = server(|name, kind| (kind == 1).then(|| one_host(name, kind)));
        let began = Instant::now();
        assert_eq!(resolve("db.shop", config(&[half], &[])), Ok(vec!["10.0.0.7".to_owned()]));
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    }

    #[test]
    fn a_server_that_does_not_answer_is_passed_over_within_the_time_of_a_probe() {
        let silent = server(|_, _| None);
        let began = Instant::now();
        assert_eq!(resolve("db.shop", config(&[silent, knowing_server()], &[])).unwrap().len(), 2);
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    }
}
