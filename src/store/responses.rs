//! Answers of corpora, kept by their keys: whole ones, so that the same question is answered at once, and begun ones, so that work that was
//! interrupted goes on.

use std::path::PathBuf;

use super::kept_answers::{Answer, KeptAnswers};
use crate::core::corpus::responses::Responses;
use crate::core::problem::Result;

impl Answer for Responses {
    fn key(&self) -> &str {
        &self.key
    }
}

/// The folder of answers. One that is begun has the same name: it says itself that it is not whole.
#[derive(Debug, Clone)]
pub struct KeptResponses(KeptAnswers);

impl KeptResponses {
    /// The answers in `folder`, which need not exist.
    pub fn new(folder: PathBuf) -> Self {
        Self(KeptAnswers::new(folder))
    }

    /// The answer to the question of `begun`, as far as it was kept; else `begun`. The corpus has its name of now.
    ///
    /// # Errors
    /// When a kept answer cannot be read.
    pub fn or_kept(&self, begun: Responses) -> Result<Responses> {
        Ok(match self.0.read(&begun.key)? {
            Some(kept) => Responses { corpus: begun.corpus, ..kept },
            None => begun,
        })
    }

    /// Keeps `responses`, whole or begun.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, responses: &Responses) -> Result<()> {
        self.0.keep(responses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::corpus::responses::OfFeature;
    use crate::core::corpus::tally::Tally;
    use crate::store::kept_answers::KEPT;

    fn responses(key: &str, fired: u8) -> Responses {
        let mut tally = Tally::new();
        (0..fired).for_each(|count| tally.count(0.1 + f32::from(count) / 3.0, u64::from(count), 2));
        let features = vec![OfFeature { feature: "resid_3/7".parse().unwrap(), tally }];
        Responses { key: key.to_owned(), corpus: "now".to_owned(), features, bytes: 9, ..Responses::default() }
    }

    #[test]
    fn an_answer_comes_back_as_it_was_and_a_damaged_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptResponses::new(folder.path().join("corpus"));
        assert_eq!(kept.or_kept(responses("a", 0)).unwrap(), responses("a", 0));
        kept.keep(&responses("a", 200)).unwrap();
        assert_eq!(kept.or_kept(responses("a", 0)).unwrap(), responses("a", 200));
        std::fs::write(kept.0.path("b"), "{").unwrap();
        assert!(kept.or_kept(responses("b", 0)).unwrap_err().to_string().contains("b.json: is no kept answer"));
        std::fs::copy(kept.0.path("a"), kept.0.path("c")).unwrap();
        assert!(kept.or_kept(responses("c", 0)).unwrap_err().to_string().contains("another answer"));
    }

    #[test]
    fn answers_are_bounded_and_the_latest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptResponses::new(folder.path().to_owned());
        for number in 0..KEPT + 3 {
            kept.keep(&responses(&number.to_string(), 1)).unwrap();
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), KEPT);
        assert!(kept.0.path(&(KEPT + 2).to_string()).exists());
    }
}
