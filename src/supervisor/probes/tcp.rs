//! `tcp:[HOST:]PORT`: a connection is accepted there. It is closed at once.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crate::supervisor::probes::late;
use crate::supervisor::probes::names::{self, Found, Lookup};
use crate::sys::connect::{Attempt, Connection, attempt};
use crate::sys::poll::{Interest, PollSet, Slot};
use crate::text::excerpt;

/// How long an address is waited for before the next one is tried beside it, as in RFC 8305.
const STAGGER: Duration = Duration::from_millis(250);

/// How long an answer of name servers counts: a probe every 250 ms, with the names of a long search list, would ask a name
/// server of many containers too often.
const FRESH: Duration = Duration::from_secs(1);

/// Connects to a host: looks its addresses up, and tries them until one accepts.
pub(in crate::supervisor) struct Connector {
    host: String,
    port: u16,
    stage: Stage,
    /// What name servers answered last, and when.
    answer: Option<(Instant, Result<Vec<IpAddr>, String>)>,
}

enum Stage {
    Idle,
    LookingUp(Box<Lookup>),
    Connecting(Addresses),
}

/// The addresses of a host that are being tried.
struct Addresses {
    left: VecDeque<SocketAddr>,
    under_way: Vec<(Connection, Option<Slot>)>,
    /// When the next address is tried beside those that have not answered.
    next_at: Option<Instant>,
    /// Why the last address has refused.
    reason: String,
}

/// What an attempt has led to.
pub(in crate::supervisor) enum Connected {
    Accepted(Connection),
    UnderWay,
    /// No address accepts; the reason of the last one.
    Refused(String),
}

impl Connector {
    pub(in crate::supervisor) fn new(host: &str, port: u16) -> Self {
        Self { host: host.to_owned(), port, stage: Stage::Idle, answer: None }
    }

    /// Begins to connect. The host is looked up anew: it may get a name or another address meanwhile.
    pub(in crate::supervisor) fn connect(&mut self) -> Connected {
        let fresh = self.answer.as_ref().filter(|(at, _)| at.elapsed() < FRESH);
        let found = match fresh.map(|(_, answer)| answer.clone()) {
            Some(Ok(addresses)) => Found::Addresses(addresses),
            Some(Err(reason)) => Found::Failed(reason),
            None => names::look_up(&self.host),
        };
        self.take_found(found)
    }

    fn take_answer(&mut self, found: Found) -> Connected {
        self.answer = match &found {
            Found::Addresses(addresses) => Some((Instant::now(), Ok(addresses.clone()))),
            Found::Failed(reason) => Some((Instant::now(), Err(reason.clone()))),
            Found::UnderWay(_) => None,
        };
        self.take_found(found)
    }

    fn take_found(&mut self, found: Found) -> Connected {
        match found {
            Found::UnderWay(lookup) => {
                self.stage = Stage::LookingUp(lookup);
                Connected::UnderWay
            }
            Found::Failed(reason) => {
                self.stage = Stage::Idle;
                Connected::Refused(reason)
            }
            Found::Addresses(addresses) => self.advance(Addresses::new(&addresses, self.port)),
        }
    }

    fn advance(&mut self, mut addresses: Addresses) -> Connected {
        self.stage = Stage::Idle;
        let connected = addresses.try_next();
        if let Connected::UnderWay = connected {
            self.stage = Stage::Connecting(addresses);
        }
        connected
    }

    /// Gives up, and returns what it has waited for in vain.
    pub(in crate::supervisor) fn abandon(&mut self) -> Option<String> {
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Idle => None,
            Stage::LookingUp(lookup) => Some(late(&lookup.into_reason())),
            Stage::Connecting(_) => Some(late("the connection is not accepted")),
        }
    }

    pub(in crate::supervisor) fn is_idle(&self) -> bool {
        matches!(self.stage, Stage::Idle)
    }

    /// When it goes on even if nothing happens.
    pub(in crate::supervisor) fn deadline(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Idle => None,
            Stage::LookingUp(lookup) => Some(lookup.deadline()),
            Stage::Connecting(addresses) => addresses.next_at,
        }
    }

    pub(in crate::supervisor) fn register(&mut self, set: &mut PollSet) {
        match &mut self.stage {
            Stage::Idle => {}
            Stage::LookingUp(lookup) => lookup.register(set),
            Stage::Connecting(addresses) => {
                for (connection, slot) in &mut addresses.under_way {
                    *slot = Some(set.watch(connection.as_fd(), Interest::Writable));
                }
            }
        }
    }

    /// Returns `None` if it is idle.
    pub(in crate::supervisor) fn act(&mut self, set: &PollSet) -> Option<Connected> {
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Idle => None,
            Stage::LookingUp(lookup) => Some(self.take_answer(lookup.act(set, Instant::now()))),
            Stage::Connecting(mut addresses) => match addresses.take_answers(set) {
                Some(connection) => Some(Connected::Accepted(connection)),
                None => Some(self.advance(addresses)),
            },
        }
    }
}

impl Addresses {
    fn new(addresses: &[IpAddr], port: u16) -> Self {
        let left = addresses.iter().map(|address| SocketAddr::new(*address, port)).collect();
        Self { left, under_way: Vec::new(), next_at: None, reason: String::new() }
    }

    /// Tries the next address if it is time for it.
    fn try_next(&mut self) -> Connected {
        while self.under_way.is_empty() || self.next_at.is_some_and(|at| Instant::now() >= at) {
            let Some(address) = self.left.pop_front() else { break };
            match attempt(address) {
                Attempt::Accepted(connection) => return Connected::Accepted(connection),
                Attempt::Refused(error) => self.reason = excerpt::of_error(&error),
                Attempt::UnderWay(connection) => {
                    self.under_way.push((connection, None));
                    self.next_at = Some(Instant::now() + STAGGER);
                }
            }
        }
        if self.left.is_empty() {
            self.next_at = None;
        }
        if self.under_way.is_empty() {
            return Connected::Refused(std::mem::take(&mut self.reason));
        }
        Connected::UnderWay
    }

    /// Looks at the connections that have been answered. Returns the first one that was accepted.
    fn take_answers(&mut self, set: &PollSet) -> Option<Connection> {
        let mut index = 0;
        while index < self.under_way.len() {
            let (connection, slot) = &mut self.under_way[index];
            if !slot.take().is_some_and(|slot| set.is_ready(slot)) {
                index += 1;
                continue;
            }
            let result = connection.result();
            let (connection, _) = self.under_way.swap_remove(index);
            match result {
                Ok(()) => return Some(connection),
                Err(error) => self.reason = excerpt::of_error(&error),
            }
        }
        None
    }
}

/// The result of a probe that is a connection alone.
pub(in crate::supervisor) fn result(connected: Connected) -> Option<Result<(), String>> {
    match connected {
        Connected::Accepted(_) => Some(Ok(())),
        Connected::UnderWay => None,
        Connected::Refused(reason) => Some(Err(reason)),
    }
}
