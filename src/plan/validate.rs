//! Reads plans from JSON and validates them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::plan::graph::find_cycle;
use crate::plan::timeout::NO_TIME_TO_START;
use crate::plan::{
    ByteString, CheckRole, Plan, Process, ProcessKind, RenderedFile, Restart, Timeout, VERSION,
};

/// Why a plan cannot be executed.
#[derive(Debug)]
pub enum ReadError {
    /// It is not JSON, or does not have the fields of a plan.
    Malformed(serde_json::Error),
    /// It has another version.
    Version(u32),
    /// Its secrets were masked.
    Masked,
    /// The line had errors.
    Problems,
    /// A field has an impossible value.
    InvalidField(InvalidField),
}

/// A field with an impossible value.
#[derive(Debug)]
pub struct InvalidField {
    place: String,
    message: &'static str,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "not a plan: {}", without_values(&error.to_string())),
            Self::Version(version) => {
                write!(f, "the plan has version {version}, and this monofy reads version {VERSION}")
            }
            Self::Masked => f.write_str(
                "its secrets are masked, so it cannot do what the line would have done; \
                 write it with --plan=json --show-secrets",
            ),
            Self::Problems => f.write_str("the line of this plan has errors, which the plan lists"),
            Self::InvalidField(invalid) => invalid.fmt(f),
        }
    }
}

/// A message of serde without the values it quotes, which may be secrets.
fn without_values(message: &str) -> String {
    let (message, position) = match message.rfind(" at line ") {
        Some(at) => message.split_at(at),
        None => (message, ""),
    };
    for error in ["invalid type: ", "invalid value: ", "unknown variant"] {
        let Some(rest) = message.strip_prefix(error) else { continue };
        let kind = rest.split(['`', '"']).next().unwrap_or_default().trim_end();
        let kind = kind.split(", expected ").next().unwrap_or_default();
        let expected = message.rfind(", expected ").map_or("", |at| &message[at..]);
        return format!("{error}{kind}{expected}{position}");
    }
    // A key may be anything, too. Those of a plan are short words.
    if let Some((key, rest)) = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
        let is_word = key.len() < 20 && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let key = if is_word { key } else { "…" };
        return format!("unknown field `{key}`{rest}{position}");
    }
    format!("{message}{position}")
}

impl fmt::Display for InvalidField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl Plan {
    /// Reads the JSON of [`Plan::write_json`], or a plan written by hand.
    ///
    /// # Errors
    /// When it is not a plan of this version, is masked, or has a field with an impossible value.
    pub fn from_json(json: &[u8]) -> Result<Self, ReadError> {
        let mut plan: Self = serde_json::from_slice(json).map_err(ReadError::Malformed)?;
        if plan.version != VERSION {
            return Err(ReadError::Version(plan.version));
        }
        if plan.masked {
            return Err(ReadError::Masked);
        }
        if !plan.problems.is_empty() {
            return Err(ReadError::Problems);
        }
        plan.validate().map_err(ReadError::InvalidField)?;
        Ok(plan)
    }

    fn validate(&mut self) -> Result<(), InvalidField> {
        validate_files(&mut self.files)?;
        validate_list("setup", ProcessKind::Setup, &mut self.setup)?;
        validate_list("processes", ProcessKind::Process, &mut self.processes)?;
        if self.settings.start_timeout_ms == Some(Timeout::After(Duration::ZERO)) {
            return Err(InvalidField {
                place: "settings.start_timeout_ms".into(),
                message: NO_TIME_TO_START,
            });
        }
        if self.settings.ready_fd.is_some_and(|number| number <= 2) {
            return Err(InvalidField {
                place: "settings.ready_fd".into(),
                message: "0 to 2 are stdin, stdout and stderr",
            });
        }
        self.validate_order()
    }

