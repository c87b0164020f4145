//! Runs one program with the processes that a rule needs, mostly as PID 1 of a pid namespace, as in a container.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use super::program::Program;
use super::support::{Folder, Run, Running, children, has_tool, in_path, is_gone, probe, send};

/// An error says why a rule is not kept.
pub(crate) type Outcome<T> = Result<T, String>;

/// How long a rule waits for what is expected to happen. Nothing takes nearly as long.
const EXPECTED: Duration = Duration::from_secs(20);
/// The same for what a program does not claim: usually nothing comes.
const UNEXPECTED: Duration = Duration::from_secs(5);

const NAMESPACE: [&str; 5] = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];

/// Whether a pid namespace can be made here.
pub(crate) fn may_unshare() -> bool {
    let may = || Run::of(NAMESPACE[0], NAMESPACE[1..].iter().chain(&["true"])).finish().status == 0;
    has_tool("the right to unshare", in_path("unshare") && may())
}

/// Fails unless something holds.
pub(crate) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Outcome<()> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// What a rule asks for beside the processes. Each program has options of its own for these.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings<'a> {
    /// The whole seconds after which a stop kills.
    pub(crate) grace: Option<u32>,
    /// Restart what fails.
    pub(crate) restarts: bool,
    /// Not as PID 1, but with an init above.
    pub(crate) is_below: bool,
    /// Changes to the inherited state, as `probe with` makes them.
    pub(crate) changes: &'a str,
}

/// The place of one rule and one program.
pub(crate) struct Scene<'a> {
    program: &'a Program,
    folder: Folder,
    limit: Duration,
    processes: Vec<Vec<OsString>>,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(program: &'a Program, is_patient: bool) -> Self {
        let limit = if is_patient { EXPECTED } else { UNEXPECTED };
        Self { program, folder: Folder::new(), limit, processes: Vec::new() }
    }

    /// Another place for the same program.
    pub(crate) fn sibling(&self) -> Self {
        Self { program: self.program, folder: Folder::new(), limit: self.limit, processes: Vec::new() }
    }

    /// A file of this scene.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Adds a process: a script. `$PROBE` is the probe, and `$LOG` is where it reports.
    #[must_use]
    pub(crate) fn script(self, name: &str, script: &str) -> Self {
        let file = self.folder.file(name, script);
        self.command(["/bin/sh".into(), file.into()])
    }

    /// Adds a process that reports the signals it gets, with the rules of `probe wait`.
    #[must_use]
    pub(crate) fn waiting(self, name: &str, rules: &str) -> Self {
        self.script(name, &format!("exec \"$PROBE\" wait {name} {rules} >>\"$LOG\"\n"))
    }

    /// Adds a process: a program and its arguments.
    #[must_use]
    pub(crate) fn command(mut self, words: impl IntoIterator<Item = OsString>) -> Self {
        self.processes.push(words.into_iter().collect());
        self
    }

    /// Starts the program with these processes.
    pub(crate) fn start(self, settings: Settings<'_>) -> Outcome<Unit> {
        let Some(line) = self.program.line(&self.folder, &self.processes, settings) else {
            return Err("there is no option for that".to_owned());
        };
        let (probe, log) = (probe(), self.file("log"));
        let mut words: Vec<OsString> = Vec::new();
        if !settings.is_below {
            words.extend(NAMESPACE.map(OsString::from));
        }
        words.extend([probe.clone().into(), "with".into()]);
        words.extend(settings.changes.split_ascii_whitespace().map(OsString::from));
        words.push("--".into());
        words.extend(line);
        let run = Run::of(&words[0], &words[1..]).env("PROBE", &probe).env("LOG", &log);
        let run = run.directory(self.folder.path()).with(|command| {
            command.stderr(Stdio::null());
        });
        let running = run.start();
        let mut unit = Unit { running, init: 0, log, limit: self.limit, _folder: self.folder };
        unit.init = if settings.is_below {
            unit.running.pid()
        } else {
            // A run that is over already is only asked for its status.
            unit.wait_for_start("it does not start", |unit| {
                let init = children(unit.running.pid()).first().copied();
                init.or_else(|| (!unit.running.is_running()).then_some(0))
            })?
        };
        if let Some(line) = self.program.announcement() {
            let count = self.processes.len();
            unit.wait_for_start("it does not say that it has started its processes", |unit| {
                (unit.running.stdout.so_far().matches(line).count() >= count).then_some(())
            })?;
        }
        Ok(unit)
    }
}

/// A program that runs, with its processes. It is killed with all of them on drop.
pub(crate) struct Unit {
    running: Running,
    /// The program's own process id, as it is seen from outside; 0 if it was gone before it was found.
    init: i32,
    log: PathBuf,
    limit: Duration,
    _folder: Folder,
}

