//! What the outlets tell the supervisor, and what it has them tell.

use std::io;
use std::time::Instant;

use crate::output::format::Form;
use crate::output::hint::Hint;
use crate::output::lines::Part;
use crate::output::mux::OutputMux;
use crate::output::sink::MustWait;
use crate::output::stream::Stream;
use crate::output::timestamp::Timestamp;
use crate::plan::TaskId;
use crate::sys::process::Pid;

impl OutputMux {
    /// Writes a notice of our own: a line without its newline. Returns whether it is on its way; it has to wait
    /// while another line is being written, and while a process that has died still owes what it had written.
    pub fn write_notice(&mut self, text: &[u8]) -> bool {
        let Some(place) = self.places[Stream::Stderr.index()] else { return true };
        let is_owed = self.sources.iter().any(|source| {
            self.places[source.stream.index()] == Some(place)
                && (source.is_owing() || source.pid.is_some() && !source.is_open())
        });
        if is_owed {
            return false;
        }
        match self.files[place].write_notice() {
            Err(MustWait) => false,
            Ok(None) => true,
            Ok(Some(out)) => {
                if let Form::Verbatim = self.own_format {
                    out.extend_from_slice(b"monofy: ");
                }
                let part = Part { bytes: text, begins: true, ends: true };
                self.own_format.write(part, &Timestamp::now(), out);
                true
            }
        }
    }

    /// The stream that nobody reads any more though processes write to it; said once.
    pub fn take_reader_gone(&mut self) -> Option<Stream> {
        self.files.iter_mut().find_map(|outlet| outlet.take_reader_gone().then_some(outlet.stream()))
    }

    /// A stream that cannot be written to; each is said once.
    pub fn take_failure(&mut self) -> Option<(Stream, io::Error)> {
        self.files.iter_mut().find_map(|outlet| outlet.take_failure().map(|error| (outlet.stream(), error)))
    }

    /// No line of a process is looked for any more.
    pub fn stop_looking(&mut self, task: TaskId) {
        for source in self.sources.iter_mut().filter(|source| source.task == task) {
            source.tap = None;
        }
    }

    /// Who has written the line that was looked for, since the last call.
    pub fn take_matched(&mut self) -> Vec<TaskId> {
        std::mem::take(&mut self.matched)
    }

    /// Who has written nothing for long, and is known to keep its output in a buffer; each is said once.
    pub fn take_silent(&mut self) -> Vec<TaskId> {
        let now = Instant::now();
        if !self.hints.iter().any(|hint| hint.due <= now) {
            return Vec::new();
        }
        let (due, later) = std::mem::take(&mut self.hints).into_iter().partition(|hint| hint.due <= now);
        self.hints = later;
        let due: Vec<Hint> = due;
        due.iter().filter(|hint| self.is_silent(hint.pid) && hint.is_right()).map(|hint| hint.task).collect()
    }

    /// Whether a process has its stdout still, and has written nothing to either stream.
    fn is_silent(&self, pid: Pid) -> bool {
        let own = || self.sources.iter().filter(|source| source.pid == Some(pid));
        own().any(|source| source.stream == Stream::Stdout) && !own().any(|source| source.has_spoken)
    }
}
