//! The `--alive` checks of a run, as the supervisor publishes them, and their results.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::plan::{ByteString, Check, CheckRole, Process};
use crate::text::excerpt;

/// The checks of a process, and what the commands among them need to be run as the process is.
///
/// The addresses and the environment may be secret. Only who may trace the run can read its status, and could read the
/// environment of its processes as well (proc(5), `/proc/PID/environ`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliveChecks {
    /// The checks.
    checks: Vec<Check>,
    /// The same as written, before expansion, one for each. Only these are shown.
    templates: Vec<ByteString>,
    /// What the commands get. Empty if there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<String, ByteString>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<ByteString>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    workdir: Option<ByteString>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    umask: Option<u32>,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AliveResult {
    /// The check as written, before expansion.
    pub check: String,
    /// Whether it has succeeded.
    pub ok: bool,
    /// Why it has failed.
    pub reason: Option<String>,
}

impl AliveChecks {
    /// The checks of a process. `None` if it has none.
    #[must_use]
    pub fn of(process: &Process) -> Option<Self> {
        if process.alive.is_empty() {
            return None;
        }
        let template = |index| process.check_template(CheckRole::Alive(index)).cloned().unwrap_or_default();
        let mut checks = Self {
            checks: process.alive.clone(),
            templates: (0..process.alive.len()).map(template).collect(),
            env: BTreeMap::new(),
            user: None,
            workdir: None,
            umask: None,
        };
        if process.alive.iter().any(|check| check.kind().command().is_some()) {
            checks.env.clone_from(&process.env);
            checks.user.clone_from(&process.user);
            checks.workdir.clone_from(&process.workdir);
            checks.umask = process.umask;
        }
        Some(checks)
    }

    /// A process with these checks, to ask them.
    pub(super) fn to_process(&self, name: &str) -> Process {
        Process {
            name: name.to_owned(),
            env: self.env.clone(),
            user: self.user.clone(),
            workdir: self.workdir.clone(),
            umask: self.umask,
            alive: self.checks.clone(),
            ..Process::default()
        }
    }

    /// Joins the checks with their results.
    pub(super) fn results(&self, results: Vec<Result<(), String>>) -> Vec<AliveResult> {
        let join = |(template, result): (&ByteString, Result<(), String>)| AliveResult {
            check: excerpt::of_line(&template.0),
            ok: result.is_ok(),
            reason: result.err(),
        };
        self.templates.iter().zip(results).map(join).collect()
    }
}

/// What is wrong with a process by these results.
pub(super) fn complaint(name: &str, results: &[AliveResult]) -> Option<String> {
    let failure =
        |result: &AliveResult| result.reason.as_ref().map(|reason| format!("{}: {reason}", result.check));
    let failures: Vec<String> = results.iter().filter_map(failure).collect();
    (!failures.is_empty()).then(|| format!("{name} is not alive: {}", failures.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(checks: &[&str]) -> Process {
        Process {
            name: "web".to_owned(),
            env: [("PASSWORD".to_owned(), "hunter2".into())].into(),
            alive: checks.iter().map(|check| Check::read(check.as_bytes()).unwrap()).collect(),
            alive_template: checks.iter().map(|_| "tcp:$PORT".into()).collect(),
            workdir: Some("/srv".into()),
            ..Process::default()
        }
    }

    #[test]
    fn a_command_is_run_as_its_process_is() {
        let with_command = process(&["tcp:80", "exec:true"]);
        let published = serde_json::to_string(&AliveChecks::of(&with_command)).unwrap();
        let read: AliveChecks = serde_json::from_str(&published).unwrap();
        let mut expected = with_command;
        expected.alive_template = Vec::new();
        assert_eq!(read.to_process("web"), expected);
    }

    #[test]
    fn without_a_command_no_environment_is_published() {
        let published = serde_json::to_string(&AliveChecks::of(&process(&["tcp:80"]))).unwrap();
        assert_eq!(published, r#"{"checks":["tcp:80"],"templates":["tcp:$PORT"]}"#);
        assert_eq!(AliveChecks::of(&process(&[])), None);
    }

    #[test]
    fn each_check_that_failed_is_named_as_it_was_written() {
        let checks = AliveChecks::of(&process(&["tcp:80", "file:/x", "http:80/"])).unwrap();
        let failed = |reason: &str| Err(reason.to_owned());
        let results = checks.results(vec![failed("refused"), Ok(()), failed("status 503")]);
        let expected = "web is not alive: tcp:$PORT: refused; tcp:$PORT: status 503";
        assert_eq!(complaint("web", &results).as_deref(), Some(expected));
        assert_eq!(complaint("web", &checks.results(vec![Ok(()); 3])), None);
    }
}