impl Unit {
    /// Polls until `look` returns something: a handshake with a deadline.
    fn wait<T>(&mut self, what: &str, look: impl FnMut(&mut Self) -> Option<T>) -> Outcome<T> {
        self.wait_at_most(self.limit, what, look)
    }

    /// The same for a start, which every program is given the time for.
    fn wait_for_start<T>(&mut self, what: &str, look: impl FnMut(&mut Self) -> Option<T>) -> Outcome<T> {
        self.wait_at_most(EXPECTED, what, look)
    }

    fn wait_at_most<T>(
        &mut self,
        limit: Duration,
        what: &str,
        mut look: impl FnMut(&mut Self) -> Option<T>,
    ) -> Outcome<T> {
        let end = Instant::now() + limit;
        loop {
            if let Some(found) = look(self) {
                return Ok(found);
            }
            if Instant::now() > end {
                return Err(what.to_owned());
            }
            thread::park_timeout(Duration::from_millis(2));
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until a process reports that it is ready, for the n-th time.
    pub(crate) fn ready(&mut self, name: &str, times: usize) -> Outcome<()> {
        let line = format!("{name} ready ");
        let what = format!("{name} is not started");
        let look = |unit: &mut Self| {
            (unit.log().lines().filter(|told| told.starts_with(&line)).count() >= times).then_some(())
        };
        if times == 1 { self.wait_for_start(&what, look) } else { self.wait(&what, look) }
    }

    /// Waits until a process reports a signal.
    pub(crate) fn got(&mut self, name: &str, number: i32) -> Outcome<()> {
        let what = format!("{name} does not get signal {number}");
        self.wait(&what, |unit| unit.signals(name).contains(&number).then_some(()))
    }

    /// The signals that a process has reported, in their order.
    pub(crate) fn signals(&self, name: &str) -> Vec<i32> {
        let start = format!("{name} got ");
        let number = |line: &str| line.strip_prefix(&start)?.split(' ').next()?.parse().ok();
        self.log().lines().filter_map(number).collect()
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, number: i32) {
        // 0 would be the test itself.
        if self.init > 0 {
            send(self.init, number);
        }
    }

    /// The process id of a probe, as it is seen from outside.
    pub(crate) fn process(&mut self, name: &str) -> Outcome<i32> {
        let words = format!("\0wait\0{name}\0");
        self.wait(&format!("{name} is not there"), |unit| {
            let mut family = vec![unit.init];
            let mut next = 0;
            while next < family.len() {
                family.extend(children(family[next]));
                next += 1;
            }
            let has_words = |pid: &i32| {
                std::fs::read_to_string(format!("/proc/{pid}/cmdline"))
                    .is_ok_and(|line| line.contains(&words))
            };
            family.into_iter().find(has_words)
        })
    }

    /// Waits until a process is gone, not a zombie.
    pub(crate) fn is_reaped(&mut self, pid: i32) -> Outcome<()> {
        self.wait("an orphan stays as a zombie", |_| super::support::state(pid).is_none().then_some(()))
    }

    /// Waits until no child of the program is a zombie.
    pub(crate) fn has_no_zombie(&mut self) -> Outcome<()> {
        let is_zombie = |pid: i32| super::support::state(pid) == Some('Z');
        self.wait("orphans stay as zombies", |unit| {
            (!children(unit.init).into_iter().any(is_zombie)).then_some(())
        })
    }

    /// Waits for a file that appears complete.
    pub(crate) fn contents(&mut self, file: &Path) -> Outcome<String> {
        self.wait_for_start("its process does not run", |_| std::fs::read_to_string(file).ok())
    }

    /// Waits until a process is in a state of /proc.
    pub(crate) fn state(&mut self, pid: i32, state: char) -> Outcome<()> {
        self.wait("a process is not stopped", |_| (super::support::state(pid) == Some(state)).then_some(()))
    }

    /// Whether the program runs.
    pub(crate) fn is_running(&self) -> bool {
        self.init > 0 && !is_gone(self.init)
    }

    /// Waits for the end and returns the status, 128 + the signal after a death by one.
    pub(crate) fn finish(mut self) -> Outcome<i32> {
        self.wait("it does not exit", |unit| (!unit.running.is_running()).then_some(()))?;
        Ok(self.running.finish().status)
    }

    /// Waits for the end, and fails unless it has this status.
    pub(crate) fn finish_with(self, status: i32) -> Outcome<()> {
        let actual = self.finish()?;
        ensure(actual == status, || format!("it exits with {actual} in place of {status}"))
    }
}
