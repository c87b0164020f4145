//! One command of the plan.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::plan::{ByteString, Check, CheckOption, Restart, SecretRanges, Timeout};
use crate::signal::SignalNumber;

/// Identifies a command of the plan by its position: setup commands first, then processes, in the order of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub usize);

/// Which of the checks of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckRole {
    /// Its `--ready`.
    Ready,
    /// Its `--wait` with this index.
    Wait(usize),
    /// Its `--alive` with this index.
    Alive(usize),
}

impl CheckRole {
    /// The option of the check.
    #[must_use]
    pub const fn option(self) -> CheckOption {
        match self {
            Self::Ready => CheckOption::Ready,
            Self::Wait(_) => CheckOption::Wait,
            Self::Alive(_) => CheckOption::Alive,
        }
    }
}

/// Identifies a check of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId {
    /// Its command.
    pub task: TaskId,
    /// Which of the checks of that command.
    pub role: CheckRole,
}

impl CheckId {
    /// The `--ready` of a command.
    #[must_use]
    pub const fn ready(task: TaskId) -> Self {
        Self { task, role: CheckRole::Ready }
    }

    /// The `--wait` of a command with this index.
    #[must_use]
    pub const fn wait(task: TaskId, index: usize) -> Self {
        Self { task, role: CheckRole::Wait(index) }
    }
}

/// One command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Its name in notices, unique among the setup commands or among the processes.
    pub name: String,
    /// PROGRAM and its arguments. PROGRAM is not empty, and no argument contains NUL.
    pub argv: Vec<ByteString>,
    /// The arguments as written, before expansion. Notices show these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub template: Vec<ByteString>,
    /// Environment variables added to those of monofy.
    #[serde(default)]
    pub env: BTreeMap<String, ByteString>,
    /// The signal that asks it to stop. `None` is TERM, or the signal that monofy received.
    #[serde(default)]
    pub stop_signal: Option<SignalNumber>,
    /// How long its stop may take, instead of the run's grace period.
    #[serde(default)]
    pub stop_timeout_ms: Option<Timeout>,
    /// `USER[:GROUP]`, names or numbers.
    #[serde(default)]
    pub user: Option<ByteString>,
    /// Its working directory.
    #[serde(default)]
    pub workdir: Option<ByteString>,
    /// Whether it has a pseudo-terminal for its output.
    #[serde(default)]
    pub tty: bool,
    /// When it is restarted after an exit.
    #[serde(default)]
    pub restart: Restart,
    /// Its readiness check. Without one it is ready once started.
    #[serde(default)]
    pub ready: Option<Check>,
    /// The readiness check as written, before expansion. Notices show this.
    #[serde(default)]
    pub ready_template: Option<ByteString>,
    /// The checks that have to succeed before it is started.
    #[serde(default)]
    pub wait: Vec<Check>,
    /// The same as written, before expansion, one for each. Notices show these.
    #[serde(default)]
    pub wait_template: Vec<ByteString>,
    /// The checks that `--health` asks each time.
    #[serde(default)]
    pub alive: Vec<Check>,
    /// The same as written, before expansion, one for each.
    #[serde(default)]
    pub alive_template: Vec<ByteString>,
    /// Names of the processes that must be ready before it is started.
    #[serde(default)]
    pub after: Vec<String>,
    /// Whether it does its work and ends: exit status 0 does not end the run.
    #[serde(default)]
    pub once: bool,
    /// It is skipped if this path exists when its turn comes.
    #[serde(default)]
    pub creates: Option<ByteString>,
    /// Its file mode creation mask, at most 0o777. `None` is that of monofy.
    #[serde(default)]
    pub umask: Option<u32>,
    /// Received signals that it gets as another signal, or not at all.
    #[serde(default)]
    pub rewrite: Vec<Rewrite>,
    /// Which bytes of the fields above came from a secret.
    #[serde(default)]
    pub secrets: SecretRanges,
}

