//! Reads one stream of one process from monofy's end of its pipe.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use crate::output::format::LineFormat;
use crate::output::lines::{LineAssembler, LineSink, Part};
use crate::output::matcher::LineMatcher;
use crate::output::sink::{LineEnd, ReaderId, Sink};
use crate::output::stream::Stream;
use crate::output::timestamp::Timestamp;
use crate::plan::TaskId;
use crate::sys::clock::Moment;
use crate::sys::pipe::{self, ReadOutcome};
use crate::sys::poll::{Interest, PollSet, Slot};
use crate::sys::process::Pid;

/// How many bytes a pseudo-terminal may hold. The kernel does not say how many it does hold.
const TERMINAL_CAPACITY: usize = 64 * 1024;

/// What a process writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PipeKind {
    Pipe,
    Terminal,
}

/// How long a line on a terminal may have no end before its beginning is shown.
const PARTIAL_LINE: Duration = Duration::from_millis(500);

/// Whether the beginning of a line is shown before its end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartialLines {
    /// No: lines are whole.
    Held,
    /// Yes, after a while: a prompt, the dots of a progress.
    Shown,
}

/// A new pipe or pseudo-terminal, by monofy's end.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) kind: PipeKind,
    pub(super) descriptor: OwnedFd,
}

/// One stream of one process, on its way to a sink.
#[derive(Debug)]
pub(super) struct StreamReader {
    pub(super) id: ReaderId,
    pub(super) task: TaskId,
    pub(super) stream: Stream,
    pub(super) kind: PipeKind,
    pub(super) pid: Option<Pid>,
    pub(super) has_output: bool,
    pub(super) matcher: Option<LineMatcher>,
    format: LineFormat,
    assembler: LineAssembler,
    partial_lines: PartialLines,
    /// When the line whose beginning has to be shown began.
    partial_since: Option<Instant>,
    /// `None` once the end has been read, or nothing more is wanted.
    descriptor: Option<OwnedFd>,
    /// Bytes that were read and for which the sink had no room.
    held: Vec<u8>,
    /// How many bytes still have to be read before the exit of the process may be reported.
    drain_remaining: usize,
    slot: Option<Slot>,
}

impl StreamReader {
    pub(super) fn new(
        id: ReaderId,
        (task, stream): (TaskId, Stream),
        Connection { kind, descriptor }: Connection,
        (format, partial_lines): (LineFormat, PartialLines),
        matcher: Option<LineMatcher>,
    ) -> Self {
        Self {
            id,
            task,
            stream,
            kind,
            pid: None,
            has_output: false,
            matcher,
            format,
            assembler: LineAssembler::default(),
            partial_lines,
            partial_since: None,
            descriptor: Some(descriptor),
            held: Vec::new(),
            drain_remaining: 0,
            slot: None,
        }
    }

    /// Whether the stream has ended and all of it has been passed on.
    pub(super) fn is_done(&self) -> bool {
        self.descriptor.is_none() && self.held.is_empty() && self.assembler.is_empty()
    }

    /// Whether it holds something that waits for room in the sink.
    pub(super) fn is_waiting(&self) -> bool {
        !self.held.is_empty() || self.descriptor.is_none() && !self.assembler.is_empty()
    }

    /// Whether its process has exited and not all of the output has been read yet.
    pub(super) fn is_draining(&self) -> bool {
        self.drain_remaining > 0
    }

    pub(super) fn is_open(&self) -> bool {
        self.descriptor.is_some()
    }

    pub(super) fn descriptor(&self) -> Option<&OwnedFd> {
        self.descriptor.as_ref()
    }

    /// Begins to drain, since the process has exited. The additional byte makes one more read, which sees the end of
    /// the stream where nobody else holds it.
    pub(super) fn begin_drain(&mut self) {
        self.drain_remaining = match (&self.descriptor, self.kind) {
            (None, _) => 0,
            (Some(descriptor), PipeKind::Pipe) => pipe::readable_bytes(descriptor.as_fd()) + 1,
            (Some(_), PipeKind::Terminal) => TERMINAL_CAPACITY + 1,
        };
    }

    /// Stops reading.
    pub(super) fn close(&mut self) {
        self.descriptor = None;
        self.drain_remaining = 0;
    }

    /// Watches the pipe, but only if everything read so far has been passed on and the sink has room.
    pub(super) fn register(&mut self, set: &mut PollSet, sink: &Sink) {
        let is_wanted = self.held.is_empty() && !sink.is_full();
        let descriptor = self.descriptor.as_ref().filter(|_| is_wanted);
        self.slot = descriptor.map(|descriptor| set.watch(descriptor.as_fd(), Interest::Readable));
    }

    pub(super) fn take_is_ready(&mut self, set: &PollSet) -> bool {
        self.slot.take().is_some_and(|slot| set.is_ready(slot))
    }

    /// Reads once and passes on as much as possible. Does nothing while earlier bytes wait for room.
    pub(super) fn read(&mut self, scratch: &mut [u8], sink: &mut Sink, now: Moment) {
        let Some(descriptor) = self.descriptor.as_ref().filter(|_| self.held.is_empty()) else { return };
        match pipe::read_now(descriptor.as_fd(), scratch) {
            ReadOutcome::Read(count) => {
                self.has_output = true;
                self.drain_remaining = self.drain_remaining.saturating_sub(count);
                let taken = self.pass_on(&scratch[..count], sink, now);
                if count < scratch.len() {
                    // Only a stream that fills every read needs this memory again soon.
                    self.held = Vec::new();
                }
                self.held.extend_from_slice(&scratch[taken..count]);
            }
            ReadOutcome::Empty => self.drain_remaining = 0,
            ReadOutcome::End => {
                self.close();
                if let Some(matcher) = &mut self.matcher {
                    matcher.finish();
                }
                self.resume(sink, now);
            }
        }
    }

