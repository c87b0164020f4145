//! Executes the machine's actions.

use crate::plan::TaskId;
use crate::signal::SignalNumber;
use crate::supervisor::event_loop::EventLoop;
use crate::supervisor::launcher::{Failure, What};
use crate::supervisor::machine::action::{Action, Announcement};
use crate::supervisor::machine::event::{CreatesPath, Event, Leftovers};
use crate::supervisor::machine::notice::Notice;
use crate::supervisor::messages;
use crate::supervisor::notices::Level;
use crate::supervisor::orphans;
use crate::sys::clock::Moment;
use crate::sys::process::{self, Pid};
use crate::sys::procfs::{self, Descendant};
use crate::sys::signals;
use crate::sys::spawn::{Grouping, Started};

impl EventLoop<'_> {
    /// Executes one action. Returns the exit status if it was the last.
    pub(in crate::supervisor) fn execute(&mut self, action: Action) -> Option<u8> {
        match action {
            Action::Spawn(id) => {
                let event = self.start(id);
                self.handle(event);
            }
            Action::CheckCreates(id) => {
                let path = self.check_creates(id);
                self.handle(Event::CreatesChecked(id, path));
            }
            Action::LookUpPrograms => {
                let result = self.look_up_programs();
                self.handle(Event::ProgramsLookedUp(result));
            }
            Action::Probe(id) => {
                if let Some(result) = self.probes.ask(id, &self.launcher) {
                    self.handle(Event::Probed(id, result));
                }
            }
            Action::AbandonProbe(id) => self.probes.give_up_asking(id),
            Action::EndProbe(id) => {
                self.probes.end(id);
                if let Some(output) = &mut self.output {
                    output.stop_matching(id);
                }
            }
            Action::Announce(what) => self.announce(what),
            Action::TerminateLeftovers(id, former) => self.terminate_leftovers(id, former),
            Action::KillLeftovers(_, former) => {
                let running: Vec<Pid> = self.machine.running_pids().collect();
                self.orphans.kill_leftovers(former, &running, self.launcher.grouping);
            }
            Action::Send(pid, signal) => self.send(pid, signal),
            Action::KillTree(pid) => self.kill_tree(pid),
            Action::TerminateDescendants => self.terminate_descendants(),
            Action::KillDescendants { sparing } => orphans::kill_all_but(&sparing, &self.groups()),
            Action::StopSelf(signal) => signals::stop_self(signal),
            Action::Report(notice) => self.report(&notice),
            Action::Finish(status) => return Some(status),
        }
        None
    }

    fn start(&mut self, id: TaskId) -> Event<'static> {
        match self.try_to_start(id) {
            Ok(Started { pid, missed }) => {
                if let Some(output) = &mut self.output {
                    output.process_started(id, pid, Moment::now());
                }
                self.probes.started(id, pid, &self.launcher);
                self.orphans.record_start(pid);
                Event::Spawned(id, pid, missed)
            }
            Err(failure) => {
                self.probes.end(id);
                let text = format!("{} cannot be started: {failure}", messages::command(&self.launcher, id));
                self.notices.write(Level::Warning, &text);
                Event::SpawnFailed(id, failure.exit_status())
            }
        }
    }

    fn try_to_start(&mut self, id: TaskId) -> Result<Started, Failure> {
        let resources = self.launcher.ready(id).map(|ready| self.probes.prepare(id, ready)).transpose();
        let resources = resources.map_err(Failure::Check)?.unwrap_or_default();
        self.launcher.start(id, self.output.as_deref_mut(), &resources)
    }

    /// A path that cannot be looked at counts as missing: the command then says what is wrong with it.
    fn check_creates(&self, id: TaskId) -> CreatesPath {
        match self.launcher.creates(id) {
            Some(path) if path.exists() => CreatesPath::Exists,
            Some(_) | None => CreatesPath::Missing,
        }
    }

    fn look_up_programs(&mut self) -> Result<(), u8> {
        let missing = self.launcher.missing();
        for (id, what, missing) in &missing {
            let command = messages::command(&self.launcher, *id);
            let text = match what {
                What::Program => format!("{command} cannot be started: {missing}"),
                What::Check => format!("the readiness check of {command} cannot be run: {missing}"),
            };
            self.notices.write(Level::Warning, &text);
        }
        missing.first().map_or(Ok(()), |(_, _, missing)| Err(missing.exit_status()))
    }

    fn announce(&mut self, what: Announcement) {
        if let Err(error) = self.parent.announce(what) {
            let what = match what {
                Announcement::Ready => "that everything is ready",
                Announcement::Stopping => "that monofy is stopping",
            };
            self.notices.write(Level::Warning, &format!("cannot notify the service manager {what}: {error}"));
        }
    }

    /// Sends a signal to a child that was not reaped. ESRCH is impossible; EPERM is possible, for a child that changed
    /// its user.
    fn send(&mut self, pid: Pid, signal: SignalNumber) {
        if let Err(error) = process::send(pid, signal) {
            self.notices.write(Level::Warning, &format!("cannot send {signal} to pid {pid}: {error}"));
        }
    }

    fn kill_tree(&mut self, root: Pid) {
        // Looked up before the kill: with it, the descendants become monofy's.
        let below = procfs::living_below(root, &[]);
        self.send(root, SignalNumber::KILL);
        match below {
            Some(below) => orphans::kill(&below),
            // The group is that of a child that was not reaped, so it is nobody else's.
            None if self.launcher.grouping == Grouping::Own => {
                let _ = process::send_to_group(root, SignalNumber::KILL);
            }
            None => {}
        }
    }

    /// The process groups of the commands, the former ones of restarted commands excepted; none at a terminal, where all
    /// share one.
    fn groups(&self) -> Vec<Pid> {
        match self.launcher.grouping {
            Grouping::Own => self.machine.last_pids().collect(),
            Grouping::Shared => Vec::new(),
        }
    }

    fn terminate_leftovers(&mut self, id: TaskId, former: Pid) {
        let running: Vec<Pid> = self.machine.running_pids().collect();
        let (leftovers, untold) = self.orphans.terminate_leftovers(former, &running, self.launcher.grouping);
        if !untold.is_empty() {
            self.report_about(&Notice::StoppingLeftovers(id), &untold);
            orphans::terminate(&untold);
        }
        self.handle(Event::LeftoversSeen(id, leftovers));
    }

    fn terminate_descendants(&mut self) {
        let left = self.orphans.take_untold(&self.groups());
        if !left.is_empty() {
            self.report_about(&Notice::StoppingDescendants, &left);
            orphans::terminate(&left);
        }
    }

    fn report(&mut self, notice: &Notice) {
        let left = if notice.lists_descendants() { procfs::living(&[]) } else { None };
        self.report_about(notice, &left.unwrap_or_default());
    }

    fn report_about(&mut self, notice: &Notice, left: &[Descendant]) {
        let level = messages::level(notice);
        if let Notice::Finished(..) = notice {
            self.notices.write_last(level, &messages::text(notice, &self.launcher, left));
        } else if self.notices.wants(level) {
            self.notices.write(level, &messages::text(notice, &self.launcher, left));
        }
    }
}
