//! Notices among the lines of the processes, and events for the supervisor.

use std::io;

use crate::output::buffering_hint::BufferingHint;
use crate::output::format::LineFormat;
use crate::output::lines::Part;
use crate::output::mux::OutputMux;
use crate::output::sink::MustWait;
use crate::output::stream::Stream;
use crate::output::timestamp::Timestamp;
use crate::plan::TaskId;
use crate::sys::clock::Moment;
use crate::sys::process::Pid;

impl OutputMux {
    /// Writes a notice of monofy itself: a line without its newline. Returns false if it has to wait, which it does
    /// while another line is being written and while the output of a process that has exited is not drained.
    pub fn write_notice(&mut self, text: &[u8], now: Moment) -> bool {
        let Some(index) = self.sink_of[Stream::Stderr.index()] else { return true };
        let is_draining = self.readers.iter().any(|reader| {
            self.sink_of[reader.stream.index()] == Some(index)
                && (reader.is_draining() || reader.pid.is_some() && !reader.is_open())
        });
        if is_draining {
            return false;
        }
        match self.sinks[index].write_notice() {
            Err(MustWait) => false,
            Ok(None) => true,
            Ok(Some(out)) => {
                if let LineFormat::Verbatim = self.notice_format {
                    out.extend_from_slice(b"monofy: ");
                }
                let part = Part { bytes: text, begins: true, ends: true };
                self.notice_format.write(part, &Timestamp::of(now.wall), out);
                true
            }
        }
    }

    /// A stream that processes write to and that nobody reads any more. Each is returned only once.
    pub fn take_reader_gone(&mut self) -> Option<Stream> {
        self.sinks.iter_mut().find_map(|sink| sink.take_reader_gone().then_some(sink.stream()))
    }

    /// A stream that cannot be written to, and why. Each is returned only once.
    pub fn take_failure(&mut self) -> Option<(Stream, io::Error)> {
        self.sinks.iter_mut().find_map(|sink| sink.take_failure().map(|error| (sink.stream(), error)))
    }

    /// Stops comparing the lines of a task.
    pub fn stop_matching(&mut self, task: TaskId) {
        for reader in self.readers.iter_mut().filter(|reader| reader.task == task) {
            reader.matcher = None;
        }
    }

    /// The tasks whose line has matched since the last call.
    pub fn take_matched(&mut self) -> Vec<TaskId> {
        std::mem::take(&mut self.matched)
    }

    /// The tasks that have written nothing for long because they buffer their output. Each is returned only once.
    pub fn take_buffering(&mut self, now: Moment) -> Vec<TaskId> {
        let is_due = |hint: &BufferingHint| hint.deadline <= now.monotonic;
        if !self.hints.iter().any(is_due) {
            return Vec::new();
        }
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.hints).into_iter().partition(is_due);
        self.hints = later;
        due.iter().filter(|hint| self.is_silent(hint.pid) && hint.applies()).map(|hint| hint.task).collect()
    }

    /// Whether a process still holds its stdout and has written nothing to either stream.
    fn is_silent(&self, pid: Pid) -> bool {
        let own = || self.readers.iter().filter(|reader| reader.pid == Some(pid));
        own().any(|reader| reader.stream == Stream::Stdout) && !own().any(|reader| reader.has_output)
    }
}
