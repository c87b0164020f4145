//! The context of all measurements: the binary, the peers, the helpers written in C, and the extent.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::peer::{Peer, found};
use crate::scratch::Scratch;

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Enough for a figure.
    Full,
    /// Enough to see that it works.
    Trial,
}

/// The context.
pub struct Bench {
    extent: Extent,
    monofy: PathBuf,
    peers: Vec<(Peer, PathBuf)>,
    scratch: Scratch,
}

impl Bench {
    pub fn new(extent: Extent) -> Self {
        let monofy = std::env::var_os("MONOFY_STATIC").map_or_else(build, PathBuf::from);
        let peers = Peer::ALL.into_iter().filter_map(|peer| Some((peer, found(peer)?))).collect();
        Self { extent, monofy, peers, scratch: Scratch::new() }
    }

    /// A number of rounds, or a twentieth of it for a trial.
    pub fn rounds(&self, full: usize) -> usize {
        if self.is_trial() { (full / 20).max(1) } else { full }
    }

    pub fn is_trial(&self) -> bool {
        self.extent == Extent::Trial
    }

    pub fn monofy(&self) -> &Path {
        &self.monofy
    }

    pub fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// The command line with which monofy runs these processes.
    pub fn line(&self, processes: &[&[&str]]) -> Vec<OsString> {
        with_operators(&self.monofy, processes)
    }

    /// The command line with which a peer runs them, or `None` if the peer is missing.
    pub fn line_of(&self, peer: Peer, processes: &[&[&str]]) -> Option<Vec<OsString>> {
        let (_, program) = self.peers.iter().find(|(found, _)| *found == peer)?;
        let program_with = |words: &[&str]| {
            std::iter::once(program.into()).chain(words.iter().map(OsString::from)).collect()
        };
        Some(match peer {
            Peer::PythonMonofy => with_operators(program, processes),
            Peer::Catatonit | Peer::DumbInit => program_with(&[&["--"], processes[0]].concat()),
            // Only as a subreaper does it reap like the others.
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

/// Builds the static binary with the command of README.md.
fn build() -> PathBuf {
    let version = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(version.stdout).expect("rustc prints UTF-8");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc prints its host");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--bin", "monofy", "--target", host])
        .env("RUSTFLAGS", "-C target-feature=+crt-static -C relocation-model=static")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(status.is_ok_and(|status| status.success()), "the static binary cannot be built");
    // The benchmark itself is in target/release/deps.
    let own = std::env::current_exe().expect("a program knows its own path");
    let target = own.ancestors().nth(3).expect("it is built below target").to_owned();
    target.join(host).join("release/monofy")
}
