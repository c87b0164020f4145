//! The variables of an image as a table for its own README.

use std::fmt::Write as _;

use crate::explain::text::printable;
use crate::explain::{ExplainedVariable, Explanation};
use crate::plan::{ByteString, VariableSource};

impl Explanation {
    /// The variables that the image takes as a Markdown table. It says nothing about the values of this environment.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut table =
            "| variable | required | default | what it is for |\n| --- | --- | --- | --- |\n".to_owned();
        for variable in &self.variables {
            let required = if variable.required { "yes" } else { "no" };
            let default = default(variable).map_or(String::new(), |default| code(&default));
            let name = &variable.name;
            let row = [format!("`{name}`"), required.to_owned(), default, purpose(variable)];
            let _ = writeln!(table, "| {} |", row.join(" | "));
        }
        table
    }
}

/// The default: that of the defaults file, else the value in an env file of the image, else the word in the line.
fn default(variable: &ExplainedVariable) -> Option<ByteString> {
    let env_file = variable.value.clone().filter(|_| variable.origin.source == VariableSource::EnvFile);
    let word = variable.line_default.as_ref().map(|default| default.word.clone());
    env_file.or(variable.default.clone()).or(word).filter(|default| !default.0.is_empty())
}

/// The description, and what the declaration says of the values.
fn purpose(variable: &ExplainedVariable) -> String {
    let mut parts = Vec::new();
    if let Some(description) = &variable.description {
        parts.push(cell(&printable(description)));
    }
    if let Some(choices) = &variable.choices {
        let choices: Vec<String> =
            choices.iter().map(|choice| code(&ByteString::from(choice.as_str()))).collect();
        parts.push(choices.join(", "));
    } else {
        let values = match variable.kind {
            Some("int") => Some("an integer"),
            Some("port") => Some("1 to 65535"),
            Some("bool") => Some("true or false"),
            Some("list") => Some("any number of words"),
            _ => None,
        };
        parts.extend(values.map(str::to_owned));
    }
    if variable.always_secret {
        parts.push("secret".to_owned());
    }
    if let Some(file) = &variable.file {
        parts.push(format!("or `{file}`, a file that holds it"));
    }
    parts.join("; ")
}

/// A code span in a cell.
fn code(text: &ByteString) -> String {
    let text = cell(&printable(&String::from_utf8_lossy(&text.0)));
    // The fence is longer than every run of backticks inside, and a space parts it from one.
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Text in a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_holds_any_text() {
        assert_eq!(code(&ByteString(b"a|b".to_vec())), "`a\\|b`");
        assert_eq!(code(&ByteString(b"a`b``c".to_vec())), "``` a`b``c ```");
        assert_eq!(code(&ByteString(b"a\nb".to_vec())), "`a b`");
    }
}
