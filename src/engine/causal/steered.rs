//! All that steering with one feature is asked for: doses, continuations, then the scan for flips, which takes longest.

use super::ablation::Told;
use super::continuation::{Writing, expect_room, room};
use super::plain::Plain;
use super::steering::Steering;
use crate::core::causal::scores::{denominator_of, resamples, score_of};
use crate::core::causal::steering::{Mode, Positions, Steered, Written};
use crate::core::problem::Result;
use crate::core::progress::Progress;
use crate::core::submodule::FeatureId;
use crate::engine::cancel::Cancel;
use crate::engine::tokenizer::Tokenizer;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The feature.
    pub feature: FeatureId,
    /// Where prompts are steered.
    pub positions: Positions,
    /// Factors of the decoder row.
    pub coefficients: Vec<f32>,
    /// The factors under which prompts are continued, beside the unsteered continuation.
    pub continued: Vec<f32>,
    /// How prompts are continued; 0 tokens for none.
    pub writing: Writing,
    /// Whether the smallest flipping coefficients are looked for.
    pub scans: bool,
    /// Why prompts are continued by fewer tokens than usual, or not at all; None if they are not shortened.
    pub shortened: Option<String>,
}

impl Plan {
    /// The plan with continuations that the model's context has room for.
    #[must_use]
    pub fn fitted(mut self, plain: &Plain<'_>) -> Self {
        let (asked, room) = (self.writing.tokens, room(plain, self.writing.prompts));
        if asked > room {
            self.writing.tokens = room;
            let context = plain.compute.config().context;
            let done = if room == 0 {
                "prompts are not continued".to_owned()
            } else {
                format!("prompts are continued by {room} tokens")
            };
            self.shortened = Some(format!("{done}, not by {asked}: the model's context of {context} has no room for more"));
        }
        self
    }
}

/// Steers as `asked` says; `found` hears what was found so far. Without a `tokenizer` texts are token numbers. `plain` holds clean and patch
/// prompts.
///
/// # Errors
/// When the dictionaries lack the feature, a position is beyond a prompt, a continuation is longer than the model's context, a number is
/// not finite, or `cancel` is raised.
pub fn steered(
    plain: &Plain<'_>,
    tokenizer: Option<&Tokenizer>,
    asked: &Plan,
    told: Told<'_>,
    found: &mut dyn FnMut(&Steered),
    cancel: &Cancel,
) -> Result<Steered> {
    let steering = Steering::new(plain, asked.feature)?;
    // What cannot be continued is known now: nobody computes doses to lose them.
    expect_room(plain, asked.writing)?;
    let draws = resamples(plain.pairs);
    let bias = denominator_of(&plain.metrics(cancel)?);
    let mut steered = Steered {
        feature: asked.feature,
        positions: asked.positions,
        decoder_norm: steering.decoder_norm(),
        is_scaled: steering.is_scaled(),
        activations: steering.mean_activations(),
        unsteered: Some(bias.mean),
        unsteered_error: bias.standard_error,
        doses: Vec::new(),
        metrics: Vec::new(),
        flips: None,
        written: Vec::new(),
        shortened: asked.shortened.clone(),
    };
    for (done, coefficient) in asked.coefficients.iter().enumerate() {
        let stage = format!("dose {coefficient}");
        told(Progress { stage, done: done as u64, total: asked.coefficients.len() as u64 });
        for dose in steering.dose(&[*coefficient], asked.positions, &mut |_| {}, cancel)? {
            steered.metrics.push(score_of(&dose.metrics, &draws));
            steered.doses.push(dose);
        }
        found(&steered);
    }
    let text = |tokens: &Vec<u32>| match tokenizer {
        Some(tokenizer) => tokenizer.texts(tokens).concat(),
        None => tokens.iter().map(|token| format!("#{token}")).collect::<Vec<_>>().join(" "),
    };
    let continued = continuations(asked);
    for (done, (coefficient, mode)) in continued.iter().enumerate() {
        told(Progress { stage: "continuations".to_owned(), done: done as u64, total: continued.len() as u64 });
        let continuation = steering.continuations(*coefficient, *mode, asked.writing, cancel)?;
        let greedy = continuation.greedy.iter().map(text).collect();
        let sampled = continuation.sampled.iter().map(|sample| sample.iter().map(text).collect()).collect();
        steered.written.push(Written { continuation, greedy, sampled });
        found(&steered);
    }
    if asked.scans {
        let up = steering.flips(asked.positions, false, told, cancel)?;
        steered.flips = Some([up, steering.flips(asked.positions, true, told, cancel)?]);
    }
    Ok(steered)
}

/// The factors and modes of the continuations. Without steering all modes are one.
fn continuations(asked: &Plan) -> Vec<(f32, Mode)> {
    if asked.writing.tokens == 0 {
        return Vec::new();
    }
    let modes = |coefficient: f32| if coefficient == 0.0 { &Mode::ALL[..1] } else { &Mode::ALL[..] };
    let steered = asked.continued.iter().copied().filter(|coefficient| *coefficient != 0.0);
    let each = |coefficient: f32| modes(coefficient).iter().map(move |mode| (coefficient, *mode));
    std::iter::once(0.0).chain(steered).flat_map(each).collect()
}
