//! A crontab's lines. A job is known by the comment above it: `#Ansible: NAME`.

const MARK: &str = "#Ansible: ";

/// The lines.
pub(super) struct Table {
    lines: Vec<String>,
}

impl Table {
    pub(super) fn parse(text: &str) -> Self {
        Table { lines: text.lines().map(str::to_owned).collect() }
    }

    /// Whether nothing but blank lines is left.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.trim().is_empty())
    }

    pub(super) fn render(&self) -> String {
        let text = self.lines.join("\n");
        if text.is_empty() { text } else { format!("{}\n", text.trim_end_matches(['\r', '\n'])) }
    }

    /// The names of the jobs.
    pub(super) fn jobs(&self) -> Vec<&str> {
        self.lines.iter().filter_map(|line| line.strip_prefix(MARK)).collect()
    }

    /// The names of the variables.
    pub(super) fn variables(&self) -> Vec<&str> {
        let name = |line: &'_ String| {
            let (name, _) = line.split_once('=')?;
            (!name.is_empty() && !name.contains(char::is_whitespace)).then_some(name.len())
        };
        self.lines.iter().filter_map(|line| line.get(..name(line)?)).collect()
    }

    /// Where the comment of a job is that has a line below it.
    fn job(&self, name: &str) -> Option<usize> {
        let mut at = 0;
        while at + 1 < self.lines.len() {
            match self.lines.get(at).and_then(|line| line.strip_prefix(MARK)) {
                Some(found) if found == name => return Some(at),
                // What is below a comment is its job, whatever it looks like.
                Some(_) => at += 2,
                None => at += 1,
            }
        }
        None
    }

    /// Sets a job; whether anything changed.
    pub(super) fn set_job(&mut self, name: &str, job: &str) -> bool {
        let comment = format!("{MARK}{name}");
        if let Some(at) = self.job(name) {
            if self.lines.get(at + 1).is_some_and(|line| line == job) {
                return false;
            }
            if let Some(line) = self.lines.get_mut(at + 1) {
                job.clone_into(line);
            }
            return true;
        }
        // The same job without a name gets one.
        let unnamed = self.lines.iter().enumerate().position(|(at, line)| {
            let above = at.checked_sub(1).and_then(|above| self.lines.get(above));
            line == job && !above.is_some_and(|above| above.starts_with(MARK))
        });
        match unnamed {
            Some(at) => self.lines.insert(at, comment),
            None => self.lines.extend([comment, job.to_owned()]),
        }
        true
    }

    /// Removes a job and its comment; whether it was there.
    pub(super) fn remove_job(&mut self, name: &str) -> bool {
        let mut removed = false;
        while let Some(at) = self.job(name) {
            self.lines.drain(at..at + 2);
            removed = true;
        }
        removed
    }

    fn variable(&self, name: &str) -> Option<usize> {
        let begin = format!("{name}=");
        self.lines.iter().position(|line| line.starts_with(&begin))
    }

    /// Sets a variable, a new one at the top or beside another; whether anything changed.
    pub(super) fn set_variable(
        &mut self,
        name: &str,
        line: &str,
        after: Option<&str>,
        before: Option<&str>,
    ) -> Result<bool, String> {
        if let Some(known) = self.variable(name).and_then(|at| self.lines.get_mut(at)) {
            let differs = known != line;
            line.clone_into(known);
            return Ok(differs);
        }
        let at = match (after, before) {
            (Some(other), _) => self.variable(other).ok_or_else(|| other.to_owned())? + 1,
            (None, Some(other)) => self.variable(other).ok_or_else(|| other.to_owned())?,
            (None, None) => 0,
        };
        self.lines.insert(at, line.to_owned());
        Ok(true)
    }

    /// Removes a variable; whether it was there.
    pub(super) fn remove_variable(&mut self, name: &str) -> bool {
        let begin = format!("{name}=");
        let before = self.lines.len();
        self.lines.retain(|line| !line.starts_with(&begin));
        self.lines.len() != before
    }
}
