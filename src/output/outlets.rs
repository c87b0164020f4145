//! All outputs of a run: the pipes of the processes on one side, our stdout and stderr on the other.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use regex::bytes::Regex;

use super::clock::Stamp;
use super::form::Form;
use super::hint::Hint;
use super::json::Json;
use super::lines::Part;
use super::outlet::{Key, MustWait, Outlet};
use super::prefix::{Colour, Prefix};
use super::source::{Kind, Source};
use super::stream::Stream;
use super::tap::Tap;
use crate::plan::Output;
use crate::sys::descriptors::is_terminal;
use crate::sys::pipe;
use crate::sys::poll::PollSet;
use crate::sys::process::Pid;
use crate::sys::pty::{self, Size};

/// As whom monofy itself speaks.
const OURSELVES: &str = "monofy";
/// How much one read takes. All reads share the memory.
const READ: usize = 128 * 1024;
/// How long the end waits for what a pseudo-terminal still holds: whether that was all, it tells only when everyone
/// has closed it.
const FOR_TERMINALS: Duration = Duration::from_millis(500);

/// Which command of the line speaks, in its order: the setup commands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speaker(pub usize);

/// What a process that is about to be started wants of its output.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Who it is.
    pub speaker: Speaker,
    /// Whether its stdout should be a terminal.
    pub terminal: bool,
    /// The user and the group that it runs as, if not as we do.
    pub owner: Option<(u32, u32)>,
    /// A line to look for.
    pub line: Option<&'a Regex>,
}

/// What a process gets to write to; where there is nothing, what monofy itself was given.
#[derive(Debug, Default)]
pub struct Ends {
    /// As its descriptor 1.
    pub stdout: Option<OwnedFd>,
    /// As its descriptor 2.
    pub stderr: Option<OwnedFd>,
}

/// Passes on what the processes write, and never waits for a reader.
#[derive(Debug)]
pub struct Outlets {
    output: Output,
    names: Vec<String>,
    width: usize,
    colours: [bool; 2],
    files: Vec<Outlet>,
    /// Which of them a stream goes to: none where it was closed when monofy was started.
    places: [Option<usize>; 2],
    sources: Vec<Source>,
    next_key: u64,
    /// Who goes first, in turn.
    turn: usize,
    scratch: Vec<u8>,
    voice: Form,
    matched: Vec<Speaker>,
    hints: Vec<Hint>,
    /// Since when only what is there already is wanted.
    ending: Option<Instant>,
}

impl Outlets {
    /// For commands with these names, in the order of the line. `colours` says whether a terminal gets some.
    #[must_use]
    pub fn new(output: Output, names: Vec<String>, colours: bool) -> Self {
        let stdout = Outlet::of(io::stdout().as_fd(), Stream::Stdout);
        let stderr = Outlet::of(io::stderr().as_fd(), Stream::Stderr);
        let is_one = match (&stdout, &stderr) {
            (Some(stdout), Some(stderr)) => stdout.identity() == stderr.identity(),
            (Some(_), None) | (None, Some(_) | None) => false,
        };
        let places = match (&stdout, &stderr) {
            // One file: a line of one stream must not tear one of the other.
            (Some(_), Some(_)) if is_one => [Some(0), Some(0)],
            (Some(_), Some(_)) => [Some(0), Some(1)],
            (Some(_), None) => [Some(0), None],
            (None, Some(_)) => [None, Some(0)],
            (None, None) => [None, None],
        };
        let colours = [colours && is_terminal(&io::stdout()), colours && is_terminal(&io::stderr())];
        let width =
            names.iter().map(String::as_str).chain([OURSELVES]).map(|name| name.chars().count()).max();
        let mut this = Self {
            output,
            names,
            width: width.unwrap_or(0),
            colours,
            files: stdout.into_iter().chain(stderr.filter(|_| !is_one)).collect(),
            places,
            sources: Vec::new(),
            next_key: 0,
            turn: 0,
            scratch: Vec::new(),
            voice: Form::Verbatim,
            matched: Vec::new(),
            hints: Vec::new(),
            ending: None,
        };
        this.voice = this.form(OURSELVES, None, Stream::Stderr);
        this
    }

    fn form(&self, name: &str, place: Option<usize>, stream: Stream) -> Form {
        match self.output {
            Output::Raw => Form::Verbatim,
            Output::Prefix => {
                let colour = if self.colours[stream.index()] { Colour::Place(place) } else { Colour::None };
                Form::Prefix(Prefix::new(name, self.width, colour))
            }
            Output::Json => Form::Json(Json::new(name, stream)),
        }
    }

