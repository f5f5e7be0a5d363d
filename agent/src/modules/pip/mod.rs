//! `pip`: packages of Python, by the target's own pip.

mod requirement;
mod virtualenv;

use crate::args::Args;
use crate::command::{self, Command, Output};
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::program;
use crate::shlex;
use crate::spec::{Arg, Kind, Spec};
use crate::value::Value;
use requirement::Package;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The module.
pub struct PipModule;

static SPEC: Spec = Spec {
    required_one_of: &[&["name", "requirements"]],
    mutually_exclusive: &[&["name", "requirements"], &["executable", "virtualenv"]],
    ..Spec::new("pip", "Installs and removes packages of Python", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("name", Kind::List)
        .elements(Kind::Str)
        .help("Packages, with versions as pip takes them, or URLs."),
    Arg::new("state", Kind::Str)
        .default("present")
        .choices(&["present", "absent", "latest", "forcereinstall"])
        .help("Whether they are to be there."),
    Arg::new("version", Kind::Str).help("The version of a single package."),
    Arg::new("requirements", Kind::Str).help("A file of requirements, below `chdir`."),
    Arg::new("virtualenv", Kind::Path).help("The virtual environment; made where it is not there."),
    Arg::new("virtualenv_site_packages", Kind::Bool)
        .default("false")
        .help("Let a virtual environment that is made see the system's packages."),
    Arg::new("virtualenv_command", Kind::Path).default("virtualenv").help("What makes virtual environments."),
    Arg::new("virtualenv_python", Kind::Str).help("The Python of a virtual environment that is made."),
    Arg::new("extra_args", Kind::Str).help("Further options for pip."),
    Arg::new("editable", Kind::Bool).default("false").help("Install as -e does."),
    Arg::new("chdir", Kind::Path).help("The directory to run in."),
    Arg::new("executable", Kind::Path).help("The pip to run, as a path or a name in PATH."),
    Arg::new("umask", Kind::Str).help("The umask for what is installed, as octal text."),
    Arg::new("break_system_packages", Kind::Bool)
        .default("false")
        .help("Install even where the system's packages are its own manager's."),
];

/// What every step of the module needs.
struct Pip<'a, 'c> {
    args: &'a Args,
    cx: &'a mut Context<'c>,
    /// The words that start pip.
    words: Vec<String>,
    /// The virtual environment.
    home: Option<PathBuf>,
    directory: PathBuf,
    umask: Option<u32>,
    out: String,
    err: String,
}

impl Module for PipModule {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        if args.text("state") == "latest" && args.has("version") {
            return Err(Failed::new("version is incompatible with state=latest"));
        }
        let umask = args.str("umask").filter(|text| !text.is_empty()).map(command::umask).transpose()?;
        let home = args.path("virtualenv").filter(|path| !path.as_os_str().is_empty());
        let home = home.map(|home| args.path("chdir").map_or(home.to_owned(), |dir| dir.join(home)));
        let directory = args.path("chdir").map_or_else(std::env::temp_dir, Path::to_owned);
        let (out, err, words) = (String::new(), String::new(), Vec::new());
        let mut pip = Pip { args, cx, words, home, directory, umask, out, err };
        let made = match pip.home.clone().filter(|home| !home.join("bin/activate").exists()) {
            Some(_) if pip.cx.mode.check => return Ok(Outcome::changed(true)),
            Some(home) => {
                pip.make(&home)?;
                true
            }
            None => false,
        };
        pip.words = pip.find()?;
        let names = requirement::split(args.strings("name"));
        let packages = pip.packages(&names)?;
        let extra = pip.extra()?;
        if names.is_empty() && args.text("requirements").is_empty() {
            pip.cx.warnings.push("No valid name or requirements file found.".to_owned());
            return Ok(Outcome::ok());
        }
        if pip.cx.mode.check {
            return pip.predict(&packages, extra.is_empty());
        }
        pip.apply(&packages, extra, made)
    }
}

