//! Reads the files and combines all sources.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

use crate::diagnostic::{Diagnostic, Origin, Problems, SourceText};
use crate::plan::{Output, Timeout, Verbosity};
use crate::template::UnsetPolicy;
use crate::variables::defaults::{
    DefaultsConfig, DefaultsFile, EnvFilePath, FileProblems, FileSpan, Located, VariableSpec,
};
use crate::variables::sources::{FileRef, SecretOption, Sources};
use crate::variables::{
    FileRule, LocatedValue, Place, Variables, defaults, env_file, path, printable, resolve,
};

/// The defaults file that is read if none is named.
const DEFAULTS: &str = "./monofy.toml";

/// The settings of the defaults files; `None` where they have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DefaultsSettings {
    /// `strict`
    pub strict: Option<bool>,
    /// `grace`
    pub grace: Option<Timeout>,
    /// `start-timeout`
    pub start_timeout: Option<Timeout>,
    /// `output`
    pub output: Option<Output>,
    /// `quiet` and `verbose`
    pub verbosity: Verbosity,
}

/// Reads a file; `None` after a signal that asks for a stop.
type ReadFile<'r> = &'r dyn Fn(&OsStr) -> io::Result<Option<Vec<u8>>>;

/// All sources together.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The variables that could be read.
    pub variables: Variables,
    /// The settings of the defaults files.
    pub settings: DefaultsSettings,
    /// The files that the defaults files have rendered.
    pub files: Vec<FileRule>,
    /// The problems of the files and of the values.
    pub problems: Vec<Diagnostic>,
    /// Malformed expansions in defaults, which are left as they are.
    pub warnings: Vec<Diagnostic>,
    /// Whether a signal asked for a stop before everything was read.
    pub was_stopped: bool,
}

/// Combines all sources. `strict` is `--strict` or its twin, and `environment` that of monofy.
pub fn load<Text: Into<Cow<'static, OsStr>>>(
    sources: &Sources,
    strict: Option<bool>,
    environment: impl IntoIterator<Item = (Text, Text)>,
    read: ReadFile<'_>,
) -> Loaded {
    let mut loader = Loader {
        read,
        variables: Variables::from_environment(environment),
        settings: DefaultsSettings::default(),
        files: Vec::new(),
        problems: Problems::default(),
        file_problems: Vec::new(),
        was_stopped: false,
    };
    loader.variables.disclosure = sources.disclosure;
    loader.variables.missing_policy = sources.missing;
    for set in &sources.set {
        loader.variables.set.insert(set.name.clone(), (set.value.clone(), set.origin.to_string()));
    }
    let env_files = loader.defaults(sources);
    match &sources.env_files {
        Some(files) => loader.env_files(files.iter().map(EnvFile::of_option)),
        None => loader.env_files(env_files),
    }
    loader.finish(strict)
}

struct Loader<'r> {
    read: ReadFile<'r>,
    variables: Variables,
    settings: DefaultsSettings,
    files: Vec<FileRule>,
    problems: Problems,
    /// The problems of each defaults file.
    file_problems: Vec<FileProblems>,
    was_stopped: bool,
}

/// An env file to read.
struct EnvFile {
    path: OsString,
    /// The path for messages, without secrets.
    shown: String,
    is_required: bool,
    named_by: NamedBy,
}

/// The text that names a file.
enum NamedBy {
    Option(Rc<SourceText>, Range<usize>),
    Defaults(FileSpan),
}

impl NamedBy {
    fn of(file: &FileRef) -> Self {
        Self::Option(Rc::clone(&file.by), file.part.clone())
    }
}

impl EnvFile {
    /// `-FILE` may be missing, as in systemd.
    fn of_option(file: &FileRef) -> Self {
        let optional = file.path.as_bytes().strip_prefix(b"-").filter(|path| !path.is_empty());
        let path = optional.map_or(file.path.as_os_str(), OsStr::from_bytes);
        Self {
            path: path.to_owned(),
            shown: shown(path),
            is_required: optional.is_none(),
            named_by: NamedBy::of(file),
        }
    }
}

