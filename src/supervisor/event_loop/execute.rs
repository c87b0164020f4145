//! What the machine says, done.

use crate::plan::TaskId;
use crate::signal::SignalNumber;
use crate::supervisor::event_loop::Driver;
use crate::supervisor::launcher::pending::Completed;
use crate::supervisor::launcher::{Lookup, LookupSubject, Missing, Start, StartError};
use crate::supervisor::machine::action::{Action, Announcement};
use crate::supervisor::machine::event::Event;
use crate::supervisor::machine::notice::Notice;
use crate::supervisor::machine::readiness::ProbeResult;
use crate::supervisor::messages;
use crate::supervisor::notices::Level;
use crate::supervisor::orphans;
use crate::supervisor::probes::Probed;
use crate::sys::clock::Moment;
use crate::sys::process::{self, Pid};
use crate::sys::procfs::{self, Descendant};
use crate::sys::signals;
use crate::sys::spawn::{NewProcess, Spawned};
use crate::sys::terminal::SavedTerminal;

impl Driver<'_> {
    /// Does one thing. Returns the status when that was the last.
    pub(in crate::supervisor) fn execute(&mut self, action: Action) -> Option<u8> {
        match action {
            Action::Spawn(id) => {
                let start = self.try_to_start(id);
                self.finish_start(id, start);
            }
            Action::LookUpPrograms => match self.launcher.look_up() {
                Lookup::Complete(missing) => self.finish_lookup(&missing),
                Lookup::Pending(lookup) => self.pending.set_lookup(lookup),
            },
            Action::Ask(id) => {
                if let Some(result) = self.probe(id) {
                    self.tell_machine(Event::Checked(id, result));
                }
            }
            Action::GiveUpAsking(id) => self.probes.abandon(id),
            Action::EndCheck(id) => {
                self.probes.end(id);
                if let Some(outlets) = &mut self.outlets {
                    outlets.stop_matching(TaskId(id.0));
                }
            }
            Action::Announce(what) => self.announce(what),
            Action::AskLeftBehind(id, leader) => {
                let left = self.remains.take_group_to_ask(leader);
                self.ask_remains(&Notice::AskedLeftBehind(id), &left);
            }
            Action::KillLeftBehind(leader) => self.remains.kill_group(leader),
            Action::Send(pid, signal) => self.send(pid, signal),
            Action::KillTree(pid) => self.kill_tree(pid),
            Action::AskDescendants => self.ask_descendants(),
            Action::KillDescendants { sparing } => orphans::kill_all_but(&sparing),
            Action::StopSelf(signal) => signals::stop_self(signal),
            Action::Tell(notice) => self.tell(&notice),
            Action::Finish(status) => return Some(status),
        }
        None
    }

    fn try_to_start(&mut self, id: TaskId) -> Start {
        let resources = self.launcher.ready(id).map(|ready| self.probes.prepare(id, ready)).transpose();
        let resources = resources.map_err(StartError::Probe)?.unwrap_or_default();
        self.launcher.start(id, self.outlets.as_deref_mut(), &resources)
    }

    fn finish_start(&mut self, id: TaskId, start: Start) {
        let event = match start {
            Ok(Spawned::Executed(process, _)) => self.started(id, process),
            Ok(Spawned::Pending(process)) => {
                self.pending.add_start(id, process);
                return;
            }
            Err(error) => self.not_started(id, &error),
        };
        self.tell_machine(event);
    }

    fn started(&mut self, id: TaskId, NewProcess { pid, missed }: NewProcess) -> Event<'static> {
        if let Some(outlets) = &mut self.outlets {
            outlets.process_started(TaskId(id.0), pid, Moment::now());
        }
        let launcher = &mut self.launcher;
        self.probes.started(id, pid, || launcher.uid(id));
        Event::Spawned(id, pid, missed)
    }

    fn not_started(&mut self, id: TaskId, error: &StartError) -> Event<'static> {
        self.probes.end(id);
        if !error.is_cancelled() {
            let text = format!("{}: {error}", messages::command(&self.launcher, id));
            self.teller.tell(Level::Warning, &text);
        }
        Event::SpawnFailed(id, error.exit_status())
    }

    /// Handles starts and lookups that have taken long.
    pub(in crate::supervisor) fn complete(&mut self, completed: Vec<Completed>) {
        for completed in completed {
            match completed {
                Completed::Start(id, result) => {
                    let event = match result {
                        Ok(process) => self.started(id, process),
                        Err(error) => {
                            let error = self.launcher.explain_start(id, error);
                            self.not_started(id, &error)
                        }
                    };
                    self.tell_machine(event);
                }
                Completed::Cancelled(id) => {
                    let event = self.not_started(id, &StartError::Cancelled);
                    self.tell_machine(event);
                }
                Completed::Lookup(lookup) => {
                    let missing = self.launcher.finish_lookup(lookup);
                    self.finish_lookup(&missing);
                }
            }
        }
    }

    fn finish_lookup(&mut self, missing: &Missing) {
        for (id, subject, error) in missing {
            let command = messages::command(&self.launcher, *id);
            let text = match subject {
                LookupSubject::Process => format!("{command}: {error}"),
                LookupSubject::Probe => {
                    format!("{command}: --ready {}: {error}", messages::check(&self.launcher, *id))
                }
            };
            self.teller.tell(Level::Warning, &text);
        }
        let result = missing.first().map_or(Ok(()), |(_, _, error)| Err(error.exit_status()));
        self.tell_machine(Event::ProgramsLookedUp(result));
    }

    fn probe(&mut self, id: TaskId) -> Option<ProbeResult> {
        match self.probes.probe(id) {
            Probed::Result(result) => Some(result),
            Probed::UnderWay => None,
            Probed::StartCommand => match self.launcher.start_probe(id) {
                Ok(pid) => {
                    self.probes.command_started(id, pid);
                    None
                }
                // The program may appear later.
                Err(error) => {
                    self.probes.record_reason(id, error.to_string());
                    Some(ProbeResult::NotYet)
                }
            },
        }
    }

    fn announce(&mut self, what: Announcement) {
        if let Err(error) = self.upward.announce(what) {
            let what = match what {
                Announcement::Ready => "everything is ready",
                Announcement::Stopping => "it is stopping",
            };
            let text = format!("cannot tell who has started monofy that {what}: {error}");
            self.teller.tell(Level::Warning, &text);
        }
    }

    /// To a child that was not reaped, so ESRCH cannot be; EPERM can, for a child that changed its user.
    fn send(&mut self, pid: Pid, signal: SignalNumber) {
        if let Err(error) = process::send(pid, signal) {
            self.teller.tell(Level::Warning, &format!("cannot send {signal} to pid {pid}: {error}"));
        }
    }

    fn kill_tree(&mut self, root: Pid) {
        // Looked at before the kill, since what is below becomes ours with it.
        let below = procfs::living_below(root, &[]).unwrap_or_default();
        self.send(root, SignalNumber::KILL);
        orphans::kill(&below);
    }

    fn ask_descendants(&mut self) {
        let left = self.remains.take_to_ask();
        self.ask_remains(&Notice::AskedDescendants, &left);
    }

    fn ask_remains(&mut self, notice: &Notice, left: &[Descendant]) {
        if !left.is_empty() {
            self.tell_about(notice, left);
            orphans::ask(left);
        }
    }

    fn tell(&mut self, notice: &Notice) {
        let left = if notice.is_about_descendants() { procfs::living(&[]) } else { None };
        self.tell_about(notice, &left.unwrap_or_default());
    }

    fn tell_about(&mut self, notice: &Notice, left: &[Descendant]) {
        let level = messages::level(notice);
        if let Notice::Finished(..) = notice {
            // Before the last notice, which raw mode would show askew.
            self.terminal.iter().for_each(SavedTerminal::restore_if_raw);
            self.teller.tell_last(level, &messages::words(notice, &self.launcher, left));
        } else if self.teller.wants(level) {
            let mut text = messages::words(notice, &self.launcher, left);
            if let Notice::NotReady(id, ..) = notice
                && let Some(reason) = self.probes.reason(*id)
            {
                text = text + "; last reason: " + reason;
            }
            self.teller.tell(level, &text);
        }
    }
}
