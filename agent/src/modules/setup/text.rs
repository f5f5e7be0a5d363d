//! Small readings of text: shell words, sizes.

/// Words of a kernel command line: blanks inside quotes do not part them, quotes stay. Nothing when a quote is open.
pub fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            None => {}
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    quote.is_none().then_some(words)
}

/// Bytes for people: `1.50 GB`.
pub fn human(bytes: f64) -> String {
    const UNITS: [(&str, i32); 8] =
        [("YB", 8), ("ZB", 7), ("EB", 6), ("PB", 5), ("TB", 4), ("GB", 3), ("MB", 2), ("KB", 1)];
    for (unit, power) in UNITS {
        let limit = 1024_f64.powi(power);
        if bytes >= limit {
            return format!("{:.2} {unit}", bytes / limit);
        }
    }
    format!("{bytes:.2} Bytes")
}