    fn validate_order(&self) -> Result<(), InvalidField> {
        if self.processes.iter().all(|process| process.after.is_empty()) {
            return Ok(());
        }
        let names = self.processes.iter().enumerate().map(|(index, process)| (process.name.as_str(), index));
        let names: BTreeMap<&str, usize> = names.collect();
        let mut graph = Vec::with_capacity(self.processes.len());
        for (index, process) in self.processes.iter().enumerate() {
            let mut dependencies = Vec::with_capacity(process.after.len());
            for (position, name) in process.after.iter().enumerate() {
                dependencies.push(*names.get(name.as_str()).ok_or_else(|| InvalidField {
                    place: format!("processes[{index}].after[{position}]"),
                    message: "no process has this name",
                })?);
            }
            graph.push(dependencies);
        }
        match find_cycle(&graph) {
            None => Ok(()),
            Some(cycle) => Err(InvalidField {
                place: format!("processes[{}].after", cycle[0]),
                message: "processes wait for each other in a cycle, and none of them could be started",
            }),
        }
    }
}

fn validate_files(files: &mut [RenderedFile]) -> Result<(), InvalidField> {
    for (index, file) in files.iter_mut().enumerate() {
        let invalid =
            |field: &str, message| Err(InvalidField { place: format!("files[{index}].{field}"), message });
        for (field, value) in [("source", &file.source), ("destination", &file.destination)] {
            if value.0.is_empty() {
                return invalid(field, "empty");
            }
            if has_nul(value) {
                return invalid(field, NUL);
            }
        }
        if file.mode > 0o7777 {
            return invalid("mode", "no permissions have this number");
        }
        if !file.has_valid_secrets() {
            return invalid("secrets", "a range that is not in its field");
        }
    }
    Ok(())
}

fn validate_list(list: &str, kind: ProcessKind, processes: &mut [Process]) -> Result<(), InvalidField> {
    let mut names = BTreeMap::new();
    for (index, process) in processes.iter_mut().enumerate() {
        let place = |field: &str| format!("{list}[{index}].{field}");
        process.validate(&place)?;
        if !process.has_valid_secrets() {
            let message = "these are not byte ranges of the fields of this command";
            return Err(InvalidField { place: place("secrets"), message });
        }
        if let (ProcessKind::Setup, Some(field)) = (kind, process.field_for_processes_only()) {
            return Err(InvalidField { place: place(field), message: FOR_PROCESSES_ONLY });
        }
        if let Some(message) = restart_conflict(kind, process.restart, process.once) {
            return Err(InvalidField { place: place("restart"), message });
        }
        if process.once && process.ready.is_some() {
            return Err(InvalidField { place: place("once"), message: ONCE_IS_READY_AT_ITS_END });
        }
        if names.insert(process.name.clone(), index).is_some() {
            return Err(InvalidField { place: place("name"), message: "another command has this name" });
        }
    }
    Ok(())
}

/// Why a restart policy is impossible here.
pub(crate) fn restart_conflict(kind: ProcessKind, restart: Restart, is_once: bool) -> Option<&'static str> {
    match (kind, restart) {
        (ProcessKind::Setup, Restart::Always) => {
            Some("a setup command that is always restarted never ends; use on-failure or on-failure:N")
        }
        (ProcessKind::Process, Restart::Always) if is_once => {
            Some("a --once process that is always restarted never ends; use on-failure or on-failure:N")
        }
        (_, Restart::No | Restart::OnFailure(_) | Restart::Always) => None,
    }
}