impl Process {
    /// Has it wait for these, too, unless it does already.
    pub(crate) fn wait_also(&mut self, checks: &[Check]) {
        for check in checks.iter().filter(|check| !self.wait.contains(check)).cloned().collect::<Vec<_>>() {
            // Those of a plan written by hand.
            for check in self.wait.iter().skip(self.wait_template.len()) {
                self.wait_template.push(check.written().clone());
            }
            self.wait_template.push(check.written().clone());
            self.wait.push(check);
        }
    }

    /// One of its checks.
    #[must_use]
    pub fn check(&self, role: CheckRole) -> Option<&Check> {
        match role {
            CheckRole::Ready => self.ready.as_ref(),
            CheckRole::Wait(index) => self.wait.get(index),
            CheckRole::Alive(index) => self.alive.get(index),
        }
    }

    /// One of its checks as written, before expansion. A plan written by hand has only the checks.
    #[must_use]
    pub fn check_template(&self, role: CheckRole) -> Option<&ByteString> {
        let template = match role {
            CheckRole::Ready => self.ready_template.as_ref(),
            CheckRole::Wait(index) => self.wait_template.get(index),
            CheckRole::Alive(index) => self.alive_template.get(index),
        };
        template.or(self.check(role).map(Check::written))
    }

    /// Its checks.
    pub fn checks(&self) -> impl Iterator<Item = (CheckRole, &Check)> {
        let ready = self.ready.iter().map(|check| (CheckRole::Ready, check));
        let wait = self.wait.iter().enumerate().map(|(index, check)| (CheckRole::Wait(index), check));
        let alive = self.alive.iter().enumerate().map(|(index, check)| (CheckRole::Alive(index), check));
        ready.chain(wait).chain(alive)
    }
}

/// Replaces one received signal by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rewrite {
    /// The signal that monofy received.
    pub from: SignalNumber,
    /// The signal that the process gets. `None` drops it.
    #[serde(default)]
    pub to: Option<SignalNumber>,
}

impl Rewrite {
    /// Why this pair is impossible.
    pub(crate) fn error(self) -> Option<&'static str> {
        match (self.from, self.to) {
            (SignalNumber::KILL | SignalNumber::STOP, _) => {
                Some("SIGKILL and SIGSTOP cannot be received, so nothing can replace them")
            }
            (SignalNumber::TERM, None) => Some("SIGTERM cannot be dropped: it asks for the stop"),
            (SignalNumber::CHLD, _) => Some("SIGCHLD is never passed on, so nothing can replace it"),
            (from, _) if from.is_fault() => Some(
                "a signal that the kernel sends for a fault is never passed on, so nothing can replace it",
            ),
            (_, _) => None,
        }
    }
}

/// Parses `FROM:TO`. A TO of `0` drops the signal.
impl FromStr for Rewrite {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "not a rewrite; use FROM:TO with signals such as HUP:TERM, or FROM:0 for none";
        let (from, to) = text.split_once(':').ok_or(EXPECTED)?;
        let from = from.parse().map_err(|_| EXPECTED)?;
        let to = if to == "0" { None } else { Some(to.parse().map_err(|_| EXPECTED)?) };
        let rewrite = Self { from, to };
        rewrite.error().map_or(Ok(rewrite), Err)
    }
}

/// Which list of the plan a command belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessKind {
    /// Run before the processes, one after another.
    Setup,
    /// Run side by side.
    Process,
}

/// Which list of the plan a thing that is left out would have been in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkippedKind {
    /// The setup commands.
    Setup,
    /// The processes.
    Process,
    /// The rendered files.
    File,
}

impl From<ProcessKind> for SkippedKind {
    fn from(kind: ProcessKind) -> Self {
        match kind {
            ProcessKind::Setup => Self::Setup,
            ProcessKind::Process => Self::Process,
        }
    }
}

/// A command or a file that the line or the defaults file names and the run leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// The name that the command would have had, or the place of the file as written.
    pub name: String,
    /// Which list it would have been in.
    pub kind: SkippedKind,
    /// Why it is left out, such as `--only`, `--if` or `when`.
    pub reason: String,
}
