//! One stream of one process, as it comes out of our end of its pipe.

use std::os::fd::{AsFd, OwnedFd};

use crate::output::format::Form;
use crate::output::lines::{Assembler, LineSink, Part};
use crate::output::matcher::LineMatcher;
use crate::output::sink::{Key, Sink};
use crate::output::stream::Stream;
use crate::output::timestamp::Timestamp;
use crate::plan::TaskId;
use crate::sys::pipe::{self, Found};
use crate::sys::poll::{Interest, PollSet, Slot};
use crate::sys::process::Pid;

/// What a pseudo-terminal may hold; it does not tell how much it does.
const OF_A_TERMINAL: usize = 64 * 1024;

/// Whether our end is that of a pipe or of a pseudo-terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PipeKind {
    Pipe,
    Terminal,
}

/// Bytes of one stream of one process, on their way to an outlet.
#[derive(Debug)]
pub(super) struct StreamReader {
    pub(super) key: Key,
    pub(super) task: TaskId,
    pub(super) stream: Stream,
    pub(super) kind: PipeKind,
    pub(super) pid: Option<Pid>,
    pub(super) has_spoken: bool,
    pub(super) tap: Option<LineMatcher>,
    form: Form,
    assembler: Assembler,
    /// Nothing once its end was read, or all that was wanted.
    descriptor: Option<OwnedFd>,
    /// What was read and found no room.
    held: Vec<u8>,
    /// How much has to be read before the death of its process may be told.
    drain_remaining: usize,
    slot: Option<Slot>,
}

impl StreamReader {
    pub(super) fn new(
        key: Key,
        task: TaskId,
        stream: Stream,
        (kind, descriptor): (PipeKind, OwnedFd),
        form: Form,
        tap: Option<LineMatcher>,
    ) -> Self {
        Self {
            key,
            task,
            stream,
            kind,
            pid: None,
            has_spoken: false,
            tap,
            form,
            assembler: Assembler::default(),
            descriptor: Some(descriptor),
            held: Vec::new(),
            drain_remaining: 0,
            slot: None,
        }
    }

    /// Whether all that will ever come has been passed on.
    pub(super) fn is_done(&self) -> bool {
        self.descriptor.is_none() && self.held.is_empty() && self.assembler.is_empty()
    }

    /// Whether it has something that waits for room.
    pub(super) fn is_waiting(&self) -> bool {
        !self.held.is_empty() || self.descriptor.is_none() && !self.assembler.is_empty()
    }

    /// Whether it still has to pass on what its process, which has died, had written.
    pub(super) fn is_owing(&self) -> bool {
        self.drain_remaining > 0
    }

    pub(super) fn is_open(&self) -> bool {
        self.descriptor.is_some()
    }

    pub(super) fn descriptor(&self) -> Option<&OwnedFd> {
        self.descriptor.as_ref()
    }

    /// Its process has died: from now on it owes what is there, and a look whether that was all.
    pub(super) fn note_death(&mut self) {
        self.drain_remaining = match (&self.descriptor, self.kind) {
            (None, _) => 0,
            (Some(descriptor), PipeKind::Pipe) => pipe::waiting(descriptor.as_fd()) + 1,
            (Some(_), PipeKind::Terminal) => OF_A_TERMINAL + 1,
        };
    }

    /// Nothing more is wanted of it.
    pub(super) fn close(&mut self) {
        self.descriptor = None;
        self.drain_remaining = 0;
    }

    /// It is read only when all that was read before has been passed on, and when its outlet has room.
    pub(super) fn register(&mut self, set: &mut PollSet, outlet: &Sink) {
        let is_wanted = self.held.is_empty() && !outlet.is_full();
        let descriptor = self.descriptor.as_ref().filter(|_| is_wanted);
        self.slot = descriptor.map(|descriptor| set.watch(descriptor.as_fd(), Interest::Readable));
    }

    pub(super) fn is_ready(&mut self, set: &PollSet) -> bool {
        self.slot.take().is_some_and(|slot| set.is_ready(slot))
    }

