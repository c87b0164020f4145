//! Rendered files: reads their templates and expands them, before the line (contract, section 7).

mod collect;
mod findings;
mod rule;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::cli::View;
use crate::diagnostic::{Diagnostic, Origin, SourceText};
use crate::plan::{RenderedFile, Skipped, SkippedKind};
use crate::resolve::Resolver;
use crate::resolve::files::collect::{collect, without_suffix};
use crate::resolve::files::rule::{AllowedNames, Rule};
use crate::resolve::redaction::{FieldRedaction, Redaction};
use crate::resolve::selection::printable;
use crate::template::{FileTemplate, TaintedBytes, UnsetPolicy};
use crate::variables::FileRule;

/// The mode of a file that is rendered from stdin.
const DEFAULT_MODE: u32 = 0o644;

/// Reads a file whole, `-` for stdin. `None` when a signal asked for a stop meanwhile.
pub type ReadFile<'r> = &'r dyn Fn(&OsStr) -> io::Result<Option<Vec<u8>>>;

/// A file with its text expanded.
#[derive(Debug)]
pub(super) struct ResolvedFile {
    source: TaintedBytes,
    /// The path of the template for messages.
    shown: String,
    /// Where its rule is written.
    origin: Origin,
    destination: TaintedBytes,
    mode: u32,
    owner: Option<TaintedBytes>,
    content: TaintedBytes,
    /// The variables that the template refers to.
    variables: BTreeSet<String>,
    /// The variables of its rule.
    rule_variables: BTreeSet<String>,
    /// Expansions of the template that say what a variable is without a value.
    worded: Vec<SourceText>,
}

/// The files of a line.
#[derive(Debug, Default)]
pub(super) struct ResolvedFiles {
    pub(super) files: Vec<ResolvedFile>,
    /// The index of the file that goes to each place.
    places: BTreeMap<PathBuf, usize>,
    pub(super) skipped: Vec<Skipped>,
    /// For each file that is left out: the defaults file that declares it, and the variables of its condition.
    conditions: Vec<(String, BTreeSet<String>)>,
    /// Whether a signal asked for a stop while a template was read.
    pub(super) was_stopped: bool,
}

impl Resolver<'_> {
    /// Expands the files that the defaults files declare, if the line has a PROCESS, and those that the line names.
    pub(super) fn files(
        &mut self,
        declared: &[FileRule],
        render: &[SourceText],
        read: ReadFile<'_>,
    ) -> ResolvedFiles {
        let mut resolved = ResolvedFiles::default();
        let is_run = !self.line.setup.is_empty() || !self.line.processes.is_empty();
        let problems_of_line = std::mem::take(&mut self.problems);
        for file in declared.iter().filter(|_| is_run) {
            if let Some(reason) = self.condition_of_file(file) {
                resolved.skip(file, reason);
            } else {
                self.rule_of_table(file).iter().for_each(|rule| self.render(rule, read, &mut resolved));
            }
            // In the order of the files. Those of the line are sorted by argument.
            self.file_problems.extend(std::mem::take(&mut self.problems).finish());
        }
        self.problems = problems_of_line;
        for text in render {
            self.rule_of_option(text).iter().for_each(|rule| self.render(rule, read, &mut resolved));
        }
        resolved
    }

    fn render(&mut self, rule: &Rule<'_>, read: ReadFile<'_>, resolved: &mut ResolvedFiles) {
        let source = PathBuf::from(OsStr::from_bytes(rule.source.bytes()));
        if source == Path::new("-") {
            return self.render_one(rule, &source, rule.destination.clone(), DEFAULT_MODE, read, resolved);
        }
        let mut templates = Vec::new();
        if let Err((path, error)) = collect(&source, Path::new(""), 0, &mut templates) {
            let message = format!("cannot read the template {}: {error}", rule.shown(&path));
            return self.problem(Diagnostic::about(rule.source_text, message));
        }
        let is_folder = source.is_dir();
        if is_folder && rule.destination.bytes() == b"-" {
            let message = "a folder of templates cannot be written to stdout; name a folder";
            return self.problem(Diagnostic::about(rule.destination_text, message));
        }
        if !is_folder && rule.destination.bytes().ends_with(b"/") {
            let message = "this is a folder, and the template is a file: add the name of the file";
            return self.problem(Diagnostic::about(rule.destination_text, message));
        }
        if templates.is_empty() {
            let message = format!("the folder {} has no files to render", rule.shown(&source));
            self.warnings.push(Diagnostic::about(rule.source_text, message));
        }
        for (path, mode) in templates {
            let mut destination = rule.destination.clone();
            if is_folder {
                if !destination.bytes().ends_with(b"/") {
                    destination.push_literal(b"/");
                }
                destination.push_literal(without_suffix(&path).as_os_str().as_bytes());
            }
            let template = if is_folder { source.join(&path) } else { source.clone() };
            self.render_one(rule, &template, destination, mode, read, resolved);
        }
    }

    fn render_one(
        &mut self,
        rule: &Rule<'_>,
        source: &Path,
        destination: TaintedBytes,
        template_mode: u32,
        read: ReadFile<'_>,
        resolved: &mut ResolvedFiles,
    ) {
        let is_stdin = source == Path::new("-");
        let shown = if is_stdin { "stdin".to_owned() } else { rule.shown(source) };
        let place = normalized(&destination);
        if let Some(other) = resolved.places.get(&place).and_then(|index| resolved.files.get(*index)) {
            let place = match destination.bytes() {
                b"-" => "stdout".to_owned(),
                _ => printable(&String::from_utf8_lossy(&destination.masked())),
            };
            let message = format!(
                "{shown} and {} ({}) both go to {place}; give each its own place",
                other.shown, other.origin
            );
            return self.problem(Diagnostic::about(rule.destination_text, message));
        }
        if is_stdin && let Some(other) = resolved.files.iter().find(|other| other.source.bytes() == b"-") {
            let message =
                format!("stdin is the template of another file ({}), and can be read once", other.origin);
            return self.problem(Diagnostic::about(rule.source_text, message));
        }
        let text = match read(source.as_os_str()) {
            Ok(Some(text)) => text,
            Ok(None) => {
                resolved.was_stopped = true;
                return;
            }
            Err(error) => {
                let message = format!("cannot read the template {shown}: {error}");
                return self.problem(Diagnostic::about(rule.source_text, message));
            }
        };
        let (content, variables, worded) = self.file_text(&shown, &text, rule);
        // Nobody else reads a file with a secret in it.
        let derived = if content.has_secret() { template_mode & 0o700 } else { template_mode };
        resolved.places.insert(place, resolved.files.len());
        resolved.files.push(ResolvedFile {
            source: rule.tainted(source),
            shown,
            origin: rule.destination_text.origin().clone(),
            destination,
            mode: rule.mode.unwrap_or(derived),
            owner: rule.owner.clone(),
            content,
            variables,
            rule_variables: rule.variables.clone(),
            worded,
        });
    }

    /// Expands the text of a file, and reports its problems by line and column.
    fn file_text(
        &mut self,
        name: &str,
        text: &[u8],
        rule: &Rule<'_>,
    ) -> (TaintedBytes, BTreeSet<String>, Vec<SourceText>) {
        let unset = if self.strict { UnsetPolicy::Error } else { UnsetPolicy::Empty };
        let template = FileTemplate::new(text, rule.syntax);
        let expansion = match rule.only {
            Some(only) => {
                let mut allowed = AllowedNames { variables: &mut self.variables, only };
                template.expand(&mut allowed, unset, &mut self.budget)
            }
            None => template.expand(&mut self.variables, unset, &mut self.budget),
        };
        self.report_findings(name, text, &expansion);
        // Only an explanation shows them.
        let worded = match self.line.global.view {
            Some(View::Explain(_)) => worded(name, text, expansion.worded.into_values()),
            Some(View::Plan(_) | View::Deployment(_)) | None => Vec::new(),
        };
        (expansion.content, expansion.names, worded)
    }
}

