//! Generates the manual page `monofy.1` and the completions `monofy.bash`, `_monofy` (zsh) and `monofy.fish` from the
//! definition of the options, into the directory that is its argument.
//!
//! `cargo run --example manual_and_completions -- DIRECTORY`. An example, so that the released program contains none of it.

#[path = "manual.rs"]
mod manual;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Command, ValueHint};
use clap_complete::Shell;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("manual_and_completions: name the directory to write to");
        return ExitCode::FAILURE;
    };
    match write(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("manual_and_completions: {}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut definition = hinted(monofy::cli::definition());
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut definition, "monofy", folder)?;
    }
    std::fs::write(folder.join("monofy.1"), manual::page(monofy::cli::definition())?)
}

/// Adds the kind of each value, which only the shells use.
fn hinted(definition: Command) -> Command {
    let hints = [
        ("defaults", ValueHint::FilePath),
        ("env-file", ValueHint::FilePath),
        ("run-plan", ValueHint::FilePath),
        ("user", ValueHint::Username),
        ("workdir", ValueHint::DirPath),
        ("words", ValueHint::CommandWithArguments),
    ];
    // zsh cuts the name of a value at a colon.
    let definition = definition.mut_arg("user", |argument| argument.value_name("USER"));
    hints.into_iter().fold(definition, |definition, (name, hint)| {
        definition.mut_arg(name, |argument| argument.value_hint(hint))
    })
}
