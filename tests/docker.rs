//! Containers: the static binary in an empty image, run by a real Docker engine.
#![allow(unreachable_pub, reason = "a test binary exports nothing")]

mod support;

#[path = "docker/engine.rs"]
mod engine;
#[path = "docker/environments.rs"]
mod environments;
#[path = "docker/health.rs"]
mod health;
#[path = "docker/image_command.rs"]
mod image_command;
#[path = "docker/killed.rs"]
mod killed;
#[path = "docker/leftovers.rs"]
mod leftovers;
#[path = "docker/names.rs"]
mod names;
#[path = "docker/signals.rs"]
mod signals;
#[path = "docker/terminal.rs"]
mod terminal;
#[path = "docker/termination_log.rs"]
mod termination_log;
#[path = "docker/users.rs"]
mod users;
