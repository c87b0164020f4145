//! Writes what is generated from the definition of the options: the manual page `monofy.1` and the completions
//! `monofy.bash`, `_monofy` (zsh) and `monofy.fish`, into the folder that is its argument.
//!
//! `cargo run --example manual_and_completions -- FOLDER`. An example, so that nothing of it is in the program that is released.

#[path = "manual.rs"]
mod manual;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Command, ValueHint};
use clap_complete::Shell;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("manual_and_completions: the folder to write to is missing");
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

/// What each value is, for the shells; the program itself has no use for it.
fn hinted(definition: Command) -> Command {
    let hints = [
        ("defaults", ValueHint::FilePath),
        ("env-file", ValueHint::FilePath),
        ("run-plan", ValueHint::FilePath),
        ("user", ValueHint::Username),
        ("workdir", ValueHint::DirPath),
        ("words", ValueHint::CommandWithArguments),
    ];
    // A colon in the name of a value ends it in zsh.
    let definition = definition.mut_arg("user", |argument| argument.value_name("USER"));
    hints.into_iter().fold(definition, |definition, (name, hint)| {
        definition.mut_arg(name, |argument| argument.value_hint(hint))
    })
}
