//! `--ready tcp:[HOST:]PORT`: a process is ready when it accepts a connection, which is closed at once.

use std::net::SocketAddr;
use std::os::fd::AsFd;

use crate::etc::hosts;
use crate::supervisor::machine::readiness::ProbeResult;
use crate::sys::connect::{Attempt, Connection, attempt};
use crate::sys::poll::{Interest, PollSet, Slot};

/// Tries the addresses of a host, one after another.
pub(in crate::supervisor) struct TcpProbe {
    addresses: Vec<SocketAddr>,
    /// How many addresses have not been tried in this probe.
    left: usize,
    under_way: Option<(Connection, Option<Slot>)>,
}

impl TcpProbe {
    pub(in crate::supervisor) fn new(host: &str, port: u16) -> Self {
        let addresses = hosts::addresses(host).unwrap_or_default();
        let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        Self { addresses, left: 0, under_way: None }
    }

    /// Probes once. Returns `None` if the result comes later.
    pub(in crate::supervisor) fn probe(&mut self) -> Option<ProbeResult> {
        self.left = self.addresses.len();
        self.try_next()
    }

    fn try_next(&mut self) -> Option<ProbeResult> {
        self.under_way = None;
        while self.left > 0 {
            self.left -= 1;
            // An address that never answers is the last one of the next probe.
            self.addresses.rotate_left(1);
            let Some(address) = self.addresses.last() else { break };
            match attempt(*address) {
                Attempt::Accepted => return Some(ProbeResult::Ready),
                Attempt::Refused => {}
                Attempt::UnderWay(connection) => {
                    self.under_way = Some((connection, None));
                    return None;
                }
            }
        }
        Some(ProbeResult::NotYet)
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

    pub(in crate::supervisor) fn act(&mut self, set: &PollSet) -> Option<ProbeResult> {
        let (connection, slot) = self.under_way.as_mut()?;
        if !slot.take().is_some_and(|slot| set.is_ready(slot)) {
            return None;
        }
        if connection.is_accepted() {
            self.under_way = None;
            return Some(ProbeResult::Ready);
        }
        self.try_next()
    }
}
