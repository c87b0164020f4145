//! Files below `/etc` that a static binary has to read itself.

mod file;
pub mod hosts;
pub mod passwd;
pub mod resolv_conf;