    /// Makes what a process writes to. In raw mode only who is listened to for a line needs something.
    ///
    /// # Errors
    /// When there is no descriptor left, or no pseudo-terminal to be had.
    pub fn connect(&mut self, wish: &Wish<'_>) -> io::Result<Ends> {
        let mut ends = Ends::default();
        if self.output == Output::Raw && wish.line.is_none() {
            return Ok(ends);
        }
        for stream in Stream::BOTH {
            let Some(_) = self.places[stream.index()] else { continue };
            let is_terminal = wish.terminal && stream == Stream::Stdout && self.output != Output::Raw;
            let kind = if is_terminal { Kind::Terminal } else { Kind::Pipe };
            let (ours, theirs) = match kind {
                Kind::Terminal => pty::pty(Size::of_ours())?,
                Kind::Pipe => pipe::pipe()?,
            };
            if let Some((uid, gid)) = wish.owner {
                pipe::give_to(&theirs, uid, gid);
            }
            let name = self.names.get(wish.speaker.0).map_or("", String::as_str);
            let form = self.form(name, Some(wish.speaker.0), stream);
            let tap = wish.line.cloned().map(Tap::new);
            let key = Key(self.next_key);
            self.next_key += 1;
            self.sources.push(Source::new(key, wish.speaker, stream, (kind, ours), form, tap));
            match stream {
                Stream::Stdout => ends.stdout = Some(theirs),
                Stream::Stderr => ends.stderr = Some(theirs),
            }
        }
        Ok(ends)
    }

    /// A process was started with what was made for it.
    pub fn started(&mut self, speaker: Speaker, pid: Pid) {
        let mut has_pipe = false;
        for source in
            self.sources.iter_mut().filter(|source| source.speaker == speaker && source.pid.is_none())
        {
            source.pid = Some(pid);
            has_pipe |= source.stream == Stream::Stdout && source.kind == Kind::Pipe;
        }
        if has_pipe && self.output != Output::Raw {
            self.hints.push(Hint::new(speaker, pid));
        }
    }

    /// A process has died: what it had written comes before anything that is said of its death.
    pub fn died(&mut self, pid: Pid) {
        self.hints.retain(|hint| hint.pid != pid);
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
        self.sources.is_empty() && !self.files.iter().any(Outlet::has_backlog)
    }

    /// When something is due though nothing may have happened.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let outlets = self.files.iter().filter_map(Outlet::deadline);
        let ending = self.ending.map(|since| since + FOR_TERMINALS).filter(|_| self.has_open_terminal());
        outlets.chain(self.hints.iter().map(|hint| hint.due)).chain(ending).min()
    }

    fn has_open_terminal(&self) -> bool {
        self.sources.iter().any(|source| source.is_open() && source.kind == Kind::Terminal)
    }

    /// Does what can be done after a wait.
    pub fn act(&mut self, set: &PollSet) {
        for outlet in &mut self.files {
            outlet.act(set);
        }
        let count = self.sources.len();
        self.turn = if count == 0 { 0 } else { (self.turn + 1) % count };
        for index in (self.turn..count).chain(0..self.turn) {
            if self.sources[index].is_ready(set) {
                self.read(index);
            }
        }
        self.read_owed();
        self.settle();
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
        if !self.sources.iter().any(Source::is_owing) {
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
            if source.is_open() && !source.is_owing() && (source.kind == Kind::Pipe || is_late) {
                source.close();
            }
        }
    }

    fn collect_matches(&mut self) {
        let has_matched = |source: &Source| source.tap.as_ref().is_some_and(Tap::has_matched);
        while let Some(speaker) =
            self.sources.iter().find(|source| has_matched(source)).map(|source| source.speaker)
        {
            self.matched.push(speaker);
            for source in self.sources.iter_mut().filter(|source| source.speaker == speaker) {
                source.tap = None;
            }
        }
    }

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
                if let Form::Verbatim = self.voice {
                    out.extend_from_slice(b"monofy: ");
                }
                let part = Part { bytes: text, begins: true, ends: true };
                self.voice.write(part, &Stamp::now(), out);
                true
            }
        }
    }

    /// Writes what waits, as far as it goes.
    pub fn flush(&mut self) {
        self.files.iter_mut().for_each(Outlet::flush);
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
    pub fn stop_looking(&mut self, speaker: Speaker) {
        for source in self.sources.iter_mut().filter(|source| source.speaker == speaker) {
            source.tap = None;
        }
    }

    /// Who has written the line that was looked for, since the last call.
    pub fn take_matched(&mut self) -> Vec<Speaker> {
        std::mem::take(&mut self.matched)
    }

    /// Who has written nothing for long, and is known to keep its output in a buffer; each is said once.
    pub fn take_silent(&mut self) -> Vec<Speaker> {
        let now = Instant::now();
        let (due, later) = std::mem::take(&mut self.hints).into_iter().partition(|hint| hint.due <= now);
        self.hints = later;
        let due: Vec<Hint> = due;
        let has_spoken = |pid| self.sources.iter().any(|source| source.pid == Some(pid) && source.has_spoken);
        due.iter().filter(|hint| !has_spoken(hint.pid) && hint.is_right()).map(|hint| hint.speaker).collect()
    }

    /// The terminal has another size.
    pub fn resize(&self) {
        let mut size = None;
        for source in self.sources.iter().filter(|source| source.kind == Kind::Terminal) {
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
        self.sources.iter_mut().for_each(Source::note_death);
        self.read_owed();
        self.settle();
    }

    /// Whether, after `end`, everything was passed on and written.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.is_idle()
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