impl Process {
    /// A field in use that makes sense only for processes that run side by side.
    fn field_for_processes_only(&self) -> Option<&'static str> {
        let fields = [
            ("ready", self.ready.is_some()),
            ("alive", !self.alive.is_empty()),
            ("after", !self.after.is_empty()),
            ("once", self.once),
        ];
        fields.into_iter().find(|(_, is_used)| *is_used).map(|(field, _)| field)
    }

    fn validate(&self, place: &dyn Fn(&str) -> String) -> Result<(), InvalidField> {
        let invalid = |field: &str, message| Err(InvalidField { place: place(field), message });
        if !is_name(&self.name) {
            return invalid("name", NOT_A_NAME);
        }
        if self.argv.first().is_none_or(|program| program.0.is_empty()) {
            return invalid("argv", "the program is empty");
        }
        if let Some(index) = self.argv.iter().position(has_nul) {
            return invalid(&format!("argv[{index}]"), NUL);
        }
        if let Some(index) = self.template.iter().position(has_nul) {
            return invalid(&format!("template[{index}]"), NUL);
        }
        for (name, value) in &self.env {
            if !is_environment_name(name) {
                return invalid("env", "a name that is not made of letters, digits, _, . and -");
            }
            if has_nul(value) {
                return invalid(&format!("env.{name}"), NUL);
            }
        }
        for (field, value) in [("user", &self.user), ("workdir", &self.workdir), ("creates", &self.creates)] {
            if value.as_ref().is_some_and(|value| value.0.is_empty()) {
                return invalid(field, "empty");
            }
            if value.as_ref().is_some_and(has_nul) {
                return invalid(field, NUL);
            }
        }
        if self.ready_template.as_ref().is_some_and(has_nul) {
            return invalid("ready_template", NUL);
        }
        for (field, templates) in
            [("wait_template", &self.wait_template), ("alive_template", &self.alive_template)]
        {
            if let Some(index) = templates.iter().position(has_nul) {
                return invalid(&format!("{field}[{index}]"), NUL);
            }
        }
        for (role, check) in self.checks() {
            if let Some(message) = check.kind().conflict(role.option()) {
                let field = match role {
                    CheckRole::Ready => "ready".to_owned(),
                    CheckRole::Wait(index) => format!("wait[{index}]"),
                    CheckRole::Alive(index) => format!("alive[{index}]"),
                };
                return invalid(&field, message);
            }
        }
        if self.umask.is_some_and(|mask| mask > 0o777) {
            return invalid("umask", "a mask is at most 511, which is 0777 in octal");
        }
        for (index, rewrite) in self.rewrite.iter().enumerate() {
            if let Some(message) = rewrite.error() {
                return invalid(&format!("rewrite[{index}]"), message);
            }
            if self.rewrite[..index].iter().any(|other| other.from == rewrite.from) {
                return invalid(&format!("rewrite[{index}]"), "this signal is rewritten twice");
            }
        }
        Ok(())
    }
}

/// Why a setup command cannot have a readiness check, an order or `--once`.
pub(crate) const FOR_PROCESSES_ONLY: &str =
    "for processes only: setup commands run one after another, each to its end";
/// Why a `--once` process cannot have a readiness check.
pub(crate) const ONCE_IS_READY_AT_ITS_END: &str =
    "a --once process is ready when it has ended with status 0, and cannot have --ready";
const NUL: &str = "a NUL character, which no program can receive";
/// The error for a name that [`is_name`] refuses.
pub(crate) const NOT_A_NAME: &str = "a process's name cannot be empty or contain control characters";

fn has_nul(value: &ByteString) -> bool {
    value.0.contains(&0)
}

/// Whether this can name a process in a line of output.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(char::is_control)
}

/// Whether this is a NAME of the substitution language (contract, section 2).
pub(crate) fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|other| other.is_ascii_alphanumeric() || other == b'_')
}

/// Whether an env file may give a process this variable. Templates cannot refer to names with `.` and `-`.
pub(crate) fn is_environment_name(name: &str) -> bool {
    let is_first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let is_other = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    name.bytes().next().is_some_and(is_first) && name.bytes().all(is_other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_of_a_plan_is_in_a_message() {
        for json in [
            r#"{"version":1,"processes":["hunter2"]}"#,
            r#"{"version":1,"processes":[{"name":"a","argv":["a", 48151623]}]}"#,
            r#"{"version":1,"processes":[{"name":"a","argv":"hunter2, expected hunter2"}]}"#,
            r#"{"version":1,"processes":[],"settings":{"output":"hunter2"}}"#,
            r#"{"version":1,"processes":[],"settings":{"output":"`, expected hunter2"}}"#,
            r#"{"version":1,"processes":[],"settings":{"grace_ms":48151623.5}}"#,
            r#"{"version":1,"processes":[],"hunter2":1}"#,
            r#"{"version":1,"processes":[],"DB_PASSWORD=hunter2":1}"#,
            r#"{"version":1,"processes":[{"name":"a","argv":["a"],"restart":"hunter2"}]}"#,
            r#"{"version":1,"processes":[{"name":"a","argv":["a"],"stop_signal":"hunter2"}]}"#,
            r#"{"version":1,"processes":[{"name":"a","argv":["a"],"ready":"hunter2:x"}]}"#,
        ] {
            let message = Plan::from_json(json.as_bytes()).expect_err(json).to_string();
            assert!(!message.contains("hunter2") && !message.contains("4815"), "{json}: {message}");
        }
    }
}
