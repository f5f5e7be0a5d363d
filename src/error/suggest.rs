//! Did you mean.

/// The candidate nearest to `word`, if one is near enough to be a slip of the hand.
#[must_use]
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let limit = match length {
        0..=2 => 1,
        3..=6 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        // A word that much longer or shorter is not near, and need not be compared letter by letter.
        .filter(|c| c.chars().count().abs_diff(length) <= limit)
        .map(|c| (distance(word, c), c))
        .filter(|(d, c)| *d <= limit && *d < c.chars().count())
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

/// Edits (insert, delete, replace, swap neighbours) between two words, ignoring case.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut rows: [Vec<usize>; 3] = [vec![], (0..=b.len()).collect(), (0..=b.len()).collect()];
    for (i, ca) in a.iter().enumerate() {
        rows.rotate_left(1);
        let [before, above, row] = &mut rows;
        row.clear();
        row.push(i + 1);
        for (j, cb) in b.iter().enumerate() {
            let get = |r: &Vec<usize>, k: usize| r.get(k).copied().unwrap_or(usize::MAX - 1);
            let mut best =
                (get(above, j + 1) + 1).min(get(row, j) + 1).min(get(above, j) + usize::from(ca != cb));
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(cb) && b.get(j - 1) == Some(ca);
            if swapped {
                best = best.min(get(before, j - 1) + 1);
            }
            row.push(best);
        }
    }
    let [_, _, last] = &rows;
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let words = ["command", "copy", "template", "set_fact"];
        assert_eq!(did_you_mean("comand", words), Some("command"));
        assert_eq!(did_you_mean("tempalte", words), Some("template"));
        assert_eq!(did_you_mean("cpoy", words), Some("copy"));
        assert_eq!(did_you_mean("frobnicate", words), None);
    }
}
