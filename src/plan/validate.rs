//! From JSON back to a plan that can be executed.

use std::fmt;

use crate::plan::{ByteString, DependencyError, Plan, Process, Restart, VERSION, dependency_errors};

/// Why a plan cannot be executed.
#[derive(Debug)]
pub enum ReadError {
    /// It is not JSON, or not of the shape of a plan.
    Malformed(serde_json::Error),
    /// It is of another version.
    Version(u32),
    /// Its secrets were masked.
    Masked,
    /// The line that it was made of had problems.
    Problems,
    /// A part of it says something that cannot be.
    InvalidField(InvalidField),
}

/// Which part of a plan says what cannot be.
#[derive(Debug)]
pub struct InvalidField {
    place: String,
    what: &'static str,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "not a plan: {}", without_values(&error.to_string())),
            Self::Version(version) => {
                write!(f, "version {version} of the format; this monofy reads version {VERSION}")
            }
            Self::Masked => f.write_str(
                "its secrets are masked, so it cannot do what the line would have done; \
                 write it with --plan=json --show-secrets",
            ),
            Self::Problems => f.write_str("the line that it was made of has problems, which it names"),
            Self::InvalidField(unsound) => unsound.fmt(f),
        }
    }
}

/// serde quotes a string of the wrong type, which may be a secret.
fn without_values(message: &str) -> String {
    match (message.split_once("string \""), message.rfind("\", expected ")) {
        (Some((start, _)), Some(end)) => format!("{start}string \"…{}", &message[end..]),
        _ => message.to_owned(),
    }
}

impl fmt::Display for InvalidField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl Plan {
    /// Reads what [`Plan::write_json`] wrote, or a person.
    ///
    /// # Errors
    /// When it is not a plan of this version, is masked, or says something that cannot be executed.
    pub fn from_json(json: &[u8]) -> Result<Self, ReadError> {
        let plan: Self = serde_json::from_slice(json).map_err(ReadError::Malformed)?;
        if plan.version != VERSION {
            return Err(ReadError::Version(plan.version));
        }
        if plan.masked {
            return Err(ReadError::Masked);
        }
        if !plan.problems.is_empty() {
            return Err(ReadError::Problems);
        }
        plan.check().map_err(ReadError::InvalidField)?;
        Ok(plan)
    }

    fn check(&self) -> Result<(), InvalidField> {
        if self.processes.is_empty() {
            return Err(InvalidField { place: "processes".into(), what: "there has to be at least one" });
        }
        for (list, processes) in [("setup", &self.setup), ("processes", &self.processes)] {
            for (index, process) in processes.iter().enumerate() {
                let place = |field: &str| format!("{list}[{index}].{field}");
                process.check(&place)?;
                if let (true, Some(field)) = (list == "setup", process.not_for_setup()) {
                    return Err(InvalidField { place: place(field), what: NOT_FOR_SETUP });
                }
                if processes[..index].iter().any(|other| other.name == process.name) {
                    return Err(InvalidField { place: place("name"), what: "another one has this name" });
                }
            }
        }
        if self.settings.ready_fd.is_some_and(|number| number <= 2) {
            return Err(InvalidField {
                place: "settings.ready_fd".into(),
                what: "0 to 2 are stdin, stdout and stderr",
            });
        }
        let orders: Vec<(&str, &[String])> =
            self.processes.iter().map(|process| (process.name.as_str(), process.after.as_slice())).collect();
        match dependency_errors(&orders).into_iter().next() {
            None => Ok(()),
            Some(DependencyError::Unknown(index, place)) => Err(InvalidField {
                place: format!("processes[{index}].after[{place}]"),
                what: "there is no process of this name",
            }),
            Some(DependencyError::Circle(circle)) => Err(InvalidField {
                place: format!("processes[{}].after", circle[0]),
                what: "it waits for what waits for it, so that neither would ever be started",
            }),
        }
    }
}

impl Process {
    /// What of it makes sense only for what runs side by side with others.
    pub(crate) fn not_for_setup(&self) -> Option<&'static str> {
        let used = [
            ("restart", self.restart != Restart::No),
            ("ready", self.ready.is_some()),
            ("after", !self.after.is_empty()),
        ];
        used.into_iter().find(|(_, is_used)| *is_used).map(|(field, _)| field)
    }

    fn check(&self, place: &dyn Fn(&str) -> String) -> Result<(), InvalidField> {
        let unsound = |field: &str, what| Err(InvalidField { place: place(field), what });
        if !is_name(&self.name) {
            return unsound("name", NOT_A_NAME);
        }
        if self.argv.first().is_none_or(|program| program.0.is_empty()) {
            return unsound("argv", "the program is empty");
        }
        if let Some(index) = self.argv.iter().position(has_nul) {
            return unsound(&format!("argv[{index}]"), NUL);
        }
        if let Some(index) = self.template.iter().position(has_nul) {
            return unsound(&format!("template[{index}]"), NUL);
        }
        for (name, value) in &self.env {
            if !is_environment_name(name) {
                return unsound("env", "a name that is not made of letters, digits, _, . and -");
            }
            if has_nul(value) {
                return unsound(&format!("env.{name}"), NUL);
            }
        }
        for (field, value) in [("user", &self.user), ("workdir", &self.workdir)] {
            if value.as_ref().is_some_and(|value| value.0.is_empty()) {
                return unsound(field, "empty");
            }
            if value.as_ref().is_some_and(has_nul) {
                return unsound(field, NUL);
            }
        }
        if self.ready_template.as_ref().is_some_and(has_nul) {
            return unsound("ready_template", NUL);
        }
        Ok(())
    }
}

/// Why a setup command has no restart, no readiness and no order.
pub(crate) const NOT_FOR_SETUP: &str =
    "setup commands run one after another, each once and to its end; this is for processes";
const NUL: &str = "a NUL character, which no program can be given";
/// What is wrong with a name that [`is_name`] does not take.
pub(crate) const NOT_A_NAME: &str = "a process's name cannot be empty or hold control characters";

fn has_nul(value: &ByteString) -> bool {
    value.0.contains(&0)
}

/// Whether this can name a process in a line of output.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(char::is_control)
}

/// Whether an env file may give a process this variable. Templates cannot refer to names with `.` and `-`.
pub(crate) fn is_environment_name(name: &str) -> bool {
    let is_first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let is_other = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    name.bytes().next().is_some_and(is_first) && name.bytes().all(is_other)
}

/// Whether this is a NAME of the contract, section 2.
pub(crate) fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|other| other.is_ascii_alphanumeric() || other == b'_')
}