    /// Reads until the stream is drained or the sink is full.
    pub(super) fn drain(&mut self, scratch: &mut [u8], sink: &mut Sink, now: Moment) {
        while self.is_draining() && self.held.is_empty() && sink.has_room_for(self.id, now.monotonic) {
            self.read(scratch, sink, now);
        }
    }

    /// Passes on what waits for room. Returns whether anything has changed.
    pub(super) fn resume(&mut self, sink: &mut Sink, now: Moment) -> bool {
        let mut has_moved = false;
        if !self.held.is_empty() {
            let mut held = std::mem::take(&mut self.held);
            let taken = self.pass_on(&held, sink, now);
            has_moved = taken > 0;
            held.drain(..taken);
            self.held = held;
        }
        if self.descriptor.is_none() && self.held.is_empty() && !self.assembler.is_empty() {
            let (assembler, mut writer) = self.line_writer(sink, now);
            has_moved |= assembler.finish(&mut writer);
        }
        has_moved
    }

    /// Ends the line of which a part has been written, since other streams have waited long enough.
    pub(super) fn interrupt(&mut self, sink: &mut Sink, now: Instant) {
        self.assembler.interrupt();
        if let Some(out) = sink.write(self.id, LineEnd::Ended, now) {
            self.format.end_line(out);
        }
    }

    /// When the beginning of a line has to be shown.
    pub(super) fn partial_deadline(&self, sink: &Sink) -> Option<Instant> {
        let since = self.partial_since.filter(|_| !sink.is_full() && !sink.is_blocked_for(self.id))?;
        Some(since + PARTIAL_LINE)
    }

    /// Shows the beginning of a line whose end has not come in time. Returns whether that has changed anything.
    pub(super) fn show_partial(&mut self, sink: &mut Sink, now: Moment) -> bool {
        let is_due = self.partial_since.is_some_and(|since| now.monotonic >= since + PARTIAL_LINE);
        is_due && self.pass_partial(sink, now)
    }

    fn pass_partial(&mut self, sink: &mut Sink, now: Moment) -> bool {
        let (assembler, mut writer) = self.line_writer(sink, now);
        writer.open_end = LineEnd::Shown;
        let is_passed = assembler.pass_partial(&mut writer);
        if is_passed {
            self.partial_since = None;
        }
        is_passed
    }

    fn pass_on(&mut self, bytes: &[u8], sink: &mut Sink, now: Moment) -> usize {
        let taken = if let LineFormat::Verbatim = self.format {
            Self::pass_verbatim(bytes, sink, now.monotonic)
        } else {
            self.pass_lines(bytes, sink, now)
        };
        if let Some(matcher) = &mut self.matcher {
            matcher.feed(&bytes[..taken]);
        }
        taken
    }

    fn pass_lines(&mut self, bytes: &[u8], sink: &mut Sink, now: Moment) -> usize {
        let (assembler, mut writer) = self.line_writer(sink, now);
        let taken = assembler.feed(bytes, &mut writer);
        let has_ended_line = writer.has_ended_line;
        if self.partial_lines == PartialLines::Held || taken < bytes.len() {
            return taken;
        }
        if !self.assembler.has_partial() {
            self.partial_since = None;
        } else if self.assembler.has_begun() {
            // Nobody else has written since its beginning was shown: it goes on in place.
            self.pass_partial(sink, now);
        } else if has_ended_line || self.partial_since.is_none() {
            self.partial_since = Some(now.monotonic);
        }
        taken
    }

    fn pass_verbatim(bytes: &[u8], sink: &mut Sink, now: Instant) -> usize {
        if !sink.has_room(now) {
            return 0;
        }
        if let Some(out) = sink.write_verbatim() {
            out.extend_from_slice(bytes);
        }
        bytes.len()
    }

    fn line_writer<'a>(
        &'a mut self,
        sink: &'a mut Sink,
        now: Moment,
    ) -> (&'a mut LineAssembler, LineWriter<'a>) {
        let writer = LineWriter {
            id: self.id,
            format: &mut self.format,
            sink,
            now,
            timestamp: None,
            open_end: LineEnd::Open,
            has_ended_line: false,
        };
        (&mut self.assembler, writer)
    }
}

/// Formats the lines of a stream into a sink.
struct LineWriter<'a> {
    id: ReaderId,
    format: &'a mut LineFormat,
    sink: &'a mut Sink,
    /// When the lines were read: the same time for all lines of one read.
    now: Moment,
    timestamp: Option<Timestamp>,
    /// What a part without an end leaves its line as.
    open_end: LineEnd,
    has_ended_line: bool,
}

impl LineSink for LineWriter<'_> {
    fn has_room(&mut self) -> bool {
        self.sink.has_room_for(self.id, self.now.monotonic)
    }

    fn take(&mut self, part: Part<'_>) {
        self.has_ended_line |= part.ends;
        let end = if part.ends { LineEnd::Ended } else { self.open_end };
        if let Some(out) = self.sink.write(self.id, end, self.now.monotonic) {
            let timestamp = self.timestamp.get_or_insert_with(|| Timestamp::of(self.now.wall));
            self.format.write(part, timestamp, out);
        }
    }
}
