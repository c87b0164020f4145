//! Passes the output of all processes on: their pipes on one side, monofy's stdout and stderr on the other.

mod events;
pub(super) mod stdio;

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crate::output::buffering_hint::BufferingHint;
use crate::output::format::LineFormat;
use crate::output::matcher::LineMatcher;
use crate::output::sink::Sink;
use crate::output::stream::Stream;
use crate::output::stream_reader::{PipeKind, StreamReader};
use crate::plan::{Output, TaskId};
use crate::sys::clock::Moment;
use crate::sys::poll::PollSet;
use crate::sys::process::Pid;
use crate::sys::pty::{self, WindowSize};

/// The size of one read. All reads share the memory.
const READ: usize = 128 * 1024;
/// How long the end of the run waits for the rest that a pseudo-terminal holds. Only when everybody has closed it does
/// the kernel say that nothing is left.
const TERMINAL_DRAIN: Duration = Duration::from_millis(500);

/// Passes on the output of the processes and never waits for a reader.
#[derive(Debug)]
pub struct OutputMux {
    output: Output,
    names: Vec<String>,
    /// The width of the column of names, in characters.
    width: usize,
    /// Whether the names on stdout and stderr are coloured.
    is_coloured: [bool; 2],
    is_terminal: [bool; 2],
    sinks: Vec<Sink>,
    /// The index of the sink of each stream; `None` if it was closed when monofy was started.
    sink_of: [Option<usize>; 2],
    readers: Vec<StreamReader>,
    next_id: u64,
    /// The index of the reader that goes first. It rotates, so that a full sink starves no reader.
    first: usize,
    scratch: Vec<u8>,
    notice_format: LineFormat,
    /// The tasks whose line has matched since the last call of `take_matched`.
    matched: Vec<TaskId>,
    hints: Vec<BufferingHint>,
    /// When the end began, from which on only the output that is already there is passed on.
    finishing_since: Option<Instant>,
}

impl OutputMux {
    /// Drains the streams of a process that has exited: its output comes before the notice of its exit.
    pub fn process_exited(&mut self, pid: Pid, now: Moment) {
        self.hints.retain(|hint| hint.pid != pid);
        // Orphans exit by the thousand and have no streams here.
        if !self.readers.iter().any(|reader| reader.pid == Some(pid)) {
            return;
        }
        self.readers.iter_mut().filter(|reader| reader.pid == Some(pid)).for_each(StreamReader::begin_drain);
        self.drain(now);
        self.pump(now);
    }

    /// Adds the descriptors to wait for.
    pub fn register(&mut self, set: &mut PollSet) {
        for sink in &mut self.sinks {
            sink.register(set);
        }
        for reader in &mut self.readers {
            if let Some(index) = self.sink_of[reader.stream.index()] {
                reader.register(set, &self.sinks[index]);
            }
        }
    }

