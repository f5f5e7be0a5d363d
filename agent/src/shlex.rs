//! Splitting and quoting words as Python's `shlex` does, in POSIX mode and without comments.

/// The words of a command line.
///
/// # Errors
/// Python's words for it: a quotation or an escape has no end.
pub fn split(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or("No closing quotation")? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or("No closing quotation")? {
                        '"' => break,
                        '\\' => {
                            let c = chars.next().ok_or("No escaped character")?;
                            // Within double quotes a backslash escapes these two only.
                            if c != '"' && c != '\\' {
                                word.push('\\');
                            }
                            word.push(c);
                        }
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next().ok_or("No escaped character")?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// A word that a shell reads back as it is.
#[must_use]
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\"'\"'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_split_as_in_python() {
        let words = |text| split(text).map(|w| w.join("|"));
        assert_eq!(words(r#"a 'b c'd "e\"f\g" \ h ''"#), Ok(r#"a|b cd|e"f\g| h|"#.to_owned()));
        assert_eq!(words("a # b\n c"), Ok("a|#|b|c".to_owned()));
        assert_eq!(words("a 'b"), Err("No closing quotation"));
        assert_eq!(words("a \\"), Err("No escaped character"));
        assert_eq!(quote("it's"), "'it'\"'\"'s'");
    }
}