impl Pip<'_, '_> {
    /// The words that start pip: the virtual environment's, the one that is named, or the Python's own.
    fn find(&mut self) -> Result<Vec<String>, Failed> {
        let shown = |path: PathBuf| vec![path.display().to_string()];
        let is_program = |path: &PathBuf| {
            path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
        };
        if let Some(home) = &self.home {
            let found = ["bin/pip3", "bin/pip"].map(|name| home.join(name)).into_iter().find(is_program);
            return found.map(shown).ok_or_else(|| {
                Failed::new(format!(
                    "Unable to find pip in the virtualenv, {}, under any of these names: pip3, pip. Make sure pip is \
                     present in the virtualenv.",
                    home.display()
                ))
            });
        }
        let name = match self.args.str("executable") {
            Some(path) if path.starts_with('/') => return Ok(vec![path.to_owned()]),
            Some(name) => name,
            None => {
                if let Some(python) = program::find(self.cx, "python3") {
                    let probe = [python.as_os_str(), "-c".as_ref(), "import pip".as_ref()];
                    if self.cx.run(&Command::new(probe))?.rc == 0 {
                        let python = python.display().to_string();
                        return Ok(vec![python, "-m".to_owned(), "pip".to_owned()]);
                    }
                }
                "pip3"
            }
        };
        program::find(self.cx, name).map(shown).ok_or_else(|| {
            Failed::new(format!("Unable to find any of {name} to use.  pip needs to be installed."))
        })
    }

    /// The Python that pip belongs to, as far as that can be told.
    fn python(&self) -> Result<PathBuf, Failed> {
        match &self.home {
            Some(home) => Ok(home.join("bin/python")),
            None => program::require(self.cx, "python3"),
        }
    }