impl Loader<'_> {
    /// Reads the defaults files. Returns the env files that they name.
    fn defaults(&mut self, sources: &Sources) -> Vec<EnvFile> {
        let found = [default_file()];
        let files = match &sources.defaults {
            _ if sources.no_defaults => &[],
            Some(files) => files.as_slice(),
            None => &found,
        };
        let mut config = DefaultsConfig::default();
        let mut folders = Vec::new();
        for file in files {
            let name = shown(&file.path);
            let contents = match self.contents(&file.path) {
                Ok(Some(contents)) => contents,
                Ok(None) => continue,
                Err(_) if is_absent(file) => continue,
                Err(error) => {
                    let message = format!("the defaults file {name} cannot be read: {error}");
                    self.problem(&NamedBy::of(file), message);
                    continue;
                }
            };
            let Ok(text) = String::from_utf8(contents) else {
                self.problem(&NamedBy::of(file), format!("the defaults file {name} is not UTF-8"));
                continue;
            };
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            let mut read = DefaultsFile::new(name, text);
            self.file_problems.push(defaults::parse(&mut read, self.variables.files.len(), &mut config));
            self.variables.files.push(read);
            folders.push(Path::new(&file.path).parent().unwrap_or(Path::new("")));
        }
        let DefaultsConfig {
            strict,
            grace,
            start_timeout,
            output,
            verbosity,
            secrets,
            env_files,
            vars,
            files,
            ..
        } = config;
        self.settings = DefaultsSettings { strict, grace, start_timeout, output, verbosity };
        self.variables.secrets = secrets;
        self.variables.declared = vars;
        let rules = files.into_iter().map(|table| {
            let file = table.template.span.file;
            FileRule::new(&self.variables.files[file], folders[file], table)
        });
        self.files = rules.collect();
        sources.secrets.iter().for_each(|option| self.secret(option));
        // Only now is it known which variables are secret.
        env_files.iter().filter_map(|path| self.env_file(folders[path.span.file], path)).collect()
    }

    /// Declares the variables of `--secret`.
    fn secret(&mut self, option: &SecretOption) {
        let file = self.variables.files.len();
        self.variables.files.push(DefaultsFile::of_option(option.text.clone()));
        self.file_problems.push(FileProblems::default());
        for part in &option.names {
            let span = FileSpan { file, span: part.clone() };
            let name = String::from_utf8_lossy(&option.text.bytes()[part.clone()]).into_owned();
            let spec = self.variables.declared.entry(name).or_insert_with(|| VariableSpec::at(span.clone()));
            spec.secret = true;
            spec.export = true;
            if !spec.is_file() {
                spec.file = Some(Located { value: true, span });
            }
        }
    }

    /// Expands a path of a defaults file, which is relative to the folder of that file.
    fn env_file(&mut self, folder: &Path, path: &Located<EnvFilePath>) -> Option<EnvFile> {
        let variables = &self.variables;
        let value = |name: &str| {
            let set = variables.set.get(name).map(|(value, _)| value.as_slice());
            set.or_else(|| variables.environment.get(name).map(Cow::as_ref))
        };
        let lookup = |name: &str| Some(String::from_utf8_lossy(value(name)?).into_owned());
        let masked = |name: &str| {
            lookup(name).map(|value| {
                if variables.is_secret(name) && !value.is_empty() { "***".to_owned() } else { value }
            })
        };
        let expanded = path::expand(&path.value.path, &lookup).and_then(|expanded| {
            Ok((folder.join(expanded), folder.join(path::expand(&path.value.path, &masked)?)))
        });
        match expanded {
            Ok((expanded, masked)) => Some(EnvFile {
                path: expanded.into_os_string(),
                shown: shown(masked.as_os_str()),
                is_required: path.value.required,
                named_by: NamedBy::Defaults(path.span.clone()),
            }),
            Err(error) => {
                self.problem(&NamedBy::Defaults(path.span.clone()), error.message);
                None
            }
        }
    }

    fn env_files(&mut self, files: impl IntoIterator<Item = EnvFile>) {
        for file in files {
            match self.contents(&file.path) {
                Ok(Some(contents)) => self.env_file_contents(&file.shown, &contents),
                Ok(None) => {}
                Err(error) if !file.is_required && error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let message = format!("the env file {} cannot be read: {error}", file.shown);
                    self.problem(&file.named_by, message);
                }
            }
        }
    }

    fn env_file_contents(&mut self, name: &str, contents: &[u8]) {
        let file: Rc<str> = Rc::from(name);
        for entry in env_file::parse(name, contents, &mut self.problems) {
            let values = &mut self.variables.env_files;
            match entry.value {
                Some(value) => {
                    let place = Place::Line(Rc::clone(&file), entry.line);
                    values.entry(entry.name).or_default().push(LocatedValue { value, place });
                }
                // A bare name takes the value of the environment, which wins anyway, or none.
                None => {
                    values.remove(&entry.name);
                }
            }
        }
    }

    /// The contents of a file; `None` after a signal.
    fn contents(&mut self, path: &OsStr) -> io::Result<Option<Vec<u8>>> {
        if self.was_stopped {
            return Ok(None);
        }
        let contents = (self.read)(file_path(path))?;
        self.was_stopped = contents.is_none();
        Ok(contents)
    }

    fn problem(&mut self, named_by: &NamedBy, message: String) {
        match named_by {
            NamedBy::Option(by, part) => self.problems.push(Diagnostic::at(by, part.clone(), message)),
            NamedBy::Defaults(span) => self.file_problems[span.file].add(span.span.clone(), || message),
        }
    }

    /// Decides which value of each declared variable counts, and reports all problems.
    fn finish(mut self, strict: Option<bool>) -> Loaded {
        let is_strict = strict.or(self.settings.strict).unwrap_or(false);
        let unset = if is_strict { UnsetPolicy::Error } else { UnsetPolicy::Empty };
        let mut warnings: Vec<_> = self.variables.files.iter().map(|_| FileProblems::default()).collect();
        let (read, was_stopped) = (self.read, &mut self.was_stopped);
        resolve::resolve_declared(
            &mut self.variables,
            unset,
            &mut self.file_problems,
            &mut warnings,
            &mut |path| {
                if *was_stopped {
                    return Ok(None);
                }
                let contents = read(file_path(OsStr::from_bytes(path))).map_err(|error| error.to_string())?;
                *was_stopped = contents.is_none();
                Ok(contents)
            },
        );
        let mut warned = Problems::default();
        for (file, (problems, warnings)) in
            self.variables.files.iter().zip(self.file_problems.into_iter().zip(warnings))
        {
            problems.report(file, &mut self.problems);
            warnings.report(file, &mut warned);
        }
        Loaded {
            variables: self.variables,
            settings: self.settings,
            files: self.files,
            problems: self.problems.finish(),
            warnings: warned.finish(),
            was_stopped: self.was_stopped,
        }
    }
}

/// A path for messages.
fn shown(path: &OsStr) -> String {
    printable(&path.to_string_lossy())
}

/// The path to open. No file of variables is stdin: that belongs to the processes.
fn file_path(path: &OsStr) -> &OsStr {
    if path == "-" { OsStr::new("./-") } else { path }
}

/// The defaults file of the working directory, which may be absent.
fn default_file() -> FileRef {
    let by = Rc::new(SourceText::of(Origin::Folder, DEFAULTS.as_bytes()));
    FileRef { path: OsString::from(DEFAULTS), by, part: 0..DEFAULTS.len() }
}

/// Whether a file that no option names does not exist, or lies in a folder that cannot be searched. A symbolic link that
/// leads nowhere exists.
fn is_absent(file: &FileRef) -> bool {
    // Not by std's metadata, which first finds out in three system calls whether the kernel has statx(2).
    let is_missing = |error: io::Error| error.kind() != io::ErrorKind::InvalidInput;
    *file.by.origin() == Origin::Folder && std::fs::read_link(&file.path).is_err_and(is_missing)
}
