//! Making what the processes write to.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use regex::bytes::Regex;

use crate::output::format::Form;
use crate::output::format::json::Json;
use crate::output::format::prefix::{Colour, Prefix};
use crate::output::hint::Hint;
use crate::output::matcher::LineMatcher;
use crate::output::mux::OutputMux;
use crate::output::sink::{Key, Sink};
use crate::output::stream::Stream;
use crate::output::stream_reader::{PipeKind, StreamReader};
use crate::plan::{Output, TaskId};
use crate::sys::descriptors::is_terminal;
use crate::sys::pipe;
use crate::sys::process::Pid;
use crate::sys::pty::{self, Size};

/// As whom monofy itself speaks.
const OURSELVES: &str = "monofy";

/// What a process that is about to be started wants of its output.
#[derive(Clone, Copy, Debug)]
pub struct StdioRequest<'a> {
    /// Who it is.
    pub task: TaskId,
    /// Whether its stdout should be a terminal.
    pub terminal: bool,
    /// The user and the group that it runs as, if not as we do.
    pub owner: Option<(u32, u32)>,
    /// A line to look for.
    pub line: Option<&'a Regex>,
}

/// What a process gets to write to; where there is nothing, what monofy itself was given.
#[derive(Debug, Default)]
pub struct ChildStdio {
    /// As its descriptor 1.
    pub stdout: Option<OwnedFd>,
    /// As its descriptor 2.
    pub stderr: Option<OwnedFd>,
}

impl OutputMux {
    /// For commands with these names, in the order of the line. `colours` says whether a terminal gets some.
    #[must_use]
    pub fn new(output: Output, names: Vec<String>, colours: bool) -> Self {
        let stdout = Sink::of(io::stdout().as_fd(), Stream::Stdout);
        let stderr = Sink::of(io::stderr().as_fd(), Stream::Stderr);
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
            own_format: Form::Verbatim,
            matched: Vec::new(),
            hints: Vec::new(),
            ending: None,
        };
        this.own_format = this.form(OURSELVES, None, Stream::Stderr);
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
    pub fn connect(&mut self, wish: &StdioRequest<'_>) -> io::Result<ChildStdio> {
        let mut ends = ChildStdio::default();
        if self.output == Output::Raw && wish.line.is_none() {
            return Ok(ends);
        }
        for stream in Stream::BOTH {
            let Some(_) = self.places[stream.index()] else { continue };
            let is_terminal = wish.terminal && stream == Stream::Stdout && self.output != Output::Raw;
            let kind = if is_terminal { PipeKind::Terminal } else { PipeKind::Pipe };
            let (ours, theirs) = match kind {
                PipeKind::Terminal => pty::pty(Size::of_ours())?,
                PipeKind::Pipe => pipe::pipe()?,
            };
            if let Some((uid, gid)) = wish.owner {
                pipe::give_to(&theirs, uid, gid);
            }
            let name = self.names.get(wish.task.0).map_or("", String::as_str);
            let form = self.form(name, Some(wish.task.0), stream);
            let tap = wish.line.cloned().map(LineMatcher::new);
            let key = Key(self.next_key);
            self.next_key += 1;
            self.sources.push(StreamReader::new(key, wish.task, stream, (kind, ours), form, tap));
            match stream {
                Stream::Stdout => ends.stdout = Some(theirs),
                Stream::Stderr => ends.stderr = Some(theirs),
            }
        }
        Ok(ends)
    }

    /// A process was started with what was made for it.
    pub fn started(&mut self, task: TaskId, pid: Pid) {
        let mut has_pipe = false;
        for source in self.sources.iter_mut().filter(|source| source.task == task && source.pid.is_none()) {
            source.pid = Some(pid);
            has_pipe |= source.stream == Stream::Stdout && source.kind == PipeKind::Pipe;
        }
        if has_pipe && self.output != Output::Raw {
            self.hints.push(Hint::new(task, pid));
        }
    }
}
