//! The manual page. `clap_mangen` writes the options. The end of the help is laid out by hand and converted here, since a
//! manual page fills lines.

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

const SUMMARY: &str = "run several processes as one unit, with the variables in their arguments substituted";

/// The page, as roff.
pub(crate) fn page(definition: Command) -> std::io::Result<Vec<u8>> {
    let after = definition.get_after_help().map(ToString::to_string).unwrap_or_default();
    let about = definition.get_about().map(ToString::to_string).unwrap_or_default();
    // Not by `clap_mangen`, which omits an empty date and so shifts the fields behind it.
    let title = format!(".TH MONOFY 1 \"\" \"monofy {}\" \"User Commands\"\n", env!("CARGO_PKG_VERSION"));
    let mut page = title.into_bytes();
    let man = Man::new(definition.about(SUMMARY));
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    let mut description = Roff::new();
    description.control("SH", ["DESCRIPTION"]).text([roman(about.replace('\n', " "))]);
    description.to_writer(&mut page)?;
    man.render_options_section(&mut page)?;
    let mut rest = Roff::new();
    after.split("\n\n").for_each(|paragraph| section(&mut rest, paragraph));
    rest.to_writer(&mut page)?;
    Ok(page)
}

/// Writes a paragraph of the help. A title makes it a section, indented lines are kept, others are filled.
fn section(roff: &mut Roff, paragraph: &str) {
    let (title, text) = titled(paragraph);
    match title {
        Some(title) => roff.control("SH", [title.to_uppercase().as_str()]),
        None => roff.control("PP", []),
    };
    let mut is_kept = false;
    for line in text.lines() {
        let is_indented = line.starts_with(' ');
        if is_indented != is_kept {
            // Filling off, or on again; both begin a new line.
            roff.control(if is_indented { "nf" } else { "fi" }, []);
            is_kept = is_indented;
        }
        roff.text([roman(line)]);
    }
    if is_kept {
        roff.control("fi", []);
    }
}

/// `Title: text`, or `Title, more:` in front of more lines.
fn titled(paragraph: &str) -> (Option<&str>, String) {
    let (first, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
    match first.split_once(':') {
        Some((head, "")) => {
            let (title, more) = head.split_once(", ").unwrap_or((head, ""));
            let more = if more.is_empty() { String::new() } else { capitalised(more) + ":\n" };
            (Some(title), more + rest)
        }
        Some((title, text)) if title.split(' ').count() <= 2 => {
            (Some(title), format!("{}\n{rest}", capitalised(text.trim_start())))
        }
        _ => (None, paragraph.to_owned()),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
