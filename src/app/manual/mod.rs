//! The manual: short topics in Markdown, compiled into the program. The help shows them, and `saescope manual` prints them.

pub mod glossary;
pub mod page;

/// One topic of the manual.
#[derive(Debug, PartialEq, Eq)]
pub struct Topic {
    /// The name on the command line, such as `tour`.
    pub name: &'static str,
    /// The text in Markdown; its first line is the title.
    pub text: &'static str,
}

/// Includes the topics of these names from `assets/manual`.
macro_rules! topics {
    ($($name:literal)*) => {
        &[$(Topic { name: $name, text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/manual/", $name, ".md")) }),*]
    };
}

/// All topics, in the order in which a new user reads them.
pub const TOPICS: &[Topic] = topics! {
    "tour" "screen" "numbers" "causal" "tags" "filters" "copying" "runs" "studies" "models" "speed" "files" "settings" "keys"
    "troubleshooting" "glossary"
};

impl Topic {
    /// The title, in words.
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }
}

/// The topic called `name`, ignoring case; None if there is none.
pub fn find(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name.eq_ignore_ascii_case(name))
}

/// The pictures of the screen in the topic `screen`, the widest first, each as lines of text.
pub fn pictures() -> Vec<Vec<&'static str>> {
    let text = find("screen").map_or("", |topic| topic.text);
    let shown = |paragraph: &'static str| paragraph.lines().filter(|line| !line.starts_with(page::COMMENT)).collect::<Vec<_>>();
    let paragraphs = text.split("\n\n").map(shown);
    paragraphs
        .filter(|lines| lines.iter().all(|line| line.starts_with(page::CODE)))
        .map(|lines| lines.into_iter().filter_map(|line| line.strip_prefix(page::CODE)).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::layout::SMALLEST;

    #[test]
    fn every_file_of_the_manual_is_a_topic_with_a_title() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/manual");
        let mut files: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let mut named: Vec<String> = TOPICS.iter().map(|topic| format!("{}.md", topic.name)).collect();
        files.sort();
        named.sort();
        assert_eq!(files, named);
        assert!(TOPICS.iter().all(|topic| topic.text.starts_with("# ") && !topic.title().is_empty()));
        assert_eq!((find("Tour").map(|topic| topic.name), find("tou")), (Some("tour"), None));
    }

    /// A sentence that sends the reader to a topic must not send him nowhere.
    #[test]
    fn topics_refer_to_topics_that_exist() {
        for topic in TOPICS {
            for after in topic.text.split("`saescope manual ").skip(1) {
                let (named, _) = after.split_once('`').unwrap();
                assert!(named.contains("TOPIC") || find(named).is_some(), "{}: {named}", topic.name);
            }
        }
    }

    #[test]
    fn the_narrowest_picture_fits_the_smallest_terminal() {
        let widths: Vec<usize> =
            pictures().iter().map(|picture| picture.iter().map(|line| line.chars().count()).max().unwrap_or(0)).collect();
        assert!(
            widths.len() == 3 && widths.is_sorted_by(|wide, narrow| wide > narrow) && widths[2] <= usize::from(SMALLEST.0) - 4,
            "{widths:?}"
        );
    }
}
