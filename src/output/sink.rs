//! Writes to monofy's stdout or stderr, or to both where they are one file.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::output::stream::Stream;
use crate::sys::nonblocking_writer::{FileIdentity, NonblockingWriter, WriteOutcome};
use crate::sys::poll::{Interest, PollSet, Slot};

/// How many bytes may wait for the reader before the pipes of the processes are no longer read.
const FULL: usize = 256 * 1024;
/// How many bytes of notices may wait beyond that.
const NOTICES: usize = 64 * 1024;
/// How long a stream may be silent in the middle of a line while others wait to write theirs.
const PATIENCE: Duration = Duration::from_secs(1);

/// Identifies a [`StreamReader`](crate::output::stream_reader::StreamReader) to the sinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReaderId(pub(super) u64);

/// What a piece of output leaves its line as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// More is to come soon: the part of a long line.
    Open,
    /// The beginning of a line on a terminal, which may get no more. Others do not wait for it.
    Shown,
    Ended,
}

/// Held by the stream that is in the middle of a line. No other stream may write meanwhile.
#[derive(Debug)]
struct LineLock {
    holder: ReaderId,
    /// When the holder last wrote.
    since: Instant,
    /// How long it may be silent while others wait.
    patience: Duration,
    is_contended: bool,
}

/// What is known of the reader at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consumer {
    KeepsUp,
    /// The last write was partial; poll(2) says when the next one is worth trying.
    Behind,
    /// Nobody reads any more.
    Gone,
}

/// An output file with a bounded backlog. Writing never waits for the reader.
#[derive(Debug)]
pub(super) struct Sink {
    writer: NonblockingWriter,
    /// The first of the streams that are written here.
    stream: Stream,
    buffer: Vec<u8>,
    /// How many bytes of the buffer have been written.
    written: usize,
    consumer: Consumer,
    /// Whether a process has written something here.
    carries_output: bool,
    lock: Option<LineLock>,
    failure: Option<io::Error>,
    has_failed: bool,
    slot: Option<Slot>,
}

impl Sink {
    pub(super) fn new(descriptor: BorrowedFd<'_>, stream: Stream) -> Option<Self> {
        Some(Self {
            writer: NonblockingWriter::new(descriptor)?,
            stream,
            buffer: Vec::new(),
            written: 0,
            consumer: Consumer::KeepsUp,
            carries_output: false,
            lock: None,
            failure: None,
            has_failed: false,
            slot: None,
        })
    }

    pub(super) fn identity(&self) -> FileIdentity {
        self.writer.identity()
    }

    pub(super) fn stream(&self) -> Stream {
        self.stream
    }

    /// Whether bytes wait for the reader.
    pub(super) fn has_backlog(&self) -> bool {
        self.written < self.buffer.len()
    }

    fn backlog(&self) -> usize {
        self.buffer.len() - self.written
    }

    /// Whether the processes have to wait for the reader.
    pub(super) fn is_full(&self) -> bool {
        self.backlog() >= FULL
    }

    /// Whether this stream may write now. A stream that has to wait for the end of another's line makes the lock
    /// contended.
    pub(super) fn has_room_for(&mut self, reader: ReaderId, now: Instant) -> bool {
        if let Some(lock) = &mut self.lock
            && lock.holder != reader
        {
            lock.is_contended = true;
            return false;
        }
        self.has_room(now)
    }

    /// Whether this stream waits for the end of another's line.
    pub(super) fn is_blocked_for(&self, reader: ReaderId) -> bool {
        self.lock.as_ref().is_some_and(|lock| lock.holder != reader && lock.is_contended)
    }

    /// Whether the backlog has room, once everything possible has been written.
    pub(super) fn has_room(&mut self, now: Instant) -> bool {
        if self.is_full() {
            self.flush(now);
        }
        !self.is_full()
    }

    /// The buffer for a part of a line, after `has_room_for`. `None` if nobody reads any more.
    pub(super) fn write(&mut self, reader: ReaderId, end: LineEnd, now: Instant) -> Option<&mut Vec<u8>> {
        self.carries_output = true;
        if self.consumer == Consumer::Gone {
            return None;
        }
        self.lock = match end {
            LineEnd::Ended => None,
            LineEnd::Open | LineEnd::Shown => {
                let is_contended = self.lock.as_ref().is_some_and(|lock| lock.is_contended);
                let patience = if end == LineEnd::Open { PATIENCE } else { Duration::ZERO };
                Some(LineLock { holder: reader, since: now, patience, is_contended })
            }
        };
        Some(self.buffer())
    }

