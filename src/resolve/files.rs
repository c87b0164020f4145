//! Rendered files: reads their templates and expands them, before the line (contract, section 7).

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Origin, SourceText};
use crate::plan::RenderedFile;
use crate::resolve::Resolver;
use crate::resolve::redaction::{FieldRedaction, Redaction};
use crate::template::{FileTemplate, Severity, Syntax, TaintedBytes, Template, UnsetPolicy};

/// The mode of a file that is rendered from stdin.
const DEFAULT_MODE: u32 = 0o644;

/// The deepest nesting of folders. Symbolic links can make a folder contain itself.
const MAX_DEPTH: usize = 40;

/// Reads a file whole, `-` for stdin. `None` when a signal asked for a stop meanwhile.
pub type ReadFile<'r> = &'r dyn Fn(&OsStr) -> io::Result<Option<Vec<u8>>>;

/// A file with its text expanded.
#[derive(Debug)]
pub(super) struct ResolvedFile {
    source: TaintedBytes,
    /// The path of the template for messages.
    shown: String,
    destination: TaintedBytes,
    mode: u32,
    content: TaintedBytes,
    pub(super) variables: BTreeSet<String>,
}

/// The files of a line.
#[derive(Debug, Default)]
pub(super) struct ResolvedFiles {
    pub(super) files: Vec<ResolvedFile>,
    /// Whether a signal asked for a stop while a template was read.
    pub(super) was_stopped: bool,
}

/// What one `--render` asks for, with its values expanded.
struct Rule<'r> {
    /// Where it is written, for errors.
    text: &'r SourceText,
    source: TaintedBytes,
    destination: TaintedBytes,
    syntax: Syntax,
}

impl Resolver<'_> {
    /// Expands the files that the line names.
    pub(super) fn files(&mut self, render: &[SourceText], read: ReadFile<'_>) -> ResolvedFiles {
        let mut resolved = ResolvedFiles::default();
        for text in render {
            self.render_option(text, read, &mut resolved);
        }
        resolved
    }

    /// `--render SRC:DST[:SYNTAX]`
    fn render_option(&mut self, text: &SourceText, read: ReadFile<'_>, resolved: &mut ResolvedFiles) {
        let template = Template::parse(text.bytes());
        let colons = template.positions_outside_expansions(b':');
        let Some(&colon) = colons.first() else {
            let message = "--render takes SRC:DST; add `:` and where the file goes";
            return self.problem(Diagnostic::about(text, message));
        };
        let (mut end, mut syntax) = (text.bytes().len(), Syntax::Angle);
        if let Some(&last) = colons.last().filter(|last| **last > colon)
            && let Some(named) = std::str::from_utf8(&text.bytes()[last + 1..]).ok().and_then(Syntax::of_file)
        {
            (end, syntax) = (last, named);
        }
        let (source, destination) = (text.part(0..colon), text.part(colon + 1..end));
        let (Some(source), Some(destination)) = (self.path(&source), self.path(&destination)) else { return };
        let rule = Rule { text, source, destination, syntax };
        self.render(&rule, read, resolved);
    }

    /// A value that has to be a path.
    fn path(&mut self, text: &SourceText) -> Option<TaintedBytes> {
        let value = self.unlisted(text)?;
        let message = match value.bytes() {
            b"" => "this is empty, and has to be a path; `-` is stdin or stdout",
            bytes if bytes.contains(&0) => "a value in this path contains NUL, which no path can",
            _ => return Some(value),
        };
        self.problem(Diagnostic::about(text, message));
        None
    }

    fn render(&mut self, rule: &Rule<'_>, read: ReadFile<'_>, resolved: &mut ResolvedFiles) {
        let source = PathBuf::from(OsStr::from_bytes(rule.source.bytes()));
        if source == Path::new("-") {
            return self.render_one(rule, &source, rule.destination.clone(), DEFAULT_MODE, read, resolved);
        }
        let mut templates = Vec::new();
        if let Err((path, error)) = collect(&source, Path::new(""), 0, &mut templates) {
            let path = shown(rule, &path);
            return self
                .problem(Diagnostic::about(rule.text, format!("cannot read the template {path}: {error}")));
        }
        let is_folder = source.is_dir();
        if is_folder && rule.destination.bytes() == b"-" {
            let message = "a folder of templates cannot be written to stdout; name a folder";
            return self.problem(Diagnostic::about(rule.text, message));
        }
        for (path, mode) in templates {
            let mut destination = rule.destination.clone();
            if is_folder {
                destination.push_literal(b"/");
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
        if resolved.files.iter().any(|file| file.destination.bytes() == destination.bytes()) {
            let message = "another file of this run goes to the same place";
            return self.problem(Diagnostic::about(rule.text, message));
        }
        let text = match read(source.as_os_str()) {
            Ok(Some(text)) => text,
            Ok(None) => {
                resolved.was_stopped = true;
                return;
            }
            Err(error) => {
                let path = shown(rule, source);
                let message = format!("cannot read the template {path}: {error}");
                return self.problem(Diagnostic::about(rule.text, message));
            }
        };
        let name = if source == Path::new("-") { "stdin".to_owned() } else { shown(rule, source) };
        let (content, variables) = self.file_text(&name, &text, rule.syntax);
        // Nobody else reads a file with a secret in it.
        let derived = if content.has_secret() { template_mode & 0o700 } else { template_mode };
        resolved.files.push(ResolvedFile {
            source: tainted(rule, source),
            shown: name,
            destination,
            mode: derived,
            content,
            variables,
        });
    }

    /// Expands the text of a file, and reports its problems by line and column.
    fn file_text(&mut self, name: &str, text: &[u8], syntax: Syntax) -> (TaintedBytes, BTreeSet<String>) {
        let unset = if self.strict { UnsetPolicy::Error } else { UnsetPolicy::Empty };
        let expansion = FileTemplate::new(text, syntax).expand(&mut self.variables, unset, &mut self.budget);
        let mut lines = Lines::new(name, text);
        for error in &expansion.errors {
            if self.is_reported(error) {
                continue;
            }
            let hint = self.hint(error);
            let problem = lines.diagnostic(&error.span, error.to_string()).append(&hint);
            self.file_problems.push(problem);
        }
        let mut lines = Lines::new(name, text);
        for lint in &expansion.lints {
            let problem = lines.diagnostic(&lint.span, lint.kind.to_string());
            match lint.kind.severity() {
                Severity::Malformed if self.strict => self.file_problems.push(problem),
                Severity::Advice | Severity::Malformed | Severity::Error => self.warnings.push(problem),
            }
        }
        let mut lines = Lines::new(name, text);
        let mut known = BTreeSet::new();
        for (span, variable) in &expansion.kept {
            if known.insert(variable.as_str()) {
                let message = format!(
                    "{variable} is not set, so its expansion stays as it is; set it, or write a default"
                );
                self.warnings.push(lines.diagnostic(span, message));
            }
        }
        (expansion.content, expansion.names)
    }
}

impl ResolvedFile {
    /// Where it comes from and the variables that it refers to.
    pub(super) fn usage(&self) -> (String, BTreeSet<String>) {
        (self.shown.clone(), self.variables.clone())
    }

    /// The file of the plan.
    pub(super) fn into_plan(self, redaction: &mut Redaction) -> RenderedFile {
        let mut fields = FieldRedaction::new(redaction);
        RenderedFile {
            source: fields.bytes(|| "source".to_owned(), self.source),
            destination: fields.bytes(|| "destination".to_owned(), self.destination),
            mode: self.mode,
            owner: None,
            content: fields.bytes(|| "content".to_owned(), self.content),
            variables: self.variables.into_iter().collect(),
            secrets: fields.into_secrets(),
        }
    }
}

/// Turns offsets into lines and columns, from the start of a file to its end.
struct Lines<'t> {
    name: &'t str,
    text: &'t [u8],
    /// The number and the start of the line reached.
    line: (usize, usize),
}

