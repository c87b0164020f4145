//! Runs monofy in a folder with files.

use std::ffi::OsStr;

use serde_json::Value;

use crate::support::{Finished, Folder, Run};

/// A folder with files, and an environment.
pub(crate) struct Scenario {
    folder: Folder,
    env: Vec<(String, String)>,
}

impl Scenario {
    /// A folder without files.
    pub(crate) fn new() -> Self {
        Self { folder: Folder::new(), env: Vec::new() }
    }

    /// The folder.
    pub(crate) fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Adds a file.
    pub(crate) fn file(self, name: &str, contents: impl AsRef<[u8]>) -> Self {
        self.folder.file(name, contents);
        self
    }

    /// Adds a variable to the environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs monofy there.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Finished {
        let run = Run::new(arguments).directory(self.folder.path());
        self.env.iter().fold(run, |run, (name, value)| run.env(name, value)).finish()
    }

    /// The output of a run without problems.
    pub(crate) fn shown(&self, arguments: &[&str]) -> String {
        let finished = self.run(arguments);
        assert_eq!((finished.status, finished.stderr.as_str()), (0, ""), "{finished:#?}");
        finished.stdout
    }

    /// Asserts that a line is refused with exactly this message.
    pub(crate) fn refused(&self, arguments: &[&str], message: &str) {
        let finished = self.run(arguments);
        assert_eq!(finished.stderr, message, "{arguments:?}");
        finished.assert_status(125).assert_stdout("");
    }

    /// The plan of a line.
    pub(crate) fn plan(&self, arguments: &[&str]) -> Value {
        let finished = self.run(["--plan=json"].iter().chain(arguments));
        finished.assert_status(0);
        serde_json::from_str(&finished.stdout).expect("a plan is JSON")
    }

    /// The source of the first variable that a line uses.
    pub(crate) fn source(&self, arguments: &[&str]) -> Value {
        self.plan(arguments)["variables"][0]["source"].clone()
    }
}
