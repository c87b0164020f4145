//! The programs under test: how a line of each is written, and what each says that it does.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::scene::Settings;
use super::support::{Folder, in_path, monofy};

/// A program under test.
pub(crate) struct Program {
    name: String,
    /// The program, with what comes in front of the first process.
    front: Vec<OsString>,
    kind: Kind,
    /// The keys of the rules that it claims, and where it does.
    claims: &'static [&'static str],
    pub(crate) source: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Monofy,
    /// The first process of a container, with one child.
    Init,
    Tini,
    Honcho,
    Supervisord,
}

const EVERYTHING: &[&str] = &[
    "term",
    "signals",
    "real-time",
    "once",
    "status",
    "death",
    "missing",
    "reap",
    "below",
    "mask",
    "ignored",
    "descriptors",
    "environment",
    "stopped",
    "descendants",
    "deadline",
    "two",
    "each",
    "fates",
    "first",
    "asked",
    "background",
    "restart",
];
/// For a program that is not known: what any init does.
const ANY_INIT: &[&str] = &["term", "signals", "status", "death", "reap"];

/// The programs of the page.
pub(crate) fn all() -> Vec<Program> {
    ["monofy", "tini", "catatonit", "dumb-init", "supervisord", "honcho"]
        .iter()
        .filter_map(|name| Program::by_name(name))
        .collect()
}

impl Program {
    /// A program of the page.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        let (kind, front, claims, source): (_, Vec<OsString>, &[&str], _) = match name {
            "monofy" => (Kind::Monofy, vec![monofy().into()], EVERYTHING, "[supervision](supervision.md)"),
            "tini" => (
                Kind::Tini,
                vec!["tini".into()],
                &[
                    "term",
                    "signals",
                    "real-time",
                    "once",
                    "status",
                    "death",
                    "reap",
                    "below",
                    "mask",
                    "environment",
                ],
                "its README and `tini -h`: reaping (below another init with `-s`), forwarding of signals, the status of \
                 the child, the signal mask that the child would have without it",
            ),
            "catatonit" => (
                Kind::Init,
                vec!["catatonit".into(), "--".into()],
                &["term", "signals", "real-time", "once", "status", "death", "reap", "environment"],
                "its README: forwards all signals to its only child, reaps, exits with the status of the child",
            ),
            "dumb-init" => (
                Kind::Init,
                vec!["dumb-init".into(), "--".into()],
                &["term", "signals", "status", "death", "reap", "environment"],
                "its README: forwards signals, by its own choice to the whole session of the child; reaps",
            ),
            "supervisord" => (
                Kind::Supervisord,
                vec!["supervisord".into(), "--nodaemon".into(), "--configuration".into()],
                &["term", "deadline", "two", "restart"],
                "its manual: `stopsignal`, `stopwaitsecs`, `autorestart`; TERM stops all processes",
            ),
            "honcho" => (
                Kind::Honcho,
                vec![honcho().into(), "start".into(), "--procfile".into()],
                &["term", "two", "fates", "first"],
                "its manual: TERM and INT stop all processes; when one exits, the others are stopped, and its status is \
                 that of honcho",
            ),
            _ => return None,
        };
        Some(Self { name: name.to_owned(), front, kind, claims, source })
    }

    /// A program that takes the words of one process after these.
    pub(crate) fn unknown(words: &[&str]) -> Self {
        let front = words.iter().map(OsString::from).collect();
        Self { name: words.join(" "), front, kind: Kind::Init, claims: ANY_INIT, source: "" }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn claims(&self, key: &str) -> bool {
        self.claims.contains(&key)
    }

    /// What it prints for each process once it can pass signals on, where that is later than the start of the process:
    /// honcho loses a TERM that comes before.
    pub(crate) fn announcement(&self) -> Option<&'static str> {
        (self.kind == Kind::Honcho).then_some("started (pid=")
    }

    /// Whether it is there.
    pub(crate) fn is_installed(&self) -> bool {
        let program = &self.front[0];
        Path::new(program).is_file() || program.to_str().is_some_and(in_path)
    }

    /// The line for these processes, or `None` if it cannot do what is asked.
    pub(crate) fn line(
        &self,
        folder: &Folder,
        processes: &[Vec<OsString>],
        settings: Settings<'_>,
    ) -> Option<Vec<OsString>> {
        let front = self.front.iter().cloned();
        match self.kind {
            Kind::Monofy => Some(front.chain(monofy_line(processes, settings)).collect()),
            Kind::Init | Kind::Tini => {
                let [process] = processes else { return None };
                if settings.grace.is_some() || settings.restarts {
                    return None;
                }
                let options: &[&str] = match (self.kind, settings.is_below) {
                    (Kind::Tini, true) => &["-s", "--"],
                    (Kind::Tini, false) => &["--"],
                    _ => &[],
                };
                Some(front.chain(options.iter().map(OsString::from)).chain(process.iter().cloned()).collect())
            }
            Kind::Honcho => {
                // It kills 5 s after a stop has begun, and that cannot be set.
                if settings.grace.is_some() || settings.restarts {
                    return None;
                }
                let lines =
                    processes.iter().zip(NAMES).map(|(words, name)| format!("{name}: {}\n", joined(words)));
                let file = folder.file("Procfile", lines.collect::<String>());
                Some(front.chain([file.into()]).collect())
            }
            Kind::Supervisord => {
                let file =
                    folder.file("supervisord.conf", supervisord_configuration(folder, processes, settings));
                Some(front.chain([file.into()]).collect())
            }
        }
    }
}

const NAMES: [&str; 2] = ["a", "b"];

fn monofy_line(processes: &[Vec<OsString>], settings: Settings<'_>) -> Vec<OsString> {
    let mut line: Vec<OsString> = Vec::new();
    line.extend(settings.grace.map(|seconds| format!("--grace={seconds}s").into()));
    for (index, process) in processes.iter().enumerate() {
        line.extend((index > 0).then(|| "|||".into()));
        line.extend(settings.restarts.then(|| "--restart=on-failure".into()));
        line.extend(process.iter().cloned());
    }
    line
}

fn supervisord_configuration(folder: &Folder, processes: &[Vec<OsString>], settings: Settings<'_>) -> String {
    let pidfile = folder.path().join("pid");
    let mut text = format!(
        "[supervisord]\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile={}\nuser=root\n",
        pidfile.display()
    );
    // The default is to kill after 10 s.
    let wait = settings.grace.unwrap_or(3600);
    let restart = if settings.restarts { "unexpected" } else { "false" };
    for (words, name) in processes.iter().zip(NAMES) {
        let _ = write!(
            text,
            "[program:{name}]\ncommand={}\nautorestart={restart}\nstartsecs=0\nstopwaitsecs={wait}\n\
             stdout_logfile=NONE\nstderr_logfile=NONE\n",
            joined(words)
        );
    }
    text
}

/// Words as a shell reads them: none has a blank or a quote.
fn joined(words: &[OsString]) -> String {
    words.join(OsStr::new(" ")).into_string().expect("the paths of a test are text")
}

/// honcho of PATH, or the one beside the Python monofy.
fn honcho() -> PathBuf {
    let python = std::env::var_os("MONOFY_PYTHON").map(PathBuf::from);
    let beside = python.as_deref().and_then(Path::parent).map(|folder| folder.join("honcho"));
    beside.filter(|file| file.is_file()).unwrap_or_else(|| "honcho".into())
}