    /// The packages that are named, with the one's version where that is given.
    fn packages(&mut self, names: &[String]) -> Result<Vec<Package>, Failed> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let python = self.python()?;
        let whole: Vec<(&str, Option<&str>)> = names.iter().map(|name| (name.as_str(), None)).collect();
        let packages = requirement::read(self.cx, &python, &whole, &[])?;
        let (Some(version), Some(first)) = (self.args.str("version"), packages.first()) else {
            return Ok(packages);
        };
        if packages.len() > 1 {
            return Err(Failed::new(
                "'version' argument is ambiguous when installing multiple package distributions. Please specify version \
                 restrictions next to each package in 'name' argument.",
            ));
        }
        if first.specified {
            return Err(Failed::new(
                "The 'version' argument conflicts with any version specifier provided along with a package name. Please \
                 keep the version specifier, but remove the 'version' argument.",
            ));
        }
        requirement::read(self.cx, &python, &[(&first.text, Some(version))], &[])
    }

    /// Further options.
    fn extra(&self) -> Result<Vec<String>, Failed> {
        let given = self.args.text("extra_args");
        let words = shlex::split(given).map_err(|e| Failed::new(format!("extra_args: {e}")))?;
        let editable = self.args.flag("editable") && !words.iter().any(|word| word == "-e");
        Ok(words.into_iter().chain(editable.then(|| "-e".to_owned())).collect())
    }

    /// What would be done.
    fn predict(&mut self, packages: &[Package], plain: bool) -> Result<Outcome, Failed> {
        let state = self.args.text("state");
        if !plain || packages.is_empty() || state == "latest" {
            return Ok(Outcome::changed(true));
        }
        let (command, listed) = self.installed()?;
        let noise = ["You are using", "You should consider"];
        let installed: Vec<(&str, &str)> = listed
            .lines()
            .filter(|line| !noise.iter().any(|words| line.starts_with(words)))
            .filter_map(|line| line.split_once("=="))
            .collect();
        let python = self.python()?;
        let texts: Vec<(&str, Option<&str>)> =
            packages.iter().map(|package| (package.text.as_str(), None)).collect();
        let looked = requirement::read(self.cx, &python, &texts, &installed)?;
        let changed = looked.iter().any(|package| match state {
            "present" => !package.present,
            "absent" => package.present,
            _ => false,
        });
        Ok(self.told(Outcome::changed(changed).with("cmd", command.join(" "))))
    }

    /// The packages that are there, and the command that told.
    fn installed(&mut self) -> Result<(Vec<String>, String), Failed> {
        let mut tried = Vec::new();
        for more in [&["list", "--format=freeze"][..], &["freeze"]] {
            let words: Vec<String> =
                self.words.iter().cloned().chain(more.iter().map(|word| (*word).to_owned())).collect();
            let output = self.call(&words)?;
            if output.rc == 0 {
                self.out += &output.stdout_text();
                self.err += &output.stderr_text();
                return Ok((words, output.stdout_text()));
            }
            tried.push((words, output));
        }
        match tried.pop() {
            Some((words, output)) => Err(failed(&words, &output.stdout_text(), &output.stderr_text())),
            None => Err(Failed::new("pip was not run")),
        }
    }

    fn apply(&mut self, packages: &[Package], extra: Vec<String>, made: bool) -> Result<Outcome, Failed> {
        let state = self.args.text("state");
        let verb: &[&str] = match state {
            "absent" => &["uninstall", "-y"],
            "latest" => &["install", "-U"],
            "forcereinstall" => &["install", "-U", "--force-reinstall"],
            _ => &["install"],
        };
        let mut words = self.words.clone();
        words.extend(verb.iter().map(|word| (*word).to_owned()));
        words.extend(extra);
        let requirements = self.args.str("requirements");
        words.extend(packages.iter().map(|package| package.text.clone()));
        if packages.is_empty() {
            words.extend(["-r".to_owned(), requirements.unwrap_or_default().to_owned()]);
        }
        // What these bring is not told in so many words.
        let sources = ["svn+", "git+", "hg+", "bzr+"];
        let compared = packages.is_empty()
            || self.args.strings("name").any(|name| sources.iter().any(|start| name.starts_with(start)));
        let (out, err) = (self.out.clone(), self.err.clone());
        let before = if compared { Some(self.installed()?.1) } else { None };
        let output = self.call(&words)?;
        let (said, complained) = (output.stdout_text(), output.stderr_text());
        (self.out, self.err) = (out + &said, err + &complained);
        let missing = [&said, &complained].iter().any(|text| text.contains("not installed"));
        if output.rc != 0 && !(output.rc == 1 && state == "absent" && missing) {
            return Err(failed(&words, &self.out, &self.err));
        }
        let changed = match before {
            _ if state == "absent" => said.contains("Successfully uninstalled"),
            None => said.contains("Successfully installed"),
            Some(before) => {
                let (out, err) = (self.out.clone(), self.err.clone());
                let after = self.installed()?.1;
                (self.out, self.err) = (out, err);
                before != after
            }
        };
        let home = self.home.as_ref().map(|home| home.display().to_string());
        let outcome = Outcome::changed(changed || made)
            .with("cmd", words)
            .with("name", self.args.get("name").clone())
            .with("version", self.args.get("version").clone())
            .with("state", state)
            .with("requirements", self.args.get("requirements").clone())
            .with("virtualenv", home.map_or(Value::Null, Value::from));
        Ok(self.told(outcome))
    }

    fn told(&mut self, outcome: Outcome) -> Outcome {
        let (out, err) = (std::mem::take(&mut self.out), std::mem::take(&mut self.err));
        outcome.with("stdout", out).with("stderr", err)
    }

    /// Runs a command as pip is run: the virtual environment's programs come first.
    fn call(&mut self, words: &[String]) -> Result<Output, Failed> {
        let mut command = Command::new(words.iter().map(String::as_str)).english().umask(self.umask);
        command.cwd = Some(self.directory.clone()).filter(|dir| dir.is_dir());
        if let Some(home) = &self.home {
            let path = program::variable(self.cx, "PATH").unwrap_or_default();
            command = command.env("PATH", &format!("{}:{path}", home.join("bin").display()));
        }
        if self.args.flag("break_system_packages") {
            command = command.env("PIP_BREAK_SYSTEM_PACKAGES", "1");
        }
        self.cx.run(&command)
    }
}

fn failed(words: &[String], out: &str, err: &str) -> Failed {
    let mut msg = String::new();
    if !out.is_empty() {
        msg += &format!("stdout: {out}");
    }
    if !err.is_empty() {
        msg += &format!("\n:stderr: {err}");
    }
    Failed::new(msg).with("cmd", words.to_vec())
}
