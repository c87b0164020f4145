//! The files that a defaults file has rendered (contract, section 7).

use std::cell::Cell;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::diagnostic::SourceText;
use crate::template::{Scope, Syntax, TaintedBytes};
use crate::variables::defaults::{DefaultsFile, FileTable, NameSet};
use crate::variables::{Variables, path};

/// A file to render, by `[[files]]` of a defaults file.
#[derive(Clone, Debug)]
pub struct FileRule {
    /// The name of the defaults file, for messages.
    pub declared_in: String,
    /// The folder of the defaults file, to which paths are relative. Empty for the working directory.
    pub folder: PathBuf,
    /// The path of the template, for [`Variables::expand_path`].
    pub template: SourceText,
    /// Where the file goes: a template.
    pub to: SourceText,
    /// Which expansions the file has.
    pub syntax: Syntax,
    /// The variables that are expanded; `None` is all.
    pub only: Option<NameSet>,
    /// The permissions, at most 0o7777; `None` is those of the template.
    pub mode: Option<u32>,
    /// The owner, `USER[:GROUP]`: a template.
    pub owner: Option<SourceText>,
    /// The file is left out unless this template is true.
    pub when: Option<SourceText>,
}

impl FileRule {
    pub(super) fn new(file: &DefaultsFile, folder: &Path, table: FileTable) -> Self {
        Self {
            declared_in: file.name().to_owned(),
            folder: if folder == Path::new(".") { PathBuf::new() } else { folder.to_owned() },
            template: file.text_of(&table.template),
            to: file.text_of(&table.to),
            syntax: table.syntax,
            only: table.only,
            mode: table.mode,
            owner: table.owner.map(|owner| file.text_of(&owner)),
            when: table.when.map(|when| file.text_of(&when)),
        }
    }
}

impl Variables {
    /// Expands `~`, `$V`, `${V}` and `${V:-word}` in a path of a defaults file. The path is secret as a whole if a value in
    /// it is.
    ///
    /// # Errors
    /// The part at fault, and a message.
    pub fn expand_path(&self, written: &str) -> Result<TaintedBytes, (Range<usize>, String)> {
        let secret = Cell::new(false);
        let lookup = |name: &str| {
            let value = self.get(name)?.to_text();
            secret.set(secret.get() || self.holds_secret(name));
            Some(String::from_utf8_lossy(value.bytes()).into_owned())
        };
        let expanded = path::expand(written, &lookup).map_err(|error| (error.part, error.message))?;
        let mut text = TaintedBytes::new();
        text.push(expanded.as_bytes(), secret.get());
        Ok(text)
    }
}
