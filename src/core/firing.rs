//! On which prompt of its pairs a feature fires.

use super::study::ViewSpec;

/// The share of a feature's summed activation that must fall on one prompt for the feature to fire on that prompt only.
pub const MOST: f64 = 0.8;

/// The prompt on which a feature fires, over all pairs of one view.
///
/// Over all tokens at which the activation differs between the two prompts of a pair, the activations are summed over the view's
/// pairs, for each prompt by itself. A prompt with at least [`MOST`] of both sums together is the one on which the feature fires;
/// else it fires on both. Tokens at which the activation is the same in both prompts do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Firing {
    /// The feature fires on the clean prompts.
    Clean,
    /// The feature fires on clean and patch prompts.
    Both,
    /// The feature fires on the patch prompts.
    Patch,
}

impl Firing {
    /// The prompt with most of the activation, given the sums over clean and over patch prompts; None if there is none.
    pub fn of(clean: f64, patch: f64) -> Option<Self> {
        let all = clean + patch;
        if all.is_nan() || all <= 0.0 {
            None
        } else if patch >= MOST * all {
            Some(Self::Patch)
        } else if clean >= MOST * all {
            Some(Self::Clean)
        } else {
            Some(Self::Both)
        }
    }

    /// The name of the prompt in the words of its view, or `both`.
    pub fn said(self, view: &ViewSpec) -> &str {
        match self {
            Self::Clean => &view.clean,
            Self::Both => "both",
            Self::Patch => &view.patch,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_prompt_with_four_fifths_of_the_activation_has_the_feature_for_itself() {
        for (clean, patch, expected) in [
            (0.0, 0.0, None),
            (0.0, 1e-9, Some(Firing::Patch)),
            (2.0, 0.0, Some(Firing::Clean)),
            (1.0, 4.0, Some(Firing::Patch)),
            (4.0, 1.0, Some(Firing::Clean)),
            (1.0, 3.9, Some(Firing::Both)),
            (3.9, 1.0, Some(Firing::Both)),
            (f64::NAN, 1.0, None),
        ] {
            assert_eq!(Firing::of(clean, patch), expected, "{clean} {patch}");
        }
    }

    proptest! {
        #[test]
        fn exchanging_the_prompts_exchanges_the_answer(clean in 0.0..10.0_f64, patch in 0.0..10.0_f64) {
            let exchanged = Firing::of(patch, clean).map(|firing| match firing {
                Firing::Clean => Firing::Patch,
                Firing::Both => Firing::Both,
                Firing::Patch => Firing::Clean,
            });
            prop_assert_eq!(Firing::of(clean, patch), exchanged);
        }
    }
}
