//! Runs monofy in a folder with files.

use std::ffi::OsStr;

use serde_json::Value;

use super::{Finished, Folder, Run};

/// A folder with files, and an environment.
pub struct Scenario {
    folder: Folder,
    env: Vec<(String, String)>,
}

impl Scenario {
    /// A folder without files.
    pub fn new() -> Self {
        Self { folder: Folder::new(), env: Vec::new() }
    }

    /// The folder.
    pub fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Adds a file.
    pub fn file(self, name: &str, contents: impl AsRef<[u8]>) -> Self {
        self.folder.file(name, contents);
        self
    }

    /// The contents of a file there.
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).expect("the file exists")
    }

    /// Adds a variable to the environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs monofy there.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Finished {
        let run = Run::new(arguments).directory(self.folder.path());
        self.env.iter().fold(run, |run, (name, value)| run.env(name, value)).finish()
    }

    /// The output of a run without problems.
    pub fn shown(&self, arguments: &[&str]) -> String {
        let finished = self.run(arguments);
        assert_eq!((finished.status, finished.stderr.as_str()), (0, ""), "{finished:#?}");
        finished.stdout
    }

    /// The output of a run that may warn.
    pub fn shown_with_warnings(&self, arguments: &[&str]) -> String {
        let finished = self.run(arguments);
        finished.assert_status(0);
        assert!(!finished.stderr.contains("hunter2"), "{finished:#?}");
        finished.stdout
    }

    /// Asserts that a line is refused with exactly this message.
    pub fn refused(&self, arguments: &[&str], message: &str) {
        let finished = self.run(arguments);
        assert_eq!(finished.stderr, message, "{arguments:?}");
        finished.assert_status(125).assert_stdout("");
    }

    /// The plan of a line.
    pub fn plan(&self, arguments: &[&str]) -> Value {
        let finished = self.run(["--plan=json"].iter().chain(arguments));
        finished.assert_status(0);
        serde_json::from_str(&finished.stdout).expect("a plan is JSON")
    }

    /// The source of the first variable that a line uses.
    pub fn source(&self, arguments: &[&str]) -> Value {
        self.plan(arguments)["variables"][0]["source"].clone()
    }
}
