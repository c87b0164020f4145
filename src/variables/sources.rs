//! The sources of variables, as the command line and the environment name them.

use std::ffi::OsString;
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::rc::Rc;

use crate::diagnostic::{Diagnostic, Origin, SourceText};
use crate::plan::is_variable;

/// The sources of variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// `--set`, in the order of the line.
    pub set: Vec<SetOption>,
    /// The env files, a later one wins; `None` leaves them to the defaults file.
    pub env_files: Option<Vec<FileRef>>,
    /// The defaults files, a later one wins; `None` is the one of the working directory.
    pub defaults: Option<Vec<FileRef>>,
    /// Whether no defaults file is read.
    pub no_defaults: bool,
    /// `--secret`, and its twin.
    pub secrets: Vec<SecretOption>,
    /// Which values may be shown.
    pub disclosure: Disclosure,
    /// What a required variable without a value is.
    pub missing: MissingPolicy,
}

/// Which values may be shown, and so which ones have to be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disclosure {
    /// All but secrets.
    #[default]
    All,
    /// Defaults only: the plan is for another machine, which has an environment of its own. Other values are masked as
    /// secrets are, and a missing one is no problem.
    Defaults,
}

/// What a required variable without a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingPolicy {
    /// A problem.
    #[default]
    Report,
    /// Nothing to report.
    Ignore,
}

/// `--set NAME=VALUE`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetOption {
    /// The variable.
    pub name: String,
    /// Its value, which is no template.
    pub value: Vec<u8>,
    /// The argument that holds it.
    pub origin: Origin,
}

/// `--secret NAME[,NAME...]`: the variables are secret, may come from a file, and are exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretOption {
    /// The text of the option, for error messages.
    pub text: SourceText,
    /// The parts that are names.
    pub names: Vec<Range<usize>>,
}

/// A file that an option names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRef {
    /// The file.
    pub path: OsString,
    /// The text that names it, for error messages. The files of one list share it.
    pub by: Rc<SourceText>,
    /// The part of that text.
    pub part: Range<usize>,
}

impl FileRef {
    pub(crate) fn by_option(by: SourceText) -> Self {
        Self { path: OsString::from_vec(by.bytes().to_vec()), part: 0..by.bytes().len(), by: Rc::new(by) }
    }

    /// The files of an environment variable: a list separated by `:`.
    pub(crate) fn by_twin(variable: &'static str, value: &OsString) -> Vec<Self> {
        let by = Rc::new(SourceText::of(Origin::Variable(variable), value.as_bytes()));
        let mut files = Vec::new();
        let mut start = 0;
        for file in value.as_bytes().split(|byte| *byte == b':') {
            let part = start..start + file.len();
            start = part.end + 1;
            if !file.is_empty() {
                files.push(Self { path: OsString::from_vec(file.to_vec()), by: Rc::clone(&by), part });
            }
        }
        files
    }
}

impl SecretOption {
    /// Parses the value of `--secret`.
    pub(crate) fn parse(text: &SourceText) -> Result<Self, Diagnostic> {
        let mut names = Vec::new();
        let mut start = 0;
        for name in text.bytes().split(|byte| *byte == b',') {
            let part = start..start + name.len();
            start = part.end + 1;
            if !std::str::from_utf8(name).is_ok_and(is_variable) {
                let message = "not a variable name; write NAME or NAME,NAME, of letters, digits and _";
                return Err(Diagnostic::at(text, part, message));
            }
            names.push(part);
        }
        Ok(Self { text: text.clone(), names })
    }
}

impl SetOption {
    /// Parses the value of `--set`. A problem does not show the variable's value.
    pub(crate) fn parse(text: &SourceText) -> Result<Self, Diagnostic> {
        let bytes = text.bytes();
        let problem = |shown: &str, part: usize, message: &str| {
            let shown = SourceText::of(text.origin().clone(), shown.as_bytes());
            Err(Diagnostic::at(&shown, 0..part, message))
        };
        let Some(equals) = bytes.iter().position(|byte| *byte == b'=') else {
            return problem("…", "…".len(), "--set without '='; write --set NAME=VALUE");
        };
        let name = String::from_utf8_lossy(&bytes[..equals]).into_owned();
        if !is_variable(&name) {
            let message = "not a variable name; a name has letters, digits and _, and no digit first";
            return problem(&format!("{name}=…"), name.len(), message);
        }
        Ok(Self { name, value: bytes[equals + 1..].to_vec(), origin: text.origin().clone() })
    }
}
