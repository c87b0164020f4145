//! Creates the pipes and pseudo-terminals that the processes write to.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use regex::bytes::Regex;

use crate::output::buffering_hint::BufferingHint;
use crate::output::format::LineFormat;
use crate::output::format::json::JsonFormat;
use crate::output::format::prefix::{Colour, PrefixFormat, Target};
use crate::output::matcher::LineMatcher;
use crate::output::mux::OutputMux;
use crate::output::sink::{ReaderId, Sink};
use crate::output::stream::Stream;
use crate::output::stream_reader::{Connection, PartialLines, PipeKind, StreamReader};
use crate::plan::{Output, TaskId};
use crate::sys::clock::Moment;
use crate::sys::descriptors::is_terminal;
use crate::sys::pipe;
use crate::sys::process::Pid;
use crate::sys::pty::{self, WindowSize};
use crate::text::columns;

/// The name in front of monofy's own lines.
const OWN_NAME: &str = "monofy";

/// Whether the names in front of the lines may have colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourChoice {
    /// On a terminal.
    Auto,
    /// Nowhere: `NO_COLOR` is set.
    Never,
}

/// The output that a process needs which is about to be started.
#[derive(Clone, Copy, Debug)]
pub struct StdioRequest<'a> {
    /// The task of the process.
    pub task: TaskId,
    /// Whether its stdout should be a terminal.
    pub terminal: bool,
    /// The user and the group that it runs as, if these are not monofy's own.
    pub owner: Option<(u32, u32)>,
    /// Matches the line that makes it ready.
    pub line: Option<&'a Regex>,
}

/// The output descriptors of a process. Without one it inherits that of monofy.
#[derive(Debug, Default)]
pub struct ChildStdio {
    /// Its descriptor 1.
    pub stdout: Option<OwnedFd>,
    /// Its descriptor 2.
    pub stderr: Option<OwnedFd>,
}

impl OutputMux {
    /// For tasks with these names, in the order of the line.
    #[must_use]
    pub fn new(output: Output, names: Vec<String>, colours: ColourChoice) -> Self {
        let stdout = Sink::new(io::stdout().as_fd(), Stream::Stdout);
        let stderr = Sink::new(io::stderr().as_fd(), Stream::Stderr);
        let is_one = match (&stdout, &stderr) {
            (Some(stdout), Some(stderr)) => stdout.identity() == stderr.identity(),
            (Some(_), None) | (None, Some(_) | None) => false,
        };
        let sink_of = match (&stdout, &stderr) {
            // One file, so one sink: a line of one stream must not tear a line of the other.
            (Some(_), Some(_)) if is_one => [Some(0), Some(0)],
            (Some(_), Some(_)) => [Some(0), Some(1)],
            (Some(_), None) => [Some(0), None],
            (None, Some(_)) => [None, Some(0)],
            (None, None) => [None, None],
        };
        let may_colour = colours == ColourChoice::Auto;
        let is_terminal = [is_terminal(&io::stdout()), is_terminal(&io::stderr())];
        let is_coloured = is_terminal.map(|is_terminal| is_terminal && may_colour);
        let width = columns::width(names.iter().map(String::as_str).chain([OWN_NAME]));
        let mut mux = Self {
            output,
            names,
            width,
            is_coloured,
            is_terminal,
            sinks: stdout.into_iter().chain(stderr.filter(|_| !is_one)).collect(),
            sink_of,
            readers: Vec::new(),
            next_id: 0,
            first: 0,
            scratch: Vec::new(),
            notice_format: LineFormat::Verbatim,
            matched: Vec::new(),
            hints: Vec::new(),
            finishing_since: None,
        };
        mux.notice_format = mux.line_format(OWN_NAME, Colour::Monofy, Stream::Stderr);
        mux
    }

    fn line_format(&self, name: &str, colour: Colour, stream: Stream) -> LineFormat {
        match self.output {
            Output::Raw => LineFormat::Verbatim,
            Output::Prefix => {
                let colour = if self.is_coloured[stream.index()] { colour } else { Colour::None };
                let target = if self.is_terminal[stream.index()] { Target::Terminal } else { Target::File };
                LineFormat::Prefix(PrefixFormat::new(name, self.width, colour, target))
            }
            Output::Json => LineFormat::Json(JsonFormat::new(name, stream)),
        }
    }

    /// Creates the output descriptors of a process. In raw mode only a process whose lines are compared needs any.
    ///
    /// # Errors
    /// When there is no descriptor left, or no pseudo-terminal available.
    pub fn open_stdio(&mut self, request: &StdioRequest<'_>) -> io::Result<ChildStdio> {
        let mut stdio = ChildStdio::default();
        if self.output == Output::Raw && request.line.is_none() {
            return Ok(stdio);
        }
        for stream in Stream::BOTH {
            if self.sink_of[stream.index()].is_none() {
                continue;
            }
            let is_terminal = request.terminal && stream == Stream::Stdout && self.output != Output::Raw;
            let kind = if is_terminal { PipeKind::Terminal } else { PipeKind::Pipe };
            let (descriptor, child_end) = match kind {
                PipeKind::Terminal => pty::open(WindowSize::of_stdio())?,
                PipeKind::Pipe => pipe::open()?,
            };
            if let Some((uid, gid)) = request.owner {
                pipe::change_owner(&child_end, uid, gid);
            }
            let name = self.names.get(request.task.0).map_or("", String::as_str);
            let format = self.line_format(name, Colour::Process(request.task.0), stream);
            let is_shown = self.output == Output::Prefix && self.is_terminal[stream.index()];
            let partial_lines = if is_shown { PartialLines::Shown } else { PartialLines::Held };
            let matcher = request.line.cloned().map(LineMatcher::new);
            let id = ReaderId(self.next_id);
            self.next_id += 1;
            let connection = Connection { kind, descriptor };
            self.readers.push(StreamReader::new(
                id,
                (request.task, stream),
                connection,
                (format, partial_lines),
                matcher,
            ));
            match stream {
                Stream::Stdout => stdio.stdout = Some(child_end),
                Stream::Stderr => stdio.stderr = Some(child_end),
            }
        }
        Ok(stdio)
    }

    /// Notes the process that was started with the last descriptors of its task.
    pub fn process_started(&mut self, task: TaskId, pid: Pid, now: Moment) {
        let mut has_pipe = false;
        for reader in self.readers.iter_mut().filter(|reader| reader.task == task && reader.pid.is_none()) {
            reader.pid = Some(pid);
            has_pipe |= reader.stream == Stream::Stdout && reader.kind == PipeKind::Pipe;
        }
        if has_pipe && self.output != Output::Raw {
            self.hints.push(BufferingHint::new(task, pid, now.monotonic));
        }
    }
}
