//! The defaults file (contract, 3.2): what it says of variables, and its settings.
//!
//! It is walked as toml's own table, in which everything has its span, and not by serde's derive, which stops at the
//! first mistake: all are told at once.

mod read;
mod shown;

use std::collections::BTreeMap;
use std::ops::Range;

use regex::bytes::Regex;

pub(super) use read::read;

use crate::diagnostic::{Diagnostic, Origin, SourceText};
use crate::plan::{Output, Timeout, Verbosity};

/// The tables of a defaults file.
pub const TABLES: [&str; 2] = ["settings", "vars"];
/// The keys of `[settings]`.
pub const SETTINGS: [&str; 7] = ["strict", "grace", "output", "quiet", "verbose", "secrets", "env-files"];
/// The keys of `[vars.NAME]`.
pub const VARIABLE: [&str; 10] =
    ["type", "default", "description", "required", "pattern", "secret", "file", "choices", "empty", "export"];
/// The words for `type`.
pub const TYPES: [&str; 5] = ["string", "int", "port", "bool", "list"];
/// The words for `empty`.
pub const EMPTY: [&str; 3] = ["keep", "unset", "error"];

/// A defaults file, for errors and for places.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// As the user wrote it.
    pub(super) name: String,
    pub(super) text: String,
}

impl File {
    fn line_of(&self, at: usize) -> Range<usize> {
        let at = at.min(self.text.len());
        let start = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = self.text[start..].find('\n').map_or(self.text.len(), |newline| start + newline);
        start..end
    }

    /// The file and the line of a byte.
    pub(super) fn place(&self, at: usize) -> String {
        format!("{}:{}", self.name, self.text[..at.min(self.text.len())].split('\n').count())
    }

    /// A problem with a part of it, which is shown without values.
    pub(super) fn problem(&self, span: &Range<usize>, message: impl Into<String>) -> Diagnostic {
        let (written, part) = self.written(span);
        Diagnostic::at(&written, part, message)
    }

    /// A part of it, and which part of its line that is.
    pub(super) fn written(&self, span: &Range<usize>) -> (SourceText, Range<usize>) {
        let line = self.line_of(span.start);
        let number = self.text[..line.start].split('\n').count();
        let column = self.text[line.start..span.start.min(line.end).max(line.start)].chars().count() + 1;
        let (shown, part) = shown::line(&self.text, line, span);
        let origin = Origin::File { name: self.name.clone(), line: number, column };
        (SourceText::of(origin, shown.as_bytes()), part)
    }
}

/// A part of one of several files.
#[derive(Clone, Debug)]
pub(super) struct FileSpan {
    pub(super) file: usize,
    pub(super) span: Range<usize>,
}

/// Something and where it is written.
#[derive(Clone, Debug)]
pub(super) struct Located<T> {
    pub(super) what: T,
    pub(super) spot: FileSpan,
}

/// What the values of a variable look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Int,
    Port,
    Bool,
    List,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [Self::String, Self::Int, Self::Port, Self::Bool, Self::List];

    pub(super) fn name(self) -> &'static str {
        TYPES[self as usize]
    }
}

/// What an empty value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Empty {
    Keep,
    Unset,
    Error,
}

impl Empty {
    pub(super) const ALL: [Self; 3] = [Self::Keep, Self::Unset, Self::Error];
}

/// A default as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Default {
    String(Vec<u8>),
    Int(Vec<u8>),
    Bool(Vec<u8>),
    List(Vec<Vec<u8>>),
}

/// What the files say of one variable. A later file wins, key by key.
#[derive(Clone, Debug)]
pub(super) struct Declaration {
    /// Its name, where it was written last.
    pub(super) spot: FileSpan,
    pub(super) kind: Option<Located<Kind>>,
    pub(super) default: Option<Located<Default>>,
    pub(super) description: Option<String>,
    /// The words to show; none for `true`.
    pub(super) required: Option<Located<Option<String>>>,
    pub(super) pattern: Option<Located<Regex>>,
    pub(super) secret: bool,
    pub(super) file: Option<Located<bool>>,
    pub(super) choices: Option<Located<Vec<String>>>,
    pub(super) empty: Option<Located<Empty>>,
    pub(super) export: bool,
}

impl Declaration {
    pub(super) fn at(spot: FileSpan) -> Self {
        Self {
            spot,
            kind: None,
            default: None,
            description: None,
            required: None,
            pattern: None,
            secret: false,
            file: None,
            choices: None,
            empty: None,
            export: false,
        }
    }

    pub(super) fn is_file(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.what)
    }
}

/// The settings of all files, and their variables.
#[derive(Clone, Debug, std::default::Default)]
pub(super) struct DefaultsConfig {
    pub(super) strict: Option<bool>,
    pub(super) grace: Option<Timeout>,
    pub(super) output: Option<Output>,
    pub(super) verbosity: Option<Verbosity>,
    /// The names that are secret, of all files together.
    pub(super) secrets: Vec<Regex>,
    /// Paths as they are written.
    pub(super) env_files: Vec<Located<String>>,
    pub(super) vars: BTreeMap<String, Declaration>,
}
