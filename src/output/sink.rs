//! What monofy writes to: its stdout or its stderr, or both where they are one file.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::output::stream::Stream;
use crate::sys::nonblocking_writer::{FileIdentity, NonblockingWriter, WriteOutcome};
use crate::sys::poll::{Interest, PollSet, Slot};

/// How much waits for the reader before the processes have to.
const FULL: usize = 256 * 1024;
/// How much more of our own notices may wait.
const NOTICES: usize = 64 * 1024;
/// How long one who has written a part of a line may be silent while others wait to write theirs.
const PATIENCE: Duration = Duration::from_secs(1);

/// Who writes to an outlet: one stream of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(pub(super) u64);

#[derive(Debug)]
struct LineLock {
    by: Key,
    since: Instant,
    is_waited_for: bool,
}

/// What is known of who reads what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    KeepsUp,
    /// The last write did not take all; poll(2) will tell when it is worth another.
    IsBehind,
    /// There is none.
    Gone,
}

/// A file with a bounded backlog. Never waits for a reader.
#[derive(Debug)]
pub(super) struct Sink {
    flow: NonblockingWriter,
    /// The first of the streams that end here.
    stream: Stream,
    buffer: Vec<u8>,
    /// What of the buffer was written.
    start: usize,
    reader: Reader,
    /// Whether any process has written something here.
    carries_output: bool,
    /// Who is in the middle of a line: nobody else may write.
    hold: Option<LineLock>,
    failure: Option<io::Error>,
    has_failed: bool,
    slot: Option<Slot>,
}

impl Sink {
    pub(super) fn of(descriptor: BorrowedFd<'_>, stream: Stream) -> Option<Self> {
        Some(Self {
            flow: NonblockingWriter::of(descriptor)?,
            stream,
            buffer: Vec::new(),
            start: 0,
            reader: Reader::KeepsUp,
            carries_output: false,
            hold: None,
            failure: None,
            has_failed: false,
            slot: None,
        })
    }

    pub(super) fn identity(&self) -> FileIdentity {
        self.flow.identity()
    }

    pub(super) fn stream(&self) -> Stream {
        self.stream
    }

    /// Whether bytes wait for the reader.
    pub(super) fn has_backlog(&self) -> bool {
        self.start < self.buffer.len()
    }

    fn backlog(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Whether the processes have to wait for the reader.
    pub(super) fn is_full(&self) -> bool {
        self.backlog() >= FULL
    }

    /// Whether this one may write now. One who may not is noted, if it is for a line that another has begun.
    pub(super) fn has_room(&mut self, key: Key) -> bool {
        if let Some(hold) = &mut self.hold
            && hold.by != key
        {
            hold.is_waited_for = true;
            return false;
        }
        self.has_room_for_anyone()
    }

    pub(super) fn has_room_for_anyone(&mut self) -> bool {
        if self.is_full() {
            self.flush();
        }
        !self.is_full()
    }

    /// Where to write a part of a line, after `has_room`; nowhere if nobody reads.
    pub(super) fn write(&mut self, key: Key, ends_line: bool) -> Option<&mut Vec<u8>> {
        self.carries_output = true;
        if self.reader == Reader::Gone {
            return None;
        }
        self.hold = if ends_line {
            None
        } else {
            let is_waited_for = self.hold.as_ref().is_some_and(|hold| hold.is_waited_for);
            Some(LineLock { by: key, since: Instant::now(), is_waited_for })
        };
        Some(self.make_room())
    }

    /// The same for bytes that belong to no line.
    pub(super) fn write_verbatim(&mut self) -> Option<&mut Vec<u8>> {
        self.carries_output = true;
        if self.reader == Reader::Gone { None } else { Some(self.make_room()) }
    }

    /// Where to write a whole line of our own; `Err` when it has to wait.
    pub(super) fn write_notice(&mut self) -> Result<Option<&mut Vec<u8>>, MustWait> {
        if self.reader == Reader::Gone {
            return Ok(None);
        }
        if let Some(hold) = &mut self.hold {
            hold.is_waited_for = true;
            return Err(MustWait);
        }
        if self.backlog() >= FULL + NOTICES { Err(MustWait) } else { Ok(Some(self.make_room())) }
    }

    fn make_room(&mut self) -> &mut Vec<u8> {
        if self.start >= FULL / 2 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        &mut self.buffer
    }

    /// Writes what waits, as far as it goes.
    pub(super) fn flush(&mut self) {
        if self.reader == Reader::IsBehind || !self.has_backlog() {
            return;
        }
        let was_full = self.is_full();
        match self.flow.write(&self.buffer[self.start..]) {
            WriteOutcome::Bytes(count) => {
                self.start += count;
                if self.has_backlog() {
                    self.reader = Reader::IsBehind;
                }
            }
            WriteOutcome::NoReader => {
                self.reader = Reader::Gone;
                self.hold = None;
                self.start = self.buffer.len();
            }
            // Of a full disk, only what did not go on it is lost.
            WriteOutcome::Failed(error) => {
                if !std::mem::replace(&mut self.has_failed, true) {
                    self.failure = Some(error);
                }
                self.start = self.buffer.len();
            }
        }
        if !self.has_backlog() {
            self.buffer.clear();
            self.start = 0;
        }
        if let (true, false, Some(hold)) = (was_full, self.is_full(), &mut self.hold) {
            // It was silent because it had to be.
            hold.since = Instant::now();
        }
    }

    /// Forgets what nobody will read, and says whether there was any.
    pub(super) fn give_up(&mut self) -> bool {
        let had_backlog = self.has_backlog();
        self.buffer.clear();
        self.start = 0;
        had_backlog
    }

    /// When the one who is in the middle of a line has been silent for too long.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let hold = self.hold.as_ref()?;
        (hold.is_waited_for && !self.is_full()).then(|| hold.since + PATIENCE)
    }

    /// Takes the line away from who has been silent for too long, and says who that is. Its line has to be ended.
    pub(super) fn take_overdue(&mut self) -> Option<Key> {
        let is_due = self.deadline().is_some_and(|deadline| Instant::now() >= deadline);
        if is_due { self.hold.take().map(|hold| hold.by) } else { None }
    }

    /// Whether nobody reads what processes have written, the first time that it is asked.
    pub(super) fn take_reader_gone(&mut self) -> bool {
        self.reader == Reader::Gone && std::mem::take(&mut self.carries_output)
    }

    /// Why it could not be written to, once.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    pub(super) fn register(&mut self, set: &mut PollSet) {
        self.slot = self.has_backlog().then(|| set.watch(self.flow.as_fd(), Interest::Writable));
    }

    /// Writes if it can be written to. Returns whether it could.
    pub(super) fn act(&mut self, set: &PollSet) -> bool {
        let is_ready = self.slot.take().is_some_and(|slot| set.is_ready(slot));
        if is_ready {
            if self.reader == Reader::IsBehind {
                self.reader = Reader::KeepsUp;
            }
            self.flush();
        }
        is_ready
    }
}

/// Something else has to be written first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MustWait;
