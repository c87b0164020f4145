//! What the machine says, done.

use crate::plan::TaskId;
use crate::signal::SignalNumber;
use crate::supervisor::event_loop::Driver;
use crate::supervisor::launcher::{Failure, What};
use crate::supervisor::machine::action::{Action, Announcement};
use crate::supervisor::machine::event::Event;
use crate::supervisor::machine::notice::Notice;
use crate::supervisor::messages;
use crate::supervisor::notices::Level;
use crate::supervisor::orphans;
use crate::sys::clock::Moment;
use crate::sys::process::{self, Pid};
use crate::sys::procfs::{self, Descendant};
use crate::sys::signals;
use crate::sys::spawn::Started;
use crate::sys::terminal::SavedTerminal;

impl Driver<'_> {
    /// Does one thing. Returns the status when that was the last.
    pub(in crate::supervisor) fn execute(&mut self, action: Action) -> Option<u8> {
        match action {
            Action::Spawn(id) => {
                let event = self.start(id);
                self.tell_machine(event);
            }
            Action::LookUpPrograms => {
                let result = self.look_up_programs();
                self.tell_machine(Event::ProgramsLookedUp(result));
            }
            Action::Ask(id) => {
                if let Some(answer) = self.probes.ask(id, &self.launcher) {
                    self.tell_machine(Event::Checked(id, answer));
                }
            }
            Action::GiveUpAsking(id) => self.probes.give_up_asking(id),
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

    fn start(&mut self, id: TaskId) -> Event<'static> {
        match self.try_to_start(id) {
            Ok(Started { pid, missed }) => {
                if let Some(outlets) = &mut self.outlets {
                    outlets.process_started(TaskId(id.0), pid, Moment::now());
                }
                self.probes.started(id, pid, &self.launcher);
                Event::Spawned(id, pid, missed)
            }
            Err(failure) => {
                self.probes.end(id);
                let text = format!("{} cannot be started: {failure}", messages::command(&self.launcher, id));
                self.teller.tell(Level::Warning, &text);
                Event::SpawnFailed(id, failure.exit_status())
            }
        }
    }

    fn try_to_start(&mut self, id: TaskId) -> Result<Started, Failure> {
        let outfit = self.launcher.ready(id).map(|ready| self.probes.prepare(id, ready)).transpose();
        let outfit = outfit.map_err(Failure::Check)?.unwrap_or_default();
        self.launcher.start(id, self.outlets.as_deref_mut(), &outfit)
    }

    fn look_up_programs(&mut self) -> Result<(), u8> {
        let missing = self.launcher.missing();
        for (id, what, missing) in &missing {
            let command = messages::command(&self.launcher, *id);
            let text = match what {
                What::Program => format!("{command} cannot be started: {missing}"),
                What::Check => format!("{command} cannot be asked whether it is ready: exec: {missing}"),
            };
            self.teller.tell(Level::Warning, &text);
        }
        missing.first().map_or(Ok(()), |(_, _, missing)| Err(missing.exit_status()))
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
            self.teller.tell(level, &messages::words(notice, &self.launcher, left));
        }
    }
}
