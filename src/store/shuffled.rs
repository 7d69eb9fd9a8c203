//! Effects with shuffled partners, kept by their keys: a question for more of them goes on with those that are kept.

use std::path::PathBuf;

use super::kept_answers::{Answer, KeptAnswers};
use crate::core::problem::Result;
use crate::core::shuffled::Shuffled;

impl Answer for Shuffled {
    fn key(&self) -> &str {
        &self.key
    }
}

/// The folder of shuffles.
#[derive(Debug, Clone)]
pub struct KeptShuffled(KeptAnswers);

impl KeptShuffled {
    /// The shuffles in `folder`, which need not exist.
    pub fn new(folder: PathBuf) -> Self {
        Self(KeptAnswers::new(folder))
    }

    /// The answer to the question of `begun`, as far as it was kept; else `begun`.
    ///
    /// # Errors
    /// When a kept answer cannot be read.
    pub fn or_kept(&self, begun: Shuffled) -> Result<Shuffled> {
        match self.0.read::<Shuffled>(&begun.key)? {
            Some(kept) if kept.is_whole() && kept.seed == begun.seed => Ok(kept),
            Some(_) => Err(self.0.unreadable(&begun.key, "holds features without effects, or another seed".to_owned())),
            None => Ok(begun),
        }
    }

    /// Keeps `shuffled`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, shuffled: &Shuffled) -> Result<()> {
        self.0.keep(shuffled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffles_come_back_and_damaged_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptShuffled::new(folder.path().join("shuffled"));
        let begun = |seed| Shuffled { key: "a".to_owned(), seed, shuffles: Vec::new() };
        assert_eq!(kept.or_kept(begun(3)).unwrap(), begun(3));
        let text = r#"{"key":"a","seed":3,"shuffles":[{"features":["0-res-sm/4"],"effects":[0.1],"beyond":0.0}]}"#;
        let shuffled: Shuffled = serde_json::from_str(text).unwrap();
        kept.keep(&shuffled).unwrap();
        assert_eq!(kept.or_kept(begun(3)).unwrap(), shuffled);
        assert!(kept.or_kept(begun(4)).unwrap_err().to_string().contains("another seed"));
        std::fs::write(kept.0.path("a"), text.replace("[0.1]", "[]")).unwrap();
        assert!(kept.or_kept(begun(3)).unwrap_err().to_string().contains("without effects"));
    }
}
