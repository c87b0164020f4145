//! The programs that monofy is compared with.

use std::path::{Path, PathBuf};

/// A peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    Catatonit,
    Tini,
    DumbInit,
    PythonMonofy,
    Honcho,
    Foreman,
}

impl Peer {
    pub const ALL: [Self; 6] =
        [Self::Catatonit, Self::Tini, Self::DumbInit, Self::PythonMonofy, Self::Honcho, Self::Foreman];
    /// Init programs: the first process of a container, with one child.
    pub const INITS: [Self; 3] = [Self::Catatonit, Self::Tini, Self::DumbInit];
    /// Programs that run several processes.
    pub const SUPERVISORS: [Self; 3] = [Self::PythonMonofy, Self::Honcho, Self::Foreman];

    pub fn name(self) -> &'static str {
        match self {
            Self::Catatonit => "catatonit",
            Self::Tini => "tini",
            Self::DumbInit => "dumb-init",
            Self::PythonMonofy => "Python monofy",
            Self::Honcho => "honcho",
            Self::Foreman => "foreman",
        }
    }
}

/// The file of a peer, or `None` if it is not installed.
pub fn found(peer: Peer) -> Option<PathBuf> {
    let python = std::env::var_os("MONOFY_PYTHON").map(PathBuf::from);
    let beside_python = |name: &str| python.as_deref().and_then(Path::parent).map(|folder| folder.join(name));
    match peer {
        Peer::Catatonit => in_path("catatonit"),
        Peer::Tini => in_path("tini"),
        Peer::DumbInit => in_path("dumb-init"),
        // Not from PATH, where the name may be that of this monofy.
        Peer::PythonMonofy => python.filter(|file| file.is_file()),
        Peer::Honcho => beside_python("honcho").filter(|file| file.is_file()).or_else(|| in_path("honcho")),
        Peer::Foreman => in_path("foreman"),
    }
}

/// The file of a program in PATH.
pub fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
