//! Where the values of variables come from, as the command line and the environment name it.

use std::ffi::OsString;
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::diagnostic::{Diagnostic, Origin, SourceText};
use crate::plan::is_variable;

/// What is said of the sources of variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// `--set`, in the order of the line.
    pub set: Vec<Set>,
    /// The env files, a later one wins; nothing where nothing is said of them.
    pub env_files: Option<Vec<FileRef>>,
    /// The defaults files, a later one wins; nothing where nothing is said of them.
    pub defaults: Option<Vec<FileRef>>,
    /// Whether no defaults file is read.
    pub no_defaults: bool,
}

/// `--set NAME=VALUE`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The variable.
    pub name: String,
    /// Its value, which is no template.
    pub value: Vec<u8>,
    /// The argument it stands in.
    pub argument: usize,
}

/// A file, and where it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRef {
    /// The file.
    pub path: OsString,
    /// Where it is named, for errors.
    pub by: SourceText,
    /// Which part of that it is.
    pub part: Range<usize>,
}

impl FileRef {
    pub(crate) fn by_option(by: SourceText) -> Self {
        Self { path: OsString::from_vec(by.bytes().to_vec()), part: 0..by.bytes().len(), by }
    }

    /// The files of a twin: a list that `:` separates.
    pub(crate) fn by_twin(variable: &'static str, value: &OsString) -> Vec<Self> {
        let by = SourceText::of(Origin::Variable(variable), value.as_bytes());
        let mut files = Vec::new();
        let mut start = 0;
        for file in value.as_bytes().split(|byte| *byte == b':') {
            let part = start..start + file.len();
            start = part.end + 1;
            if !file.is_empty() {
                files.push(Self { path: OsString::from_vec(file.to_vec()), by: by.clone(), part });
            }
        }
        files
    }
}

impl Set {
    /// Reads what stands behind `--set`. A mistake is shown without the value.
    pub(crate) fn read(written: &SourceText) -> Result<Self, Diagnostic> {
        let bytes = written.bytes();
        let wrong = |shown: &str, part: usize, message: &str| {
            let shown = SourceText::of(written.origin().clone(), shown.as_bytes());
            Err(Diagnostic::at(&shown, 0..part, message))
        };
        let Some(equals) = bytes.iter().position(|byte| *byte == b'=') else {
            return wrong("…", "…".len(), "--set takes NAME=VALUE, and here is no '='");
        };
        let name = String::from_utf8_lossy(&bytes[..equals]).into_owned();
        if !is_variable(&name) {
            let message = "--set takes NAME=VALUE; a name is letters, digits and _, and starts with no digit";
            return wrong(&format!("{name}=…"), name.len(), message);
        }
        Ok(Self { name, value: bytes[equals + 1..].to_vec(), argument: written.argument() })
    }
}
