//! All outputs of a run: the pipes of the processes on one side, our stdout and stderr on the other.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crate::output::format::Form;
use crate::output::hint::Hint;
use crate::output::matcher::LineMatcher;
use crate::output::sink::Sink;
use crate::output::stream::Stream;
use crate::output::stream_reader::{PipeKind, StreamReader};
use crate::plan::Output;
use crate::plan::TaskId;
use crate::sys::poll::PollSet;
use crate::sys::process::Pid;
use crate::sys::pty::{self, Size};

/// How much one read takes. All reads share the memory.
const READ: usize = 128 * 1024;
/// How long the end waits for what a pseudo-terminal still holds: whether that was all, it tells only when everyone
/// has closed it.
const FOR_TERMINALS: Duration = Duration::from_millis(500);

/// Passes on what the processes write, and never waits for a reader.
#[derive(Debug)]
pub struct OutputMux {
    pub(super) output: Output,
    pub(super) names: Vec<String>,
    pub(super) width: usize,
    pub(super) colours: [bool; 2],
    pub(super) files: Vec<Sink>,
    /// Which of them a stream goes to: none where it was closed when monofy was started.
    pub(super) places: [Option<usize>; 2],
    pub(super) sources: Vec<StreamReader>,
    pub(super) next_key: u64,
    /// Who goes first, in turn.
    pub(super) turn: usize,
    pub(super) scratch: Vec<u8>,
    pub(super) own_format: Form,
    pub(super) matched: Vec<TaskId>,
    pub(super) hints: Vec<Hint>,
    /// Since when only what is there already is wanted.
    pub(super) ending: Option<Instant>,
}

impl OutputMux {
    /// A process has died: what it had written comes before anything that is said of its death.
    pub fn died(&mut self, pid: Pid) {
        self.hints.retain(|hint| hint.pid != pid);
        // Orphans end by the thousand, and have nothing here.
        if !self.sources.iter().any(|source| source.pid == Some(pid)) {
            return;
        }
        for source in self.sources.iter_mut().filter(|source| source.pid == Some(pid)) {
            source.note_death();
        }
        self.read_owed();
        self.settle();
    }

    /// Adds what has to be waited for.
    pub fn register(&mut self, set: &mut PollSet) {
        for outlet in &mut self.files {
            outlet.register(set);
        }
        for source in &mut self.sources {
            if let Some(outlet) = self.places[source.stream.index()].map(|place| &self.files[place]) {
                source.register(set, outlet);
            }
        }
    }

    /// Whether there is anything to wait for.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.sources.is_empty() && !self.files.iter().any(Sink::has_backlog)
    }

    /// When something is due though nothing may have happened.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let outlets = self.files.iter().filter_map(Sink::deadline);
        let ending = self.ending.map(|since| since + FOR_TERMINALS).filter(|_| self.has_open_terminal());
        outlets.chain(self.hints.iter().map(|hint| hint.due)).chain(ending).min()
    }

    fn has_open_terminal(&self) -> bool {
        self.sources.iter().any(|source| source.is_open() && source.kind == PipeKind::Terminal)
    }

    /// Does what can be done after a wait. Returns whether there was anything to read or to write.
    pub fn act(&mut self, set: &PollSet) -> bool {
        let mut was_any = false;
        for outlet in &mut self.files {
            was_any |= outlet.act(set);
        }
        let count = self.sources.len();
        self.turn = if count == 0 { 0 } else { (self.turn + 1) % count };
        for index in (self.turn..count).chain(0..self.turn) {
            if self.sources[index].is_ready(set) {
                was_any = true;
                self.read(index);
            }
        }
        self.read_owed();
        self.settle();
        was_any
    }

    fn read(&mut self, index: usize) {
        if self.scratch.is_empty() {
            self.scratch = vec![0; READ];
        }
        let source = &mut self.sources[index];
        let Some(place) = self.places[source.stream.index()] else { return };
        source.read(&mut self.scratch, &mut self.files[place]);
    }

    fn read_owed(&mut self) {
        if !self.sources.iter().any(StreamReader::is_owing) {
            return;
        }
        if self.scratch.is_empty() {
            self.scratch = vec![0; READ];
        }
        for source in &mut self.sources {
            if let Some(place) = self.places[source.stream.index()] {
                source.read_owed(&mut self.scratch, &mut self.files[place]);
            }
        }
    }

    /// Passes on and writes until nothing more goes.
    fn settle(&mut self) {
        self.end_what_is_over();
        loop {
            let mut has_moved = false;
            for outlet in &mut self.files {
                outlet.flush();
                if let Some(key) = outlet.take_overdue()
                    && let Some(source) = self.sources.iter_mut().find(|source| source.key == key)
                {
                    source.interrupt(outlet);
                    has_moved = true;
                }
            }
            for source in self.sources.iter_mut().filter(|source| source.is_waiting()) {
                if let Some(place) = self.places[source.stream.index()] {
                    has_moved |= source.go_on(&mut self.files[place]);
                }
            }
            if !has_moved {
                break;
            }
        }
        self.collect_matches();
        self.sources.retain(|source| !source.is_done());
    }

    /// At the end of the run nobody is left who could write: a pipe that is still open is held by others, and what
    /// it held when the end began is all that belongs to the run.
    fn end_what_is_over(&mut self) {
        let Some(since) = self.ending else { return };
        let is_late = since.elapsed() >= FOR_TERMINALS;
        for source in &mut self.sources {
            if source.is_open() && !source.is_owing() && (source.kind == PipeKind::Pipe || is_late) {
                source.close();
            }
        }
    }

    fn collect_matches(&mut self) {
        let has_matched = |source: &StreamReader| source.tap.as_ref().is_some_and(LineMatcher::has_matched);
        while let Some(task) =
            self.sources.iter().find(|source| has_matched(source)).map(|source| source.task)
        {
            self.matched.push(task);
            for source in self.sources.iter_mut().filter(|source| source.task == task) {
                source.tap = None;
            }
        }
    }

    /// Writes what waits, as far as it goes.
    pub fn flush(&mut self) {
        self.files.iter_mut().for_each(Sink::flush);
    }

    /// The terminal has another size.
    pub fn resize(&self) {
        let mut size = None;
        for source in self.sources.iter().filter(|source| source.kind == PipeKind::Terminal) {
            if let Some(descriptor) = source.descriptor() {
                // It may have been closed by everyone else.
                let _ = pty::resize(descriptor.as_fd(), *size.get_or_insert_with(Size::of_ours));
            }
        }
    }

    /// The processes are gone: what is there is passed on, and nothing more.
    pub fn end(&mut self) {
        self.ending = Some(Instant::now());
        self.hints.clear();
        self.sources.iter_mut().for_each(StreamReader::note_death);
        self.read_owed();
        self.settle();
    }

    /// Gives up on what nobody reads, and says which streams had any.
    pub fn give_up(&mut self) -> Vec<Stream> {
        let mut lost: Vec<Stream> =
            self.files.iter_mut().filter_map(|outlet| outlet.give_up().then_some(outlet.stream())).collect();
        lost.extend(self.sources.drain(..).map(|source| source.stream));
        lost.sort_unstable();
        lost.dedup();
        lost
    }
}