    /// Reads once, if nothing waits, and passes on what it can.
    pub(super) fn read(&mut self, scratch: &mut [u8], outlet: &mut Sink) -> Found {
        let Some(descriptor) = self.descriptor.as_ref().filter(|_| self.held.is_empty()) else {
            return Found::Nothing;
        };
        let found = pipe::read_now(descriptor.as_fd(), scratch);
        match found {
            Found::Bytes(count) => {
                self.has_spoken = true;
                self.drain_remaining = self.drain_remaining.saturating_sub(count);
                let taken = self.pass_on(&scratch[..count], outlet);
                if count < scratch.len() {
                    // Whoever writes as fast as it goes needs this memory again at once; nobody else does.
                    self.held = Vec::new();
                }
                self.held.extend_from_slice(&scratch[taken..count]);
            }
            Found::Nothing => self.drain_remaining = 0,
            Found::End => {
                self.close();
                if let (Form::Verbatim, Some(tap)) = (&self.form, &mut self.tap) {
                    tap.look_at_end();
                }
                self.go_on(outlet);
            }
        }
        found
    }

    /// Reads what it owes, as far as there is room.
    pub(super) fn read_owed(&mut self, scratch: &mut [u8], outlet: &mut Sink) {
        while self.is_owing() && self.held.is_empty() && outlet.has_room(self.key) {
            self.read(scratch, outlet);
        }
    }

    /// Passes on what waits, and the end. Returns whether that changed anything.
    pub(super) fn go_on(&mut self, outlet: &mut Sink) -> bool {
        let mut has_moved = false;
        if !self.held.is_empty() {
            let mut held = std::mem::take(&mut self.held);
            let taken = self.pass_on(&held, outlet);
            has_moved = taken > 0;
            held.drain(..taken);
            self.held = held;
        }
        if self.descriptor.is_none() && self.held.is_empty() && !self.assembler.is_empty() {
            let mut way = ReadMode {
                key: self.key,
                form: &mut self.form,
                tap: self.tap.as_mut(),
                outlet,
                moment: None,
            };
            has_moved |= self.assembler.finish(&mut way);
        }
        has_moved
    }

    /// Ends the line of which a part was passed on: others have waited long enough.
    pub(super) fn interrupt(&mut self, outlet: &mut Sink) {
        self.assembler.interrupt();
        if let Some(out) = outlet.write(self.key, true) {
            self.form.end(out);
        }
    }

    fn pass_on(&mut self, bytes: &[u8], outlet: &mut Sink) -> usize {
        if let Form::Verbatim = self.form {
            return self.pass_verbatim(bytes, outlet);
        }
        let mut way =
            ReadMode { key: self.key, form: &mut self.form, tap: self.tap.as_mut(), outlet, moment: None };
        self.assembler.feed(bytes, &mut way)
    }

    fn pass_verbatim(&mut self, bytes: &[u8], outlet: &mut Sink) -> usize {
        if !outlet.has_room_for_anyone() {
            return 0;
        }
        if let Some(out) = outlet.write_verbatim() {
            out.extend_from_slice(bytes);
        }
        if let Some(tap) = &mut self.tap {
            tap.look_at_bytes(bytes);
        }
        bytes.len()
    }
}

/// From the assembler of a source to its outlet.
struct ReadMode<'a> {
    key: Key,
    form: &'a mut Form,
    tap: Option<&'a mut LineMatcher>,
    outlet: &'a mut Sink,
    /// When the lines were complete: of all that one read brought, the same moment.
    moment: Option<Timestamp>,
}

impl LineSink for ReadMode<'_> {
    fn has_room(&mut self) -> bool {
        self.outlet.has_room(self.key)
    }

    fn take(&mut self, part: Part<'_>) {
        if let Some(tap) = &mut self.tap {
            tap.look(part);
        }
        if let Some(out) = self.outlet.write(self.key, part.ends) {
            let moment = self.moment.get_or_insert_with(Timestamp::now);
            self.form.write(part, moment, out);
        }
    }
}
