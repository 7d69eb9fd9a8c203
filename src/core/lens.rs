//! What a feature's decoder row says by itself: the tokens that it promotes and suppresses, and the features that write nearly the same.
//!
//! The logit lens (nostalgebraist 2020, "interpreting GPT: the logit lens") of a direction d takes the direct path from the residual stream to
//! the logits only; what later layers make of d is not in it.

use super::submodule::FeatureId;
use super::total::total;

/// How a direction d is read by the unembedding U. `gamma` and `beta` are scale and shift of the final norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LensForm {
    /// `U (gamma * (d - mean(d)))`: the linear part of the final norm without its division. Divided by [`Lenses::mean_last_sigma`] it is
    /// about the change of the logits per unit of activation.
    Folded,
    /// `U Norm(r d / |d|)`: the direction alone in the stream, as long as the stream is on average.
    Full,
    /// `U (Norm(h + d) - Norm(h))`: the direction added to the mean stream h at the last position, one unit of activation.
    Added,
}

impl LensForm {
    /// All forms; the first is the usual one.
    pub const ALL: [Self; 3] = [Self::Folded, Self::Full, Self::Added];

    /// What it computes of the direction d, with U the unembedding; `is_centred` says whether the final norm takes the mean away.
    pub fn formula(self, is_centred: bool) -> &'static str {
        match (self, is_centred) {
            (Self::Folded, true) => "U (gamma * (d - mean(d)))",
            (Self::Folded, false) => "U (gamma * d)",
            (Self::Full, _) => "U Norm(r d / |d|)",
            (Self::Added, _) => "U (Norm(h + d) - Norm(h))",
        }
    }

    /// The form's name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Folded => "folded",
            Self::Full => "full",
            Self::Added => "added",
        }
    }
}

/// A token with the value that a lens gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenValue {
    /// The token's id.
    pub token: u32,
    /// Its text, safe to show; `#id` without a tokenizer.
    pub text: String,
    /// Its value, in logits.
    pub value: f32,
}

/// Two answers of the study with what a lens makes of their difference.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerDifference {
    /// The clean answer's token.
    pub clean: u32,
    /// The patch answer's token.
    pub patch: u32,
    /// Both as text, safe to show.
    pub texts: [String; 2],
    /// Number of pairs with these answers.
    pub pairs: usize,
    /// Value of the patch answer minus that of the clean answer, in logits.
    pub value: f32,
}

/// One form of the lens of one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Lens {
    /// The form.
    pub form: LensForm,
    /// The tokens of largest value, largest first.
    pub promoted: Vec<TokenValue>,
    /// The tokens of smallest value, smallest first.
    pub suppressed: Vec<TokenValue>,
    /// The differences of the study's answers, each different pair of answers once, in the order of the pairs.
    pub answers: Vec<AnswerDifference>,
}

impl Lens {
    /// The mean of the answers' differences over all pairs; None without pairs.
    pub fn mean_answer_difference(&self) -> Option<f64> {
        let pairs: usize = self.answers.iter().map(|answers| answers.pairs).sum();
        let sum = total(self.answers.iter().map(|answers| answers.pairs as f64 * f64::from(answers.value)));
        (pairs > 0).then(|| sum / pairs as f64)
    }
}

/// In how many prompts two features are active. A feature is active in a prompt if its activation is not 0 at one token at least; a BOS token
/// that was put in front does not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JointActivity {
    /// Number of prompts: the clean and the patch prompts of the view.
    pub prompts: usize,
    /// Number of prompts in which the feature is active.
    pub feature: usize,
    /// Number of prompts in which its neighbour is active.
    pub neighbour: usize,
    /// Number of prompts in which both are active.
    pub both: usize,
}

impl JointActivity {
    /// Number of prompts in which one of them at least is active.
    pub fn either(self) -> usize {
        self.feature + self.neighbour - self.both
    }

    /// The Jaccard index: of the prompts in which one is active, the share in which both are. None if neither ever is.
    pub fn jaccard(self) -> Option<f64> {
        (self.either() > 0).then(|| self.both as f64 / self.either() as f64)
    }
}

/// A feature with the cosine of both decoder rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The other feature.
    pub feature: FeatureId,
    /// The cosine, from -1 to 1.
    pub cosine: f32,
    /// How often both are active.
    pub activity: JointActivity,
}

/// What the decoder row of one feature says.
#[derive(Debug, Clone, PartialEq)]
pub struct OfFeature {
    /// The feature.
    pub feature: FeatureId,
    /// The length of its decoder row.
    pub norm: f32,
    /// The mean of its decoder row's numbers, which a layer norm takes away.
    pub mean: f32,
    /// The forms of the lens, as [`LensForm::ALL`].
    pub lenses: Vec<Lens>,
    /// The features of the same dictionary with the largest cosines, largest first.
    pub within: Vec<Neighbour>,
    /// The features of all dictionaries with the largest cosines, largest first.
    pub across: Vec<Neighbour>,
}

impl OfFeature {
    /// What it says in `form`; None if it was not read in that form.
    pub fn lens(&self, form: LensForm) -> Option<&Lens> {
        self.lenses.iter().find(|lens| lens.form == form)
    }
}

/// What the decoder rows of several features say.
#[derive(Debug, Clone, PartialEq)]
pub struct Lenses {
    /// The mean length of the stream that the final norm reads, over the clean prompts and their positions: r of [`LensForm::Full`].
    pub mean_residual_norm: f64,
    /// The mean over the clean prompts of the division that the final norm makes at the last position, `sqrt(variance + epsilon)`.
    pub mean_last_sigma: f64,
    /// Whether the final norm takes the mean away: a layer norm does, a root mean square norm does not.
    pub is_centred: bool,
    /// The softcap that the model applies to logits after the unembedding, which the values leave out: it keeps their order.
    pub softcap: Option<f64>,
    /// Number of clean prompts.
    pub prompts: usize,
    /// The features, in the order in which they were asked for.
    pub features: Vec<OfFeature>,
}

impl Lenses {
    /// What `feature`'s decoder row says; None if it was not asked for.
    pub fn of(&self, feature: FeatureId) -> Option<&OfFeature> {
        self.features.iter().find(|of| of.feature == feature)
    }

    /// The usual form in words, with what turns its values into logits: the heading of a card.
    pub fn heading(&self) -> String {
        let form = LensForm::ALL[0];
        format!(
            "logit lens, {}: {}, the direct path; a value / {:.2} is about the logits of one unit of activation",
            form.name(),
            form.formula(self.is_centred),
            self.mean_last_sigma
        )
    }
}
