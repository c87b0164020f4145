//! The defaults file (contract, 3.2): settings, the declarations of variables, and files to render (section 7).

mod file;
mod parse;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(super) use file::{DefaultsFile, FileProblems, FileSpan, Located};
pub(super) use parse::parse;
use regex::bytes::Regex;

use crate::plan::{Output, Timeout, Verbosity};
use crate::template::Syntax;
use crate::variables::name_glob::NameGlob;

/// The tables of a defaults file.
pub const TABLES: [&str; 3] = ["settings", "vars", "files"];
/// The keys of `[settings]`.
pub const SETTINGS: [&str; 8] =
    ["strict", "grace", "start-timeout", "output", "quiet", "verbose", "secrets", "env-files"];
/// The keys of `[vars.NAME]`.
pub const VARIABLE: [&str; 10] =
    ["type", "default", "description", "required", "pattern", "secret", "file", "choices", "empty", "export"];
/// The keys of `[[files]]`.
pub const FILE: [&str; 7] = ["template", "to", "syntax", "only", "mode", "owner", "when"];
/// The values of `syntax`.
pub const SYNTAXES: [&str; 3] = ["angle", "braces", "all"];
/// The values of `type`.
pub const TYPES: [&str; 5] = ["string", "int", "port", "bool", "list"];
/// The values of `empty`.
pub const EMPTY: [&str; 3] = ["keep", "unset", "error"];

/// The type of a variable's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueType {
    String,
    Int,
    Port,
    Bool,
    List,
}

impl ValueType {
    pub(super) const ALL: [Self; 5] = [Self::String, Self::Int, Self::Port, Self::Bool, Self::List];

    pub(super) fn name(self) -> &'static str {
        TYPES[self as usize]
    }
}

/// The meaning of an empty value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EmptyPolicy {
    Keep,
    Unset,
    Error,
}

impl EmptyPolicy {
    pub(super) const ALL: [Self; 3] = [Self::Keep, Self::Unset, Self::Error];
}

/// A default as the file has it, strings not expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DefaultValue {
    String(Vec<u8>),
    Int(Vec<u8>),
    Bool(Vec<u8>),
    List(Vec<Vec<u8>>),
}

/// The declaration of one variable, by all files together: a later file wins, key by key.
#[derive(Clone, Debug)]
pub(super) struct VariableSpec {
    /// The name, where it was written last.
    pub(super) span: FileSpan,
    pub(super) value_type: Option<Located<ValueType>>,
    pub(super) default: Option<Located<DefaultValue>>,
    pub(super) description: Option<String>,
    /// The text for the error message, if there is one.
    pub(super) required: Option<Located<Option<String>>>,
    pub(super) pattern: Option<Located<Regex>>,
    pub(super) secret: bool,
    pub(super) file: Option<Located<bool>>,
    pub(super) choices: Option<Located<Vec<String>>>,
    pub(super) empty: Option<Located<EmptyPolicy>>,
    pub(super) export: bool,
}

impl VariableSpec {
    pub(super) fn at(span: FileSpan) -> Self {
        Self {
            span,
            value_type: None,
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

    /// Whether `NAME_FILE` may name a file that holds the value.
    pub(super) fn is_file(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.value)
    }

    pub(super) fn is_bool(&self) -> bool {
        self.value_type.as_ref().is_some_and(|value_type| value_type.value == ValueType::Bool)
    }

    pub(super) fn empty_policy(&self) -> EmptyPolicy {
        self.empty.as_ref().map_or(EmptyPolicy::Keep, |empty| empty.value)
    }
}

/// A path of `env-files`, not expanded.
#[derive(Clone, Debug)]
pub(super) struct EnvFilePath {
    pub(super) path: String,
    pub(super) required: bool,
}

/// A table of `[[files]]`: a file to render. Its strings are as written.
#[derive(Clone, Debug)]
pub(super) struct FileTable {
    /// A path, relative to the folder of the defaults file.
    pub(super) template: Located<String>,
    /// A template for a path, relative to the folder of the defaults file.
    pub(super) to: Located<String>,
    pub(super) syntax: Syntax,
    pub(super) only: Option<NameSet>,
    pub(super) mode: Option<u32>,
    /// A template.
    pub(super) owner: Option<Located<String>>,
    /// A template.
    pub(super) when: Option<Located<String>>,
}

/// Names, and globs over names.
#[derive(Clone, Debug, Default)]
pub struct NameSet {
    names: BTreeSet<Vec<u8>>,
    globs: Vec<NameGlob>,
}

impl NameSet {
    pub(super) fn insert(&mut self, glob: NameGlob) {
        if glob.is_pattern() {
            self.globs.push(glob);
        } else {
            self.names.insert(glob.as_bytes().to_vec());
        }
    }

    /// The number of globs with wildcards, each of which is matched against every name.
    pub(super) fn glob_count(&self) -> usize {
        self.globs.len()
    }

    /// Whether a name is among these.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        let name = name.as_bytes();
        self.names.contains(name) || self.globs.iter().any(|glob| glob.matches(name))
    }
}

/// The contents of all defaults files together.
#[derive(Clone, Debug, Default)]
pub(super) struct DefaultsConfig {
    pub(super) strict: Option<bool>,
    pub(super) grace: Option<Timeout>,
    pub(super) start_timeout: Option<Timeout>,
    pub(super) output: Option<Output>,
    pub(super) verbosity: Verbosity,
    /// Names that are secret, by all files.
    pub(super) secrets: NameSet,
    /// The patterns compiled so far, since many variables often share one.
    pub(super) patterns: BTreeMap<String, Regex>,
    /// How many patterns were compiled, invalid ones included.
    pub(super) compiled: usize,
    /// By the last file that has any.
    pub(super) env_files: Vec<Located<EnvFilePath>>,
    pub(super) vars: HashMap<String, VariableSpec>,
    /// Those of all files.
    pub(super) files: Vec<FileTable>,
}
