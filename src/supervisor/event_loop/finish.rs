//! The end of a run: passes on what the processes have written, while there is time for its reader.

use std::time::Duration;

use crate::signal::SignalNumber;
use crate::supervisor::event_loop::EventLoop;
use crate::supervisor::machine::event::{Event, Wake};
use crate::supervisor::notices::Level;
use crate::sys::clock::Moment;

/// How long the reader of the output may take after the last process has ended, if the stop has no deadline.
const READER_WITHOUT_LIMIT: Duration = Duration::from_secs(10);
/// How long it may take at least: a reader that keeps up gets everything, even if the processes took all the time.
const READER_AT_LEAST: Duration = Duration::from_millis(250);

impl EventLoop<'_> {
    /// Passes on what the processes have written, while there is time for its reader.
    pub(in crate::supervisor) fn finish_output(&mut self) {
        let Some(output) = &mut self.output else { return };
        output.finish(Moment::now());
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
            self.handle(Event::Woke(&wake));
            while let Some(action) = self.machine.next_action() {
                self.execute(action);
            }
        }
        self.report_loss();
    }

    fn has_output(&mut self) -> bool {
        let Some(output) = &mut self.output else { return false };
        self.notices.pass_to(output, Moment::now());
        !output.is_idle() || self.notices.has_backlog()
    }

    fn report_loss(&mut self) {
        let Some(output) = &mut self.output else { return };
        for stream in output.discard_backlog() {
            let text = format!("output is lost: the reader of {stream} did not keep up");
            self.notices.write(Level::Warning, &text);
        }
        self.notices.pass_to(output, Moment::now());
    }
}
