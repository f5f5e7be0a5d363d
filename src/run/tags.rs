//! Which steps the tags select.

use super::Shared;
use super::keyword::Rendered;
use crate::error::Result;
use crate::play::Task;
use crate::value::Value;

/// The tags of a task, rendered; texts with commas name several.
///
/// # Errors
/// A tag that cannot be rendered.
pub(super) fn of(tags: &[Value], r: Rendered<'_>) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for tag in tags {
        let rendered = r.engine.render(tag, r.scope)?;
        for tag in rendered.as_list().unwrap_or(std::slice::from_ref(&rendered)) {
            let text = crate::value::python_str(tag);
            names.extend(text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned));
        }
    }
    Ok(names)
}

/// Whether a step with `tags` runs under `--tags only` (empty: all) and `--skip-tags skip`.
#[must_use]
pub fn selected(tags: &[String], only: &[String], skip: &[String]) -> bool {
    let has = |tag: &str| tags.iter().any(|t| t == tag);
    let asks = |list: &[String], tag: &str| list.iter().any(|t| t == tag);
    let meets = |list: &[String]| match tags {
        [] => asks(list, "untagged"),
        _ => tags.iter().any(|t| asks(list, t)),
    };
    let all = only.is_empty() || asks(only, "all");
    let wanted = has("always")
        || (all && !has("never"))
        || meets(only)
        || (asks(only, "tagged") && !tags.is_empty() && !has("never"));
    let left_out = if asks(skip, "all") {
        !has("always") || asks(skip, "always")
    } else {
        meets(skip) || (asks(skip, "tagged") && !tags.is_empty())
    };
    wanted && !left_out
}

impl Shared {
    /// Whether the tags select a task.
    pub(super) fn selected(&self, task: &Task, r: Rendered<'_>) -> Result<bool> {
        let tags = of(&task.keywords.tags, r)?;
        Ok(selected(&tags, &self.settings.tags, &self.settings.skip_tags))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line was run under ansible-core 2.19: tags of the task, --tags, --skip-tags, whether it ran.
    #[test]
    fn selection_is_that_of_ansible() {
        let table = [
            ("", "", "", true),
            ("a", "", "", true),
            ("never", "", "", false),
            ("never,a", "a", "", true),
            ("a", "b", "", false),
            ("", "a", "", false),
            ("always", "b", "", true),
            ("always", "b", "always", false),
            ("", "untagged", "", true),
            ("a", "untagged", "", false),
            ("a", "tagged", "", true),
            ("never,a", "tagged", "", false),
            ("", "tagged", "", false),
            ("a", "", "tagged", false),
            ("", "", "tagged", true),
            ("a,b", "a", "b", false),
            ("", "", "untagged", false),
            ("always", "", "all", true),
            ("a", "", "all", false),
            ("never", "never", "", true),
            ("never", "all", "", false),
        ];
        let split =
            |s: &str| -> Vec<String> { s.split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect() };
        for (tags, only, skip, runs) in table {
            assert_eq!(
                selected(&split(tags), &split(only), &split(skip)),
                runs,
                "tags {tags:?} under {only:?} but {skip:?}"
            );
        }
    }
}
