//! How a run ends: what the processes have written is passed on, as long as its reader has time.

use std::time::Duration;

use crate::signal::SignalNumber;
use crate::supervisor::event_loop::Driver;
use crate::supervisor::machine::event::{Event, Wake};
use crate::supervisor::notices::Level;
use crate::sys::clock::Moment;

/// How long, after the last process, the reader of its output may take where no deadline of the stop says so.
const READER_WITHOUT_LIMIT: Duration = Duration::from_secs(10);
/// How long it may take at least: one who reads gets everything even if the processes took all the time there was.
const READER_AT_LEAST: Duration = Duration::from_millis(250);

impl Driver<'_> {
    /// The run is over: passes on what the processes have written, as long as its reader has time.
    pub(in crate::supervisor) fn finish_output(&mut self) {
        let Some(outlets) = &mut self.outlets else { return };
        outlets.finish(Moment::now());
        let now = self.now();
        let limit = match self.machine.limit() {
            Some(limit) => limit.max(now.plus(READER_AT_LEAST)),
            None => now.plus(READER_WITHOUT_LIMIT),
        };
        let mut wake = Wake::default();
        while self.has_output() && self.now() < limit && !self.machine.is_interrupted_twice() {
            wake.clear();
            self.wait(Some(limit), &mut wake);
            wake.signals.retain(|received| received.signal != SignalNumber::CHLD);
            self.tell_machine(Event::Woke(&wake));
            while let Some(action) = self.actions.pop_front() {
                self.execute(action);
            }
        }
        self.tell_of_loss();
    }

    fn has_output(&mut self) -> bool {
        let Some(outlets) = &mut self.outlets else { return false };
        self.teller.pass_to(outlets, Moment::now());
        !outlets.is_idle() || self.teller.has_backlog()
    }

    fn tell_of_loss(&mut self) {
        let Some(outlets) = &mut self.outlets else { return };
        for stream in outlets.discard_backlog() {
            self.teller.tell(Level::Warning, &format!("output is lost: nobody read {stream} in time"));
        }
        self.teller.pass_to(outlets, Moment::now());
    }
}