    /// Whether there is nothing to wait for.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.readers.is_empty() && !self.sinks.iter().any(Sink::has_backlog)
    }

    /// When `act` has to be called even if no descriptor is ready.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let locks = self.sinks.iter().filter_map(Sink::deadline);
        let finish = self.finishing_since.map(|since| since + TERMINAL_DRAIN);
        let finish = finish.filter(|_| self.has_open_terminal());
        let partial = |reader: &StreamReader| {
            let index = self.sink_of[reader.stream.index()]?;
            reader.partial_deadline(&self.sinks[index])
        };
        let locks = locks.chain(self.readers.iter().filter_map(partial));
        locks.chain(self.hints.iter().map(|hint| hint.deadline)).chain(finish).min()
    }

    fn has_open_terminal(&self) -> bool {
        self.readers.iter().any(|reader| reader.is_open() && reader.kind == PipeKind::Terminal)
    }

    /// Reads and writes what the last wait has made possible. Returns whether a descriptor was ready.
    pub fn act(&mut self, set: &PollSet, now: Moment) -> bool {
        let mut was_ready = false;
        for sink in &mut self.sinks {
            was_ready |= sink.act(set, now.monotonic);
        }
        let count = self.readers.len();
        self.first = if count == 0 { 0 } else { (self.first + 1) % count };
        for index in (self.first..count).chain(0..self.first) {
            if self.readers[index].take_is_ready(set) {
                was_ready = true;
                self.read(index, now);
            }
        }
        self.drain(now);
        self.pump(now);
        was_ready
    }

    fn read(&mut self, index: usize, now: Moment) {
        if self.scratch.is_empty() {
            self.scratch = vec![0; READ];
        }
        let reader = &mut self.readers[index];
        let Some(sink) = self.sink_of[reader.stream.index()] else { return };
        reader.read(&mut self.scratch, &mut self.sinks[sink], now);
    }

    /// Reads the rest of the streams whose processes have exited.
    fn drain(&mut self, now: Moment) {
        if !self.readers.iter().any(StreamReader::is_draining) {
            return;
        }
        if self.scratch.is_empty() {
            self.scratch = vec![0; READ];
        }
        for reader in &mut self.readers {
            if let Some(index) = self.sink_of[reader.stream.index()] {
                reader.drain(&mut self.scratch, &mut self.sinks[index], now);
            }
        }
    }

    /// Moves bytes from the readers to the sinks and writes them, until nothing more can be moved.
    fn pump(&mut self, now: Moment) {
        self.close_finished(now.monotonic);
        loop {
            let mut has_moved = false;
            for reader in &mut self.readers {
                if let Some(index) = self.sink_of[reader.stream.index()] {
                    has_moved |= reader.show_partial(&mut self.sinks[index], now);
                }
            }
            for sink in &mut self.sinks {
                sink.flush(now.monotonic);
                if let Some(id) = sink.take_expired_lock(now.monotonic)
                    && let Some(reader) = self.readers.iter_mut().find(|reader| reader.id == id)
                {
                    reader.interrupt(sink, now.monotonic);
                    has_moved = true;
                }
            }
            for reader in self.readers.iter_mut().filter(|reader| reader.is_waiting()) {
                if let Some(index) = self.sink_of[reader.stream.index()] {
                    has_moved |= reader.resume(&mut self.sinks[index], now);
                }
            }
            if !has_moved {
                break;
            }
        }
        self.collect_matches();
        self.readers.retain(|reader| !reader.is_done());
    }

    /// Closes the drained streams once the run has ended. Such a pipe may still be open in a process outside of the
    /// run; only the bytes that it held when the run ended belong to the run.
    fn close_finished(&mut self, now: Instant) {
        let Some(since) = self.finishing_since else { return };
        let is_late = now.saturating_duration_since(since) >= TERMINAL_DRAIN;
        for reader in &mut self.readers {
            if reader.is_open() && !reader.is_draining() && (reader.kind == PipeKind::Pipe || is_late) {
                reader.close();
            }
        }
    }

    fn collect_matches(&mut self) {
        let has_matched =
            |reader: &StreamReader| reader.matcher.as_ref().is_some_and(LineMatcher::has_matched);
        while let Some(task) =
            self.readers.iter().find(|reader| has_matched(reader)).map(|reader| reader.task)
        {
            self.matched.push(task);
            self.stop_matching(task);
        }
    }

    /// Writes as much of the backlog as possible.
    pub fn flush(&mut self, now: Moment) {
        self.sinks.iter_mut().for_each(|sink| sink.flush(now.monotonic));
    }

    /// Passes the size of monofy's terminal on to the pseudo-terminals.
    pub fn resize(&self) {
        let mut size = None;
        for reader in self.readers.iter().filter(|reader| reader.kind == PipeKind::Terminal) {
            if let Some(descriptor) = reader.descriptor() {
                // Fails if everybody else has closed it.
                let _ = pty::resize(descriptor.as_fd(), *size.get_or_insert_with(WindowSize::of_stdio));
            }
        }
    }

    /// Begins the end of the run: the output that is already there is passed on, and no later one.
    pub fn finish(&mut self, now: Moment) {
        self.finishing_since = Some(now.monotonic);
        self.hints.clear();
        self.readers.iter_mut().for_each(StreamReader::begin_drain);
        self.drain(now);
        self.pump(now);
    }

    /// Drops everything that nobody has read. Returns the streams that had something.
    pub fn discard_backlog(&mut self) -> Vec<Stream> {
        let lost = self.sinks.iter_mut().filter_map(|sink| sink.discard_backlog().then_some(sink.stream()));
        let mut lost: Vec<Stream> = lost.collect();
        lost.extend(self.readers.drain(..).map(|reader| reader.stream));
        lost.sort_unstable();
        lost.dedup();
        lost
    }
}
