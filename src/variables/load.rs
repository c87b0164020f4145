//! Reads the files and puts all sources together.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Origin, SourceText};
use crate::plan::{Output, Timeout, Verbosity};
use crate::variables::defaults::{DefaultsConfig, File, Located};
use crate::variables::sources::{FileRef, Sources};
use crate::variables::{LocatedValue, Variables, defaults, env_file, path, resolve};

/// The defaults file that is read where none is named.
const DEFAULTS: &str = "./monofy.toml";

/// What the defaults files say of the options; nothing where they say nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// `strict`
    pub strict: Option<bool>,
    /// `grace`
    pub grace: Option<Timeout>,
    /// `output`
    pub output: Option<Output>,
    /// `quiet` and `verbose`
    pub verbosity: Option<Verbosity>,
}

type Read<'r> = &'r dyn Fn(&OsStr) -> io::Result<Option<Vec<u8>>>;

/// All sources together.
#[derive(Debug, Default)]
pub struct Loaded {
    /// What could be read.
    pub variables: Variables,
    /// The settings of the defaults files.
    pub settings: Settings,
    /// What is wrong with the files and the values.
    pub problems: Vec<Diagnostic>,
    /// Whether a signal asked for the end before everything was read.
    pub was_stopped: bool,
}

/// Puts all sources together; `environment` is that of monofy, `read` gives what a file holds, nothing when a signal
/// asked for the end meanwhile.
pub fn load(
    sources: &Sources,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    read: &dyn Fn(&OsStr) -> io::Result<Option<Vec<u8>>>,
) -> Loaded {
    let variables = Variables::from_environment(environment);
    let mut loader = Loader { read, result: Loaded { variables, ..Loaded::default() } };
    for set in &sources.set {
        loader.result.variables.set.insert(set.name.clone(), (set.value.clone(), set.argument));
    }
    let env_files = loader.defaults(sources);
    match &sources.env_files {
        Some(files) => loader.env_files(files),
        None => loader.env_files(&env_files),
    }
    loader.resolve_declared();
    loader.result
}

struct Loader<'r> {
    read: Read<'r>,
    result: Loaded,
}

impl Loader<'_> {
    /// Reads the defaults files. Returns the env files that they name.
    fn defaults(&mut self, sources: &Sources) -> Vec<FileRef> {
        let found = [found()];
        let files = match &sources.defaults {
            _ if sources.no_defaults => return Vec::new(),
            Some(files) => files.as_slice(),
            None => &found,
        };
        let mut declared = DefaultsConfig::default();
        let mut env_files = Vec::new();
        for file in files {
            let Some(contents) = self.contents(file, "defaults file") else { continue };
            let name = file.path.to_string_lossy().into_owned();
            let Ok(text) = String::from_utf8(contents) else {
                let message = format!("the defaults file {name} is not UTF-8");
                self.result.problems.push(Diagnostic::at(&file.by, file.part.clone(), message));
                continue;
            };
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            let number = self.result.variables.files.len();
            let read = File { name, text };
            self.result.problems.extend(defaults::read(&read, number, &mut declared));
            // Its own paths, while it is known whose they are.
            let paths = std::mem::take(&mut declared.env_files);
            if !paths.is_empty() {
                let base = Path::new(&file.path).parent().unwrap_or(Path::new(""));
                env_files = paths.iter().filter_map(|path| self.resolved(&read, base, path)).collect();
            }
            self.result.variables.files.push(read);
        }
        let DefaultsConfig { strict, grace, output, verbosity, secrets, vars, .. } = declared;
        self.result.settings = Settings { strict, grace, output, verbosity };
        self.result.variables.secrets = secrets;
        self.result.variables.declared = vars;
        env_files
    }

    /// A path of a defaults file, which is relative to that.
    fn resolved(&mut self, file: &File, base: &Path, path: &Located<String>) -> Option<FileRef> {
        let (by, part) = file.written(&path.spot.span);
        let variables = &self.result.variables;
        let lookup = |name: &str| {
            let set = variables.set.get(name).map(|(value, _)| value);
            let value = set.or_else(|| variables.environment.get(name))?;
            Some(String::from_utf8_lossy(value).into_owned())
        };
        match path::expand(&path.what, &lookup) {
            Ok(expanded) => Some(FileRef { path: base.join(expanded).into_os_string(), by, part }),
            Err(error) => {
                self.result.problems.push(Diagnostic::at(&by, part, error.message));
                None
            }
        }
    }

    fn resolve_declared(&mut self) {
        let mut variables = std::mem::take(&mut self.result.variables);
        let mut was_stopped = self.result.was_stopped;
        let read = self.read;
        let problems = resolve::resolve_declared(&mut variables, &mut |path| {
            if was_stopped {
                return Ok(None);
            }
            let contents = read(file_path(OsStr::from_bytes(path))).map_err(|error| error.to_string())?;
            was_stopped |= contents.is_none();
            Ok(contents)
        });
        self.result.problems.extend(problems);
        self.result.variables = variables;
        self.result.was_stopped = was_stopped;
    }

    fn env_files(&mut self, files: &[FileRef]) {
        for file in files {
            let Some(contents) = self.contents(file, "env file") else { continue };
            let name = file.path.to_string_lossy();
            let (entries, mistakes) = env_file::parse(&name, &contents);
            self.result.problems.extend(mistakes);
            for entry in entries {
                let place = format!("{name}:{}", entry.line);
                let values = self.result.variables.env_files.entry(entry.name).or_default();
                values.insert(0, LocatedValue { value: entry.value, place });
            }
        }
    }

    /// What a file holds; nothing where that is a problem, or where a signal came.
    fn contents(&mut self, file: &FileRef, kind: &str) -> Option<Vec<u8>> {
        if self.result.was_stopped {
            return None;
        }
        match (self.read)(file_path(&file.path)) {
            Ok(Some(contents)) => return Some(contents),
            Ok(None) => self.result.was_stopped = true,
            Err(error) if is_absent(file, &error) => {}
            Err(error) => {
                let name = file.path.to_string_lossy();
                let message = format!("the {kind} {name} cannot be read: {error}");
                self.result.problems.push(Diagnostic::at(&file.by, file.part.clone(), message));
            }
        }
        None
    }
}

/// No file of variables is stdin: that belongs to the processes.
fn file_path(path: &OsStr) -> &OsStr {
    if path == "-" { OsStr::new("./-") } else { path }
}

/// The defaults file of this folder, which need not be there.
fn found() -> FileRef {
    let by = SourceText::of(Origin::Folder, DEFAULTS.as_bytes());
    FileRef { path: OsString::from(DEFAULTS), by, part: 0..DEFAULTS.len() }
}

/// Whether a file that nobody named is not there; nor is it where the folder cannot even be looked into.
fn is_absent(file: &FileRef, error: &io::Error) -> bool {
    *file.by.origin() == Origin::Folder
        && (error.kind() == io::ErrorKind::NotFound || std::fs::metadata(&file.path).is_err())
}
