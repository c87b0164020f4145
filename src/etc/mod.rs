//! Files below `/etc` that a static binary has to read itself.

pub mod hosts;
pub mod passwd;
