//! `--plan=compose`, `--plan=swarm` and `--plan=kubernetes` (contract, section 8).

#[path = "deployment/comments.rs"]
mod comments;
#[path = "deployment/compose.rs"]
mod compose;
#[path = "deployment/examples.rs"]
mod examples;
#[path = "deployment/files.rs"]
mod files;
#[path = "deployment/kubernetes.rs"]
mod kubernetes;
#[path = "deployment/problems.rs"]
mod problems;
#[path = "deployment/quirks.rs"]
mod quirks;
#[path = "deployment/roundtrip.rs"]
mod roundtrip;
#[path = "deployment/secrets.rs"]
mod secrets;
mod support;
#[path = "deployment/variables.rs"]
mod variables;
