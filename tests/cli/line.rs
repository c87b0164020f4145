//! A line to be refused or planned.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::{Finished, Folder, Run};

/// A line whose programs `a`, `b` and `c` would leave a file behind, were they started.
pub(crate) struct Line {
    arguments: Vec<OsString>,
    env: Vec<(String, OsString)>,
}

/// A line of these arguments.
pub(crate) fn line<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Line {
    let arguments = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
    Line { arguments, env: Vec::new() }
}

impl Line {
    /// With a variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Runs it. Returns how it ended and whether one of its programs was started.
    pub(crate) fn run(&self) -> (Finished, bool) {
        let folder = Folder::new();
        for name in ["a", "b", "c"] {
            let path = folder.file(name, "#!/bin/sh\n: >\"${0%/*}/started\"\n");
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("it is ours");
        }
        let mut run = Run::new(&self.arguments).directory(folder.path()).env("PATH", folder.path());
        for (name, value) in &self.env {
            run = run.env(name, value);
        }
        let finished = run.finish();
        (finished, folder.path().join("started").exists())
    }

    /// Checks that it is refused before anything is started, and returns what is said.
    pub(crate) fn refused(&self) -> String {
        let (finished, was_started) = self.run();
        assert!(!was_started, "something was started: {finished:#?}");
        finished.assert_status(125).assert_stdout("");
        finished.stderr
    }

    /// Checks that it is refused with exactly these words.
    pub(crate) fn refused_with(&self, message: &str) {
        assert_eq!(self.refused(), message, "{:?}", self.arguments);
    }

    /// Checks that it is refused with these words and the hint to the help.
    pub(crate) fn misused(&self, message: &str) {
        self.refused_with(&format!("monofy: {message}\nTry 'monofy --help'.\n"));
    }

    /// Checks that it is refused with these words about something that is shown, and the hint to the help.
    pub(crate) fn misused_at(&self, place: &str, message: &str, shown: &str) {
        let carets = "^".repeat(shown.chars().count());
        self.misused(&format!("{place}: {message}\n    {shown}\n    {carets}"));
    }

    /// The plan of it; whether it can be started does not matter.
    pub(crate) fn plan(&self) -> Value {
        let mut planned = line(std::iter::once(OsString::from("--plan=json")).chain(self.arguments.clone()));
        planned.env.clone_from(&self.env);
        let (finished, was_started) = planned.run();
        assert!(!was_started, "a plan starts nothing: {finished:#?}");
        finished.assert_status(0);
        serde_json::from_str(&finished.stdout).expect("a plan is JSON")
    }

    /// The plan of its last process.
    pub(crate) fn process(&self) -> Value {
        self.plan()["processes"].as_array().and_then(|all| all.last()).expect("there is a process").clone()
    }
}

/// The names of the processes of a plan.
pub(crate) fn names(plan: &Value) -> Vec<&str> {
    let processes = plan["processes"].as_array().expect("there are processes");
    processes.iter().map(|process| process["name"].as_str().expect("a name is text")).collect()
}

#[test]
fn a_line_that_is_right_starts_its_programs() {
    for arguments in [["a", "&&", "b"], ["a", "|||", "b"]] {
        let (finished, was_started) = line(arguments).run();
        assert!(was_started, "{finished:#?}");
        finished.assert_status(0);
    }
}
