//! Making a virtual environment.

use super::{Pip, failed};
use crate::module::Failed;
use crate::paths;
use crate::program;
use crate::shlex;
use std::path::Path;

impl Pip<'_, '_> {
    /// Makes the virtual environment.
    ///
    /// # Errors
    /// What makes it fails.
    pub fn make(&mut self, home: &Path) -> Result<(), Failed> {
        let given = self.args.text("virtualenv_command");
        let mut words = shlex::split(given).map_err(|e| Failed::new(format!("virtualenv_command: {e}")))?;
        let is_venv = words.first().is_some_and(|word| word == "pyvenv")
            || words.windows(2).any(|pair| pair == ["-m", "venv"])
            || words.iter().any(|word| word == "-mvenv");
        let Some(first) = words.first_mut() else {
            return Err(Failed::new("virtualenv_command names no program"));
        };
        if paths::basename(first) == first {
            *first = program::require(self.cx, first)?.display().to_string();
        }
        let first = first.clone();
        if self.args.flag("virtualenv_site_packages") {
            words.push("--system-site-packages".to_owned());
        } else {
            let output = self.call(&[first.clone(), "--help".to_owned()])?;
            if output.rc != 0 {
                let said = output.stdout_text() + &output.stderr_text();
                return Err(Failed::new(format!("Could not get output from {first} --help: {said}")));
            }
            let option = "--no-site-packages";
            if output.stdout_text().split_whitespace().any(|word| word == option) {
                words.push(option.to_owned());
            }
        }
        match self.args.str("virtualenv_python").filter(|python| !python.is_empty()) {
            Some(_) if is_venv => {
                return Err(Failed::new(
                    "virtualenv_python should not be used when using the venv module or pyvenv as virtualenv_command",
                ));
            }
            Some(python) => words.push(format!("-p{python}")),
            None if is_venv => {}
            None => words.push(format!("-p{}", program::require(self.cx, "python3")?.display())),
        }
        words.push(home.display().to_string());
        let output = self.call(&words)?;
        self.out += &output.stdout_text();
        self.err += &output.stderr_text();
        if output.rc == 0 { Ok(()) } else { Err(failed(&words, &self.out, &self.err)) }
    }
}
