//! A plan for several containers, each of which runs a part of the line (contract, section 8).

use crate::plan::{ByteString, Plan};

/// What runs containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Docker Compose.
    Compose,
    /// Docker in swarm mode, by `docker stack deploy`.
    Swarm,
    /// Kubernetes.
    Kubernetes,
}

impl Engine {
    const ALL: [Self; 3] = [Self::Compose, Self::Swarm, Self::Kubernetes];

    /// The engine with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.name() == name)
    }

    /// Its name, as `--plan` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::Swarm => "swarm",
            Self::Kubernetes => "kubernetes",
        }
    }
}

/// A plan whose processes run in containers of their own, all of one image. It holds no value but defaults.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The plan, masked.
    pub plan: Plan,
    /// For each process of the plan, what else is known of it.
    pub roles: Vec<Role>,
    /// What is known of all setup commands together.
    pub setup: Role,
    /// The image that has the line as its CMD.
    pub image: String,
    /// The file that has the line, as an argument names it; `-` is stdin.
    pub file: Option<String>,
    /// The variables of the line, in the order of their first use.
    pub variables: Vec<LineVariable>,
    /// Whether the line reads files by relative paths, which depend on the working directory of the image.
    pub is_relative: bool,
}

/// What the line says of a process beside the plan.
#[derive(Clone, Debug, Default)]
pub struct Role {
    /// The name of the process that this is a copy of, and the words of its `--replicas`.
    pub copy_of: Option<(String, ByteString)>,
    /// Every word and option as written.
    pub words: Vec<ByteString>,
    /// The options whose values are not known here.
    pub unknown: Vec<&'static str>,
}

/// A variable that the line uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineVariable {
    /// Its name.
    pub name: String,
    /// Whether its value is never shown.
    pub secret: bool,
    /// What holds where it is not set.
    pub default: LineDefault,
}

/// What holds for a variable that is not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineDefault {
    /// Nothing that all its uses agree on.
    None,
    /// This text.
    Text {
        /// The word as written.
        word: ByteString,
        /// Whether it replaces an empty value, too.
        replaces_empty: bool,
    },
    /// An error with this message.
    Required(String),
    /// `--set` decides: it is part of the line.
    Set,
}
