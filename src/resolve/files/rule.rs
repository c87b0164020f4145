//! What `--render` and `[[files]]` ask for.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::diagnostic::{Diagnostic, SourceText};
use crate::resolve::Resolver;
use crate::resolve::selection::{printable, shown};
use crate::template::{Scope, Syntax, TaintedBytes, Template, Value};
use crate::text::boolean;
use crate::text::suggest;
use crate::variables::defaults::SYNTAXES;
use crate::variables::{FileRule, NameSet, Variables};

/// A file or a folder to render, with its values expanded.
pub(super) struct Rule<'r> {
    /// Where the template and the destination are written, for errors.
    pub(super) source_text: &'r SourceText,
    pub(super) destination_text: &'r SourceText,
    pub(super) source: TaintedBytes,
    pub(super) destination: TaintedBytes,
    pub(super) syntax: Syntax,
    /// The variables that are expanded; `None` is all.
    pub(super) only: Option<&'r NameSet>,
    pub(super) mode: Option<u32>,
    pub(super) owner: Option<TaintedBytes>,
    /// The variables that the values above refer to.
    pub(super) variables: BTreeSet<String>,
}

impl Resolver<'_> {
    /// `--render SRC:DST[:SYNTAX]`
    pub(super) fn rule_of_option<'r>(&mut self, text: &'r SourceText) -> Option<Rule<'r>> {
        let template = Template::parse(text.bytes());
        let colons = template.positions_outside_expansions(b':');
        let Some(&colon) = colons.first() else {
            let message = "--render takes SRC:DST; add `:` and where the file goes";
            self.problem(Diagnostic::about(text, message));
            return None;
        };
        let (mut end, mut syntax) = (text.bytes().len(), Syntax::Angle);
        if let Some(&last) = colons.last().filter(|last| **last > colon)
            && let Some(named) = std::str::from_utf8(&text.bytes()[last + 1..]).ok().and_then(Syntax::of_file)
        {
            (end, syntax) = (last, named);
        }
        if let Some(&last) = colons.last().filter(|last| **last > colon && end > **last)
            && let Ok(word) = std::str::from_utf8(&text.bytes()[last + 1..])
            && let Some(meant) = suggest::closest(word, SYNTAXES)
        {
            let message = format!("this is a part of the path, and no syntax; did you mean {meant}?");
            self.warnings.push(Diagnostic::at(text, last + 1..end, message));
        }
        let (source, destination) = (text.part(0..colon), text.part(colon + 1..end));
        let (source, destination) = (self.path(&source), self.path(&destination));
        Some(Rule {
            source_text: text,
            destination_text: text,
            source: source?,
            destination: destination?,
            syntax,
            only: None,
            mode: None,
            owner: None,
            variables: names_of(text),
        })
    }

    /// Why a file is left out by `when`.
    pub(super) fn condition_of_file(&mut self, file: &FileRule) -> Option<String> {
        let when = file.when.as_ref()?;
        let is_false = self.unlisted(when).is_some_and(|value| boolean::is_false(value.bytes()));
        is_false.then(|| format!("when={} is false", shown(when)))
    }

    /// A table of `[[files]]`.
    pub(super) fn rule_of_table<'r>(&mut self, file: &'r FileRule) -> Option<Rule<'r>> {
        let written = String::from_utf8_lossy(file.template.bytes());
        let source = match self.variables.expand_path(&written) {
            Ok(source) => self.checked_path(&file.template, source),
            Err((part, message)) => {
                self.problem(Diagnostic::at(&file.template, part, message));
                None
            }
        };
        let destination = self.path(&file.to);
        let owner = match &file.owner {
            Some(owner) => Some(self.unlisted(owner)?).filter(|owner| !owner.is_empty()),
            None => None,
        };
        let texts = [Some(&file.template), Some(&file.to), file.owner.as_ref(), file.when.as_ref()];
        Some(Rule {
            source_text: &file.template,
            destination_text: &file.to,
            source: below(&file.folder, source?),
            destination: below(&file.folder, destination?),
            syntax: file.syntax,
            only: file.only.as_ref(),
            mode: file.mode,
            owner,
            variables: texts.into_iter().flatten().flat_map(names_of).collect(),
        })
    }

    /// A template for a path.
    fn path(&mut self, text: &SourceText) -> Option<TaintedBytes> {
        let value = self.unlisted(text)?;
        self.checked_path(text, value)
    }

    fn checked_path(&mut self, text: &SourceText, value: TaintedBytes) -> Option<TaintedBytes> {
        let message = match value.bytes() {
            b"" => "this is empty, and has to be a path; `-` is stdin or stdout",
            bytes if bytes.contains(&0) => "a value in this path contains NUL, which no path can",
            _ => return Some(value),
        };
        self.problem(Diagnostic::about(text, message));
        None
    }
}

/// The variables that a text refers to.
pub(super) fn names_of(text: &SourceText) -> BTreeSet<String> {
    Template::parse(text.bytes()).references().map(|reference| reference.name.to_owned()).collect()
}

/// A path, relative to a folder unless it is absolute, stdin or stdout.
fn below(folder: &Path, path: TaintedBytes) -> TaintedBytes {
    let is_complete = path.bytes().starts_with(b"/") || path.bytes() == b"-";
    if is_complete || folder.as_os_str().is_empty() {
        return path;
    }
    let mut text = TaintedBytes::literal(folder.as_os_str().as_bytes());
    text.push_literal(b"/");
    text.append(&path);
    text
}

impl Rule<'_> {
    /// The path of a template, secret if the path that the rule gives is.
    pub(super) fn tainted(&self, path: &Path) -> TaintedBytes {
        let mut text = self.source.clone();
        let bytes = path.as_os_str().as_bytes();
        text.push_literal(&bytes[text.len().min(bytes.len())..]);
        text
    }

    /// A path for a message. It is masked if a secret is in the path of its template.
    pub(super) fn shown(&self, path: &Path) -> String {
        if self.source.has_secret() {
            return String::from_utf8_lossy(&self.source.masked()).into_owned();
        }
        printable(&path.to_string_lossy())
    }
}

/// The variables that `only` allows.
pub(super) struct AllowedNames<'v> {
    pub(super) variables: &'v mut Variables,
    pub(super) only: &'v NameSet,
}

impl Scope for AllowedNames<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self.variables.get(name)
    }

    fn assign(&mut self, name: &str, value: TaintedBytes) {
        self.variables.assign(name, value);
    }

    fn allows(&self, name: &str) -> bool {
        self.only.contains(name)
    }

    fn is_false(&self, name: &str) -> bool {
        self.variables.is_false(name)
    }
}
