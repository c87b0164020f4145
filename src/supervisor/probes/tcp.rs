//! `--ready tcp:[HOST:]PORT`: ready is who takes a connection, which is closed at once.

use std::net::SocketAddr;
use std::os::fd::AsFd;

use crate::etc::hosts;
use crate::supervisor::machine::readiness::ProbeResult;
use crate::sys::connect::{Attempt, Connection, attempt};
use crate::sys::poll::{Interest, PollSet, Slot};

/// Tries the addresses of a host, one after another.
pub(in crate::supervisor) struct TcpProbe {
    addresses: Vec<SocketAddr>,
    /// How many have not been tried since it was last asked.
    left: usize,
    under_way: Option<(Connection, Option<Slot>)>,
}

impl TcpProbe {
    pub(in crate::supervisor) fn new(host: &str, port: u16) -> Self {
        let addresses = hosts::addresses(host).unwrap_or_default();
        let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        Self { addresses, left: 0, under_way: None }
    }

    /// Nothing is said where that is to be seen.
    pub(in crate::supervisor) fn ask(&mut self) -> Option<ProbeResult> {
        self.left = self.addresses.len();
        self.try_next()
    }

    fn try_next(&mut self) -> Option<ProbeResult> {
        self.under_way = None;
        while self.left > 0 {
            self.left -= 1;
            // So that one which never answers is the last of the next turn.
            self.addresses.rotate_left(1);
            let Some(address) = self.addresses.last() else { break };
            match attempt(*address) {
                Attempt::Taken => return Some(ProbeResult::Ready),
                Attempt::Refused => {}
                Attempt::UnderWay(connection) => {
                    self.under_way = Some((connection, None));
                    return None;
                }
            }
        }
        Some(ProbeResult::NotYet)
    }

    pub(in crate::supervisor) fn give_up(&mut self) {
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
        if !slot.is_some_and(|slot| set.is_ready(slot)) {
            return None;
        }
        if connection.was_taken() {
            self.under_way = None;
            return Some(ProbeResult::Ready);
        }
        self.try_next()
    }
}
