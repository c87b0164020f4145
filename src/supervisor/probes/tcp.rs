//! `--ready tcp:[HOST:]PORT`: a process is ready when it accepts a connection, which is closed at once.

use std::net::SocketAddr;
use std::os::fd::AsFd;

use crate::etc::hosts;
use crate::sys::connect::{Attempt, Connection, attempt};
use crate::sys::poll::{Interest, PollSet, Slot};

/// Tries the addresses of a host, one after another.
pub(in crate::supervisor) struct Connector {
    addresses: Vec<SocketAddr>,
    /// How many addresses have not been tried in this probe.
    left: usize,
    under_way: Option<(Connection, Option<Slot>)>,
}

/// What an attempt has led to.
pub(in crate::supervisor) enum Connected {
    Accepted(Connection),
    UnderWay,
    /// All addresses refused; the reason of the last one.
    Refused(String),
}

impl Connector {
    pub(in crate::supervisor) fn new(host: &str, port: u16) -> Self {
        let addresses = hosts::addresses(host).unwrap_or_default();
        let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        Self { addresses, left: 0, under_way: None }
    }

    /// Begins to connect.
    pub(in crate::supervisor) fn connect(&mut self) -> Connected {
        self.left = self.addresses.len();
        self.try_next("no such host".to_owned())
    }

    fn try_next(&mut self, mut reason: String) -> Connected {
        self.under_way = None;
        while self.left > 0 {
            self.left -= 1;
            // An address that never answers is the last one of the next probe.
            self.addresses.rotate_left(1);
            let Some(address) = self.addresses.last() else { break };
            match attempt(*address) {
                Attempt::Accepted(connection) => return Connected::Accepted(connection),
                Attempt::Refused(error) => reason = error.to_string(),
                Attempt::UnderWay(connection) => {
                    self.under_way = Some((connection, None));
                    return Connected::UnderWay;
                }
            }
        }
        Connected::Refused(reason)
    }

    pub(in crate::supervisor) fn abandon(&mut self) {
        self.under_way = None;
    }

    pub(in crate::supervisor) fn is_idle(&self) -> bool {
        self.under_way.is_none()
    }

    pub(in crate::supervisor) fn register(&mut self, set: &mut PollSet) {
        if let Some((connection, slot)) = &mut self.under_way {
            *slot = Some(set.watch(connection.as_fd(), Interest::Writable));
        }
    }

    /// Returns `None` if nothing has happened.
    pub(in crate::supervisor) fn act(&mut self, set: &PollSet) -> Option<Connected> {
        let (_, slot) = self.under_way.as_mut()?;
        if !slot.take().is_some_and(|slot| set.is_ready(slot)) {
            return None;
        }
        let (connection, _) = self.under_way.take()?;
        match connection.result() {
            Ok(()) => Some(Connected::Accepted(connection)),
            Err(error) => Some(self.try_next(error.to_string())),
        }
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
