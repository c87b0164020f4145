//! Reads the files and puts all sources together.

use std::ffi::{OsStr, OsString};
use std::io;

use super::{Placed, Variables, env_file};
use crate::cli::{Named, Sources};
use crate::diagnostic::Diagnostic;

type Read<'r> = &'r dyn Fn(&OsStr) -> io::Result<Option<Vec<u8>>>;

/// All sources together.
#[derive(Debug, Default)]
pub struct Loaded {
    /// What could be read.
    pub variables: Variables,
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
    loader.env_files(sources.env_files.as_deref().unwrap_or_default());
    loader.result
}

struct Loader<'r> {
    read: Read<'r>,
    result: Loaded,
}

impl Loader<'_> {
    fn env_files(&mut self, files: &[Named]) {
        for file in files {
            let Some(contents) = self.contents(file, "env file") else { continue };
            let name = file.path.to_string_lossy();
            let (entries, mistakes) = env_file::parse(&name, &contents);
            self.result.problems.extend(mistakes);
            for entry in entries {
                let place = format!("{name}:{}", entry.line);
                let values = self.result.variables.env_files.entry(entry.name).or_default();
                values.insert(0, Placed { value: entry.value, place });
            }
        }
    }

    /// What a file holds; nothing where that is a problem, or where a signal came.
    fn contents(&mut self, file: &Named, kind: &str) -> Option<Vec<u8>> {
        if self.result.was_stopped {
            return None;
        }
        // No file of variables is stdin: that belongs to the processes.
        let path = if file.path == "-" { OsStr::new("./-") } else { &file.path };
        match (self.read)(path) {
            Ok(Some(contents)) => return Some(contents),
            Ok(None) => self.result.was_stopped = true,
            Err(error) => {
                let name = file.path.to_string_lossy();
                let message = format!("the {kind} {name} cannot be read: {error}");
                self.result.problems.push(Diagnostic::about(&file.by, message));
            }
        }
        None
    }
}