/// These parts of a file, each with its position.
fn worded(name: &str, text: &[u8], spans: impl Iterator<Item = Range<usize>>) -> Vec<SourceText> {
    let place = |span: Range<usize>| {
        let before = &text[..span.start];
        let line = before.split(|byte| *byte == b'\n').count();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        SourceText::of(Origin::File { name: name.to_owned(), line, column }, &text[span])
    };
    spans.map(place).collect()
}

impl ResolvedFiles {
    /// The expansions of all files that say what a variable is without a value.
    pub(super) fn worded(&mut self) -> Vec<SourceText> {
        self.files.iter_mut().flat_map(|file| std::mem::take(&mut file.worded)).collect()
    }

    fn skip(&mut self, file: &FileRule, reason: String) {
        let name = printable(&String::from_utf8_lossy(file.to.bytes()));
        self.skipped.push(Skipped { name, kind: SkippedKind::File, reason });
        let names = file.when.iter().flat_map(rule::names_of).collect();
        self.conditions.push((file.declared_in.clone(), names));
    }

    /// The variables that files refer to, in their templates and their rules, by the path of the template.
    pub(super) fn usage(&self) -> Vec<(String, BTreeSet<String>)> {
        let mut usage: Vec<(String, BTreeSet<String>)> = Vec::with_capacity(self.files.len());
        let mut positions: BTreeMap<String, usize> = BTreeMap::new();
        let of_file = |file: &ResolvedFile| {
            (file.shown.clone(), file.variables.union(&file.rule_variables).cloned().collect())
        };
        for (name, mut names) in self.files.iter().map(of_file).chain(self.conditions.iter().cloned()) {
            if let Some(&position) = positions.get(&name) {
                usage[position].1.append(&mut names);
            } else {
                positions.insert(name.clone(), usage.len());
                usage.push((name, names));
            }
        }
        usage
    }
}

impl ResolvedFile {
    /// The file of the plan.
    pub(super) fn into_plan(self, redaction: &mut Redaction) -> RenderedFile {
        let mut fields = FieldRedaction::new(redaction);
        RenderedFile {
            source: fields.bytes(|| "source".to_owned(), self.source),
            destination: fields.bytes(|| "destination".to_owned(), self.destination),
            mode: self.mode,
            owner: fields.optional_bytes("owner", self.owner),
            content: fields.bytes(|| "content".to_owned(), self.content),
            variables: self.variables.into_iter().collect(),
            secrets: fields.into_secrets(),
        }
    }
}

/// A path to compare: `a//b`, `./a/b` and `a/b` are one place. What is a link is found when the files are written.
fn normalized(path: &TaintedBytes) -> PathBuf {
    let path = Path::new(OsStr::from_bytes(path.bytes()));
    path.components().filter(|component| *component != Component::CurDir).collect()
}