    /// The buffer for bytes that are not split into lines. `None` if nobody reads any more.
    pub(super) fn write_verbatim(&mut self) -> Option<&mut Vec<u8>> {
        self.carries_output = true;
        if self.consumer == Consumer::Gone { None } else { Some(self.buffer()) }
    }

    /// The buffer for a whole line of monofy itself. `None` if nobody reads any more.
    pub(super) fn write_notice(&mut self) -> Result<Option<&mut Vec<u8>>, MustWait> {
        if self.consumer == Consumer::Gone {
            return Ok(None);
        }
        if let Some(lock) = &mut self.lock {
            lock.is_contended = true;
            return Err(MustWait);
        }
        if self.backlog() >= FULL + NOTICES { Err(MustWait) } else { Ok(Some(self.buffer())) }
    }

    fn buffer(&mut self) -> &mut Vec<u8> {
        if self.written >= FULL / 2 {
            self.buffer.drain(..self.written);
            self.written = 0;
        }
        &mut self.buffer
    }

    /// Writes as much of the backlog as possible without waiting.
    pub(super) fn flush(&mut self, now: Instant) {
        if self.consumer == Consumer::Behind || !self.has_backlog() {
            return;
        }
        let was_full = self.is_full();
        match self.writer.write(&self.buffer[self.written..]) {
            WriteOutcome::Written(count) => {
                self.written += count;
                if self.has_backlog() {
                    self.consumer = Consumer::Behind;
                }
            }
            WriteOutcome::NoReader => {
                self.consumer = Consumer::Gone;
                self.lock = None;
                self.written = self.buffer.len();
            }
            // Only this backlog is lost: a full disk may have room again later.
            WriteOutcome::Failed(error) => {
                if !std::mem::replace(&mut self.has_failed, true) {
                    self.failure = Some(error);
                }
                self.written = self.buffer.len();
            }
        }
        if !self.has_backlog() {
            self.buffer.clear();
            self.written = 0;
        }
        if let (true, false, Some(lock)) = (was_full, self.is_full(), &mut self.lock) {
            // The holder could not write while the sink was full.
            lock.since = now;
        }
    }

    /// Drops the backlog. Returns whether there was one.
    pub(super) fn discard_backlog(&mut self) -> bool {
        let had_backlog = self.has_backlog();
        self.buffer.clear();
        self.written = 0;
        had_backlog
    }

    /// When the lock is taken from its holder, if that writes nothing until then.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let lock = self.lock.as_ref()?;
        (lock.is_contended && !self.is_full()).then(|| lock.since + lock.patience)
    }

    /// Takes the lock from a holder that has been silent for too long. The caller has to end the line of the stream
    /// that this returns.
    pub(super) fn take_expired_lock(&mut self, now: Instant) -> Option<ReaderId> {
        let has_expired = self.deadline().is_some_and(|deadline| now >= deadline);
        if has_expired { self.lock.take().map(|lock| lock.holder) } else { None }
    }

    /// Whether processes have written something here and nobody reads it. True only once.
    pub(super) fn take_reader_gone(&mut self) -> bool {
        self.consumer == Consumer::Gone && std::mem::take(&mut self.carries_output)
    }

    /// The first error of a write. Returned only once.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    pub(super) fn register(&mut self, set: &mut PollSet) {
        self.slot = self.has_backlog().then(|| set.watch(self.writer.as_fd(), Interest::Writable));
    }

    /// Writes if poll(2) says that it is possible. Returns whether it did say so.
    pub(super) fn act(&mut self, set: &PollSet, now: Instant) -> bool {
        let is_ready = self.slot.take().is_some_and(|slot| set.is_ready(slot));
        if is_ready {
            if self.consumer == Consumer::Behind {
                self.consumer = Consumer::KeepsUp;
            }
            self.flush(now);
        }
        is_ready
    }
}

/// A notice cannot be written yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MustWait;
