//! Executes the machine's actions.

use crate::plan::{CheckId, CheckRole, TaskId};
use crate::signal::SignalNumber;
use crate::supervisor::event_loop::EventLoop;
use crate::supervisor::launcher::pending::Completed;
use crate::supervisor::launcher::{Lookup, Missing, Start, StartError};
use crate::supervisor::machine::action::{Action, Announcement};
use crate::supervisor::machine::event::{CreatesPath, Event, Leftovers};
use crate::supervisor::machine::notice::Notice;
use crate::supervisor::machine::readiness::ProbeResult;
use crate::supervisor::machine::start_limit::Unready;
use crate::supervisor::messages::{self, Details};
use crate::supervisor::notices::Level;
use crate::supervisor::orphans;
use crate::supervisor::probes::Probed;
use crate::sys::clock::Moment;
use crate::sys::process::{self, Pid};
use crate::sys::procfs::{self, Descendant};
use crate::sys::signals;
use crate::sys::spawn::{Grouping, NewProcess, Spawned};
use crate::sys::terminal::SavedTerminal;

impl EventLoop<'_> {
    /// Executes one action. Returns the exit status if it was the last.
    pub(in crate::supervisor) fn execute(&mut self, action: Action) -> Option<u8> {
        match action {
            Action::Spawn(id) => {
                let start = self.try_to_start(id);
                self.finish_start(id, start);
            }
            Action::CheckCreates(id) => {
                let path = self.check_creates(id);
                self.handle(Event::CreatesChecked(id, path));
            }
            Action::LookUpPrograms => match self.launcher.look_up() {
                Lookup::Complete(missing) => self.finish_lookup(&missing),
                Lookup::Pending(lookup) => self.pending.set_lookup(lookup),
            },
            Action::Probe(id) => {
                if let Some(result) = self.probe(id) {
                    self.handle(Event::Probed(id, result));
                }
            }
            Action::AbandonProbe(id) => {
                self.probes.abandon(id);
            }
            Action::EndProbe(id) => {
                self.probes.end(id);
                if let (CheckRole::Ready, Some(output)) = (id.role, &mut self.output) {
                    output.stop_matching(id.task);
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
            Action::RecordUnready(unready) => self.record_unready(&unready),
            Action::Report(notice) => self.report(&notice),
            Action::Finish(status) => return Some(status),
        }
        None
    }

    fn try_to_start(&mut self, id: TaskId) -> Start {
        let ready = CheckId::ready(id);
        let resources = self.launcher.check(ready).map(|check| self.probes.prepare(ready, check)).transpose();
        let resources = resources.map_err(StartError::Probe)?.unwrap_or_default();
        self.launcher.start(id, self.output.as_deref_mut(), &resources)
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
        self.handle(event);
    }

    fn started(&mut self, id: TaskId, NewProcess { pid, missed }: NewProcess) -> Event<'static> {
        if let Some(output) = &mut self.output {
            output.process_started(id, pid, Moment::now());
        }
        let launcher = &mut self.launcher;
        self.probes.started(id, pid, || launcher.uid(id));
        self.orphans.record_start(pid);
        Event::Spawned(id, pid, missed)
    }

    fn not_started(&mut self, id: TaskId, error: &StartError) -> Event<'static> {
        self.probes.end(CheckId::ready(id));
        if !error.is_cancelled() {
            let text = format!("{}: {error}", messages::command(&self.launcher, id));
            self.notices.write(Level::Warning, &text);
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
                    self.handle(event);
                }
                Completed::Cancelled(id) => {
                    let event = self.not_started(id, &StartError::Cancelled);
                    self.handle(event);
                }
                Completed::Lookup(lookup) => {
                    let missing = self.launcher.finish_lookup(lookup);
                    self.finish_lookup(&missing);
                }
            }
        }
    }

    fn finish_lookup(&mut self, missing: &Missing) {
        for (id, error) in missing {
            let text = format!("{}: {error}", messages::command(&self.launcher, *id));
            self.notices.write(Level::Warning, &text);
        }
        let result = missing.first().map_or(Ok(()), |(_, error)| Err(error.exit_status()));
        self.handle(Event::ProgramsLookedUp(result));
    }

    fn probe(&mut self, id: CheckId) -> Option<ProbeResult> {
        // That of a wait is asked before anything is started, and so is prepared here.
        if let (CheckRole::Wait(_), false, Some(check)) =
            (id.role, self.probes.has(id), self.launcher.check(id))
            && let Err(error) = self.probes.prepare(id, check)
        {
            self.probes.record_reason(id, error.to_string());
            return Some(ProbeResult::NotYet);
        }
        match self.probes.probe(id) {
            Probed::Result(result) => Some(result),
            Probed::UnderWay => None,
            Probed::StartCommand => match self.launcher.start_probe(id) {
                Ok((pid, stderr)) => {
                    self.probes.command_started(id, pid, stderr);
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

    /// A path that cannot be looked at counts as missing: the command then says what is wrong with it.
    fn check_creates(&self, id: TaskId) -> CreatesPath {
        match self.launcher.creates(id) {
            Some(path) if path.exists() => CreatesPath::Exists,
            Some(_) | None => CreatesPath::Missing,
        }
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
        let untold = self.orphans.terminate_leftovers(former, &running, self.launcher.grouping);
        let leftovers = if untold.is_some() { Leftovers::Remain } else { Leftovers::None };
        if let Some(untold) = untold.filter(|untold| !untold.is_empty()) {
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

    /// Notes why the start has taken too long, while the reasons are known.
    fn record_unready(&mut self, unready: &[Unready]) {
        let reasons = |id: CheckId| self.probes.reason(id).map(str::to_owned);
        let limit = self.machine.start_timeout().unwrap_or_default();
        self.timed_out = messages::unready::timed_out(&self.launcher, unready, limit, &reasons);
    }

    fn report(&mut self, notice: &Notice) {
        let left = if notice.lists_descendants() { procfs::living(&[]) } else { None };
        self.report_about(notice, &left.unwrap_or_default());
    }

    fn report_about(&mut self, notice: &Notice, left: &[Descendant]) {
        let level = messages::level(notice);
        let details = Details { left, timed_out: &self.timed_out };
        if let Notice::Finished(..) = notice {
            // Before the last notice, which raw mode would show askew.
            self.terminal.iter().for_each(SavedTerminal::restore_if_raw);
            self.notices.write_last(level, &messages::text(notice, &self.launcher, details));
        } else if self.notices.wants(level) {
            let mut text = messages::text(notice, &self.launcher, details);
            let check = match notice {
                Notice::NotReady(id, ..) => Some(CheckId::ready(*id)),
                Notice::StillWaiting(id, _) => Some(*id),
                _ => None,
            };
            if let Some(reason) = check.and_then(|id| self.probes.reason(id)) {
                text = text + "; last reason: " + reason;
            }
            self.notices.write(level, &text);
        }
    }
}
