//! `--plan=compose`, `--plan=swarm` and `--plan=kubernetes` (contract, section 8).

#[path = "deployment/compose.rs"]
mod compose;
#[path = "deployment/files.rs"]
mod files;
#[path = "deployment/kubernetes.rs"]
mod kubernetes;
#[path = "deployment/problems.rs"]
mod problems;
mod support;
