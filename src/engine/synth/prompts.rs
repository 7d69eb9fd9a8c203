//! Pairs as token ids: a name, a verb and one last token, as in the study, where names and verbs occur repeatedly.

use crate::engine::random::Random;

/// Number of clean names, which is also that of patch names.
const NAMES: usize = 60;
const VERBS: usize = 40;

/// Token ids; a random model's tokens have no text. Names occur in prompts, bare names are the answers of the baseline.
const CLEAN_ANSWER: u32 = 2;
const PATCH_ANSWER: u32 = 3;
const LAST: u32 = 5;
const CLEAN_NAMES: u32 = 10;
const PATCH_NAMES: u32 = CLEAN_NAMES + NAMES as u32;
const FIRST_VERB: u32 = PATCH_NAMES + NAMES as u32;
const BARE: u32 = FIRST_VERB + VERBS as u32 - CLEAN_NAMES;

/// Each pair as its clean and its patch prompt.
pub struct Pairs(Vec<[[u32; 3]; 2]>);

impl Pairs {
    /// `count` random pairs of token ids below 300.
    pub fn new(count: usize, seed: u32) -> Self {
        let mut random = Random::new(seed, "pairs");
        let pair = |_| {
            let mut draw = |first: u32, count: usize| first + random.below(count) as u32;
            let (clean, patch, verb) = (draw(CLEAN_NAMES, NAMES), draw(PATCH_NAMES, NAMES), draw(FIRST_VERB, VERBS));
            [[clean, verb, LAST], [patch, verb, LAST]]
        };
        Self((0..count).map(pair).collect())
    }

    /// The different prompts of the first 50 pairs, sorted: enough to measure the size of activations.
    pub fn prompts(&self) -> Vec<&[u32]> {
        let mut prompts: Vec<&[u32]> = self.0.iter().take(50).flatten().map(<[u32; 3]>::as_slice).collect();
        prompts.sort_unstable();
        prompts.dedup();
        prompts
    }

    /// The text of the pair file.
    pub fn lines(&self) -> String {
        self.0.iter().map(|pair| line(pair, [CLEAN_ANSWER, PATCH_ANSWER])).collect()
    }

    /// The text of the baseline's file: the same prompts with the names themselves as answers.
    pub fn baseline_lines(&self) -> String {
        self.0.iter().map(|pair| line(pair, [pair[0][0] + BARE, pair[1][0] + BARE])).collect()
    }
}

fn line([clean, patch]: &[[u32; 3]; 2], [clean_answer, patch_answer]: [u32; 2]) -> String {
    let line = serde_json::json!({
        "clean_prefix": clean,
        "patch_prefix": patch,
        "clean_answer": clean_answer,
        "patch_answer": patch_answer,
    });
    format!("{line}\n")
}
