//! The glossary: the entries of `assets/manual/glossary.md`, one a line, below headings that name the topic with more about them.

use super::find;

/// One entry of the glossary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The words that the entry explains, the usual one first.
    pub words: Vec<&'static str>,
    /// The explanation, without marks of Markdown.
    pub says: String,
    /// The name of the topic that says more.
    pub topic: &'static str,
}

/// All entries, in the order of the file.
pub fn entries() -> Vec<Entry> {
    let mut topic = "glossary";
    let mut entries = Vec::new();
    for line in find("glossary").map_or("", |glossary| glossary.text).lines() {
        if let Some(name) = line.strip_prefix("## ") {
            topic = name;
        } else if let Some((words, says)) = line.split_once("**: ") {
            let words = words.split(", ").map(|word| word.trim_matches('*')).collect();
            entries.push(Entry { words, says: super::page::plain(says), topic });
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_is_an_entry_and_no_word_is_explained_twice() {
        let text = find("glossary").unwrap().text;
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        let entries = entries();
        assert_eq!(entries.len(), lines);
        let mut seen = BTreeSet::new();
        for entry in entries {
            assert!(find(entry.topic).is_some(), "{}", entry.topic);
            assert!(!entry.says.is_empty() && entry.says.chars().count() <= 200, "{:?}", entry.words);
            for word in entry.words {
                assert!(seen.insert(word), "{word}");
            }
        }
        for word in ["effect", "standard error", "s.e.", "error term", "total effect", "clean", "patch", "FP", "rejected"] {
            assert!(seen.contains(word), "{word}");
        }
    }
}