impl<'t> Lines<'t> {
    fn new(name: &'t str, text: &'t [u8]) -> Self {
        Self { name, text, line: (1, 0) }
    }

    fn diagnostic(&mut self, span: &Range<usize>, message: String) -> Diagnostic {
        if span.start < self.line.1 {
            self.line = (1, 0);
        }
        while let Some(length) = self.text[self.line.1..span.start].iter().position(|byte| *byte == b'\n') {
            self.line = (self.line.0 + 1, self.line.1 + length + 1);
        }
        let (line, start) = self.line;
        let end = self.text[start..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(self.text.len(), |at| start + at);
        let column = String::from_utf8_lossy(&self.text[start..span.start]).chars().count() + 1;
        let origin = Origin::File { name: self.name.to_owned(), line, column };
        let text = SourceText::of(origin, &self.text[start..end]);
        Diagnostic::at(&text, span.start - start..span.end.min(end) - start, message)
    }
}

/// The path of a template, secret if the path that the line gives is.
fn tainted(rule: &Rule<'_>, path: &Path) -> TaintedBytes {
    let mut text = rule.source.clone();
    let bytes = path.as_os_str().as_bytes();
    text.push_literal(&bytes[text.len().min(bytes.len())..]);
    text
}

/// A path for a message. It is masked if a secret is in the path of its template.
fn shown(rule: &Rule<'_>, path: &Path) -> String {
    if rule.source.has_secret() {
        return String::from_utf8_lossy(&rule.source.masked()).into_owned();
    }
    path.display().to_string()
}

/// Collects the templates at a path: itself, or all files below it, with their modes. Names that start with `..` are
/// left out: a mounted `ConfigMap` has its versions there.
fn collect(
    root: &Path,
    below: &Path,
    depth: usize,
    templates: &mut Vec<(PathBuf, u32)>,
) -> Result<(), (PathBuf, String)> {
    let path = if below.as_os_str().is_empty() { root.to_owned() } else { root.join(below) };
    let failed = |message: String| (path.clone(), message);
    let metadata = fs::metadata(&path).map_err(|error| failed(error.to_string()))?;
    if metadata.is_file() {
        templates.push((below.to_owned(), metadata.mode() & 0o777));
        return Ok(());
    }
    if !metadata.is_dir() {
        return Err(failed(
            "it is a FIFO, a device or a socket; use a regular file, or `-` for stdin".to_owned(),
        ));
    }
    if depth == MAX_DEPTH {
        return Err(failed("too many folders inside each other".to_owned()));
    }
    let entries = fs::read_dir(&path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut names: Vec<_> =
        entries.map_err(|error| failed(error.to_string()))?.iter().map(fs::DirEntry::file_name).collect();
    names.sort();
    for name in names.iter().filter(|name| !name.as_bytes().starts_with(b"..")) {
        collect(root, &below.join(name), depth + 1, templates)?;
    }
    Ok(())
}

/// The name of the file that a template in a folder makes.
fn without_suffix(path: &Path) -> PathBuf {
    let bytes = path.as_os_str().as_bytes();
    let stem = [&b".template"[..], b".tmpl"].into_iter().find_map(|suffix| bytes.strip_suffix(suffix));
    PathBuf::from(OsStr::from_bytes(stem.unwrap_or(bytes)))
}
