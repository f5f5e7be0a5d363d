//! `encrypt_string`: values for variable files.

use super::files::{Old, Place, told};
use super::{Common, Desk, EncryptId, Output, Sealer, usage};
use crate::cli::ask;
use crate::error::Result;
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use zeroize::Zeroizing;

/// How far the vault's lines are indented under the variable.
const INDENT: &str = "          ";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct EncryptString {
    /// The strings; `-`, or none, is standard input.
    #[arg(value_name = "STRING")]
    strings: Vec<String>,
    /// Ask for the string.
    #[arg(short, long)]
    prompt: bool,
    /// Show what is typed at the prompt.
    #[arg(long)]
    show_input: bool,
    /// The variable's name; once for each string.
    #[arg(short, long = "name", value_name = "NAME")]
    names: Vec<String>,
    /// The name of the variable that standard input is for.
    #[arg(long, value_name = "NAME")]
    stdin_name: Option<String>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    id: EncryptId,
    #[command(flatten)]
    common: Common,
}

/// A string to encrypt.
struct Plain {
    text: Zeroizing<String>,
    from: &'static str,
    name: Option<String>,
}

impl EncryptString {
    pub(super) fn run(&self, desk: &mut Desk<'_>) -> Result<()> {
        let dash = self.strings.iter().any(|s| s == "-");
        let stdin = dash || self.stdin_name.is_some() || (self.strings.is_empty() && !self.prompt);
        if self.prompt && stdin {
            return Err(usage("The --prompt option is not supported if also reading input from stdin"));
        }
        if self.output.file.is_some() && self.strings.len() > 1 {
            return Err(usage("At most one input file may be used with the --output option"));
        }
        let sealer = desk.sealer(&self.common, &self.id)?;
        let mut plain = Vec::new();
        if self.prompt {
            plain.push(self.asked()?);
        }
        if stdin {
            plain.push(self.read()?);
        }
        self.given(&mut plain)?;
        let text = written(&plain, &sealer)?;
        let target = Place::given(self.output.file.as_deref().unwrap_or(Path::new("-")));
        target.write(text.as_bytes(), Old::Drop)?;
        told("Encryption successful");
        Ok(())
    }

    fn asked(&self) -> Result<Plain> {
        let name = ask::shown("Variable name (enter for no name): ")?;
        let text = if self.show_input {
            ask::shown("String to encrypt:")?
        } else {
            ask::hidden("String to encrypt (hidden): ")?
        };
        if text.is_empty() {
            return Err(usage("The plaintext provided from the prompt was empty, not encrypting"));
        }
        let name = Some(name.to_string()).filter(|n| !n.is_empty());
        Ok(Plain { text, from: "the interactive prompt", name })
    }

    fn read(&self) -> Result<Plain> {
        if std::io::stdout().is_terminal() {
            anstream::eprintln!(
                "Reading plaintext input from stdin. (ctrl-d to end input, twice if your content does not already have a newline)"
            );
        }
        let mut text = Zeroizing::new(String::new());
        std::io::stdin().read_to_string(&mut text)?;
        if text.is_empty() {
            return Err(usage("stdin was empty, not encrypting"));
        }
        Ok(Plain { text, from: "stdin", name: self.stdin_name.clone() })
    }

    /// The strings of the command line, with names as far as there are any.
    fn given(&self, plain: &mut Vec<Plain>) -> Result<()> {
        let strings: Vec<&String> = self.strings.iter().filter(|s| *s != "-").collect();
        if let Some(last) = self.names.last().filter(|_| strings.len() > self.names.len()) {
            anstream::eprintln!("The number of --name options do not match the number of args.");
            anstream::eprintln!("The last named variable will be \"{last}\". The rest will not have names.");
        }
        for (i, string) in strings.into_iter().enumerate() {
            if string.is_empty() {
                return Err(usage(
                    "The plaintext provided from the command line args was empty, not encrypting",
                ));
            }
            let text = Zeroizing::new(string.clone());
            plain.push(Plain { text, from: "the command line args", name: self.names.get(i).cloned() });
        }
        Ok(())
    }
}

/// The values as YAML; where there are several, standard error says which is which.
fn written(plain: &[Plain], sealer: &Sealer) -> Result<String> {
    let mut out = String::new();
    for (i, Plain { text, from, name }) in plain.iter().enumerate() {
        let number = i + 1;
        match name {
            _ if plain.len() == 1 => {}
            Some(name) => anstream::eprintln!(
                "# The encrypted version of variable (\"{name}\", the string #{number} from {from})."
            ),
            None => anstream::eprintln!("# The encrypted version of the string #{number} from {from}.)"),
        }
        let name = name.as_ref().map(|n| format!("{n}: ")).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{name}!vault |");
        for line in sealer.seal(text.as_bytes())?.lines() {
            let _ = writeln!(out, "{INDENT}{line}");
        }
    }
    Ok(out)
}
