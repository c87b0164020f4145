//! What all measurements share: the binary, the peers, the helpers written in C, and how much is done.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::peer::{Peer, found};
use crate::scratch::Scratch;

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeInterval {
    /// As much as a figure takes.
    Whole,
    /// As little as shows that it works.
    Trial,
}

/// The ground for all measurements.
pub struct Bench {
    pace: ProbeInterval,
    monofy: PathBuf,
    peers: Vec<(Peer, PathBuf)>,
    scratch: Scratch,
}

impl Bench {
    pub fn new(pace: ProbeInterval) -> Self {
        let monofy = std::env::var_os("MONOFY_STATIC").map_or_else(build, PathBuf::from);
        let peers = Peer::ALL.into_iter().filter_map(|peer| Some((peer, found(peer)?))).collect();
        Self { pace, monofy, peers, scratch: Scratch::new() }
    }

    /// So many, or one in so many where only a trial is wanted.
    pub fn rounds(&self, whole: usize) -> usize {
        if self.is_trial() { (whole / 20).max(1) } else { whole }
    }

    pub fn is_trial(&self) -> bool {
        self.pace == ProbeInterval::Trial
    }

    pub fn monofy(&self) -> &Path {
        &self.monofy
    }

    pub fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// The line by which monofy runs these processes.
    pub fn line(&self, processes: &[&[&str]]) -> Vec<OsString> {
        with_operators(&self.monofy, processes)
    }

    /// The line by which a peer does, or `None` where it is missing.
    pub fn line_of(&self, peer: Peer, processes: &[&[&str]]) -> Option<Vec<OsString>> {
        let (_, program) = self.peers.iter().find(|(found, _)| *found == peer)?;
        let program_with = |words: &[&str]| {
            std::iter::once(program.into()).chain(words.iter().map(OsString::from)).collect()
        };
        Some(match peer {
            Peer::PythonMonofy => with_operators(program, processes),
            Peer::Catatonit | Peer::DumbInit => program_with(&[&["--"], processes[0]].concat()),
            // It reaps like the others only as a subreaper.
            Peer::Tini => program_with(&[&["-s", "--"], processes[0]].concat()),
            Peer::Honcho | Peer::Foreman => {
                let file = self.scratch.procfile(processes);
                let file = file.to_str().expect("the path is text");
                match peer {
                    Peer::Foreman => program_with(&["start", "-f", file]),
                    _ => program_with(&["-f", file, "start"]),
                }
            }
        })
    }
}

fn with_operators(program: &Path, processes: &[&[&str]]) -> Vec<OsString> {
    let words = processes.join(&"|||");
    std::iter::once(program.into()).chain(words.iter().map(OsString::from)).collect()
}

/// The static binary, by the command of the README.
fn build() -> PathBuf {
    let version = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(version.stdout).expect("rustc speaks UTF-8");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--bin", "monofy", "--target", host])
        .env("RUSTFLAGS", "-C target-feature=+crt-static -C relocation-model=static")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(status.is_ok_and(|status| status.success()), "the static binary cannot be built");
    // The benchmark itself lies in target/release/deps.
    let own = std::env::current_exe().expect("a program knows its own path");
    let target = own.ancestors().nth(3).expect("it is built below target").to_owned();
    target.join(host).join("release/monofy")
}
