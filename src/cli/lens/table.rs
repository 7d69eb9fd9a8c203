//! The lenses as text to read.

use crate::core::lens::{Lens, LensForm, Lenses, Neighbour, OfFeature, TokenValue};
use crate::core::rows::cells::signed;
use crate::core::submodule::FeatureId;

/// Answers that are named one by one; of more, only the mean is.
const MOST_ANSWERS: usize = 4;

/// All features in `form`, each with its effect at the last position by `last`.
pub fn text(lenses: &Lenses, form: LensForm, last: &dyn Fn(FeatureId) -> Option<f64>) -> String {
    let unit = match form {
        LensForm::Folded => format!(
            "divided by {:.3}, the final norm's mean division at the last position, it is about logits per unit of activation",
            lenses.mean_last_sigma
        ),
        LensForm::Full => {
            format!("r = {:.3}, the stream's mean length; logits", lenses.mean_residual_norm)
        }
        LensForm::Added => "h the mean stream at the last position; logits of one unit of activation".to_owned(),
    };
    let softcap = lenses.softcap.map_or_else(String::new, |cap| format!("; before the softcap {cap} of the model's logits"));
    let mut text = format!(
        "logit lens of the direct path, {}: {}; {unit}{softcap}; {} clean prompts\n",
        form.name(),
        form.formula(lenses.is_centred),
        lenses.prompts
    );
    let neighbours = lenses.features.iter().flat_map(|of| of.within.iter().chain(&of.across));
    if let Some(prompts) = neighbours.map(|near| near.activity.prompts).next() {
        text.push_str(&format!(
            "behind each neighbour: cosine of the decoder rows; in how many prompts both are active / one of them at least is, of {prompts} \
             clean and patch prompts\n"
        ));
    }
    for feature in &lenses.features {
        text.push('\n');
        text.push_str(&of_feature(feature, form, last(feature.feature)));
    }
    text
}

fn of_feature(of: &OfFeature, form: LensForm, last: Option<f64>) -> String {
    let mut text = format!("{} · {} · decoder row {:.3} long\n", of.feature, of.feature.submodule, of.norm);
    if let Some(lens) = of.lens(form) {
        text.push_str(&format!("  promotes    {}\n", tokens(&lens.promoted)));
        text.push_str(&format!("  suppresses  {}\n", tokens(&lens.suppressed)));
        text.push_str(&format!("  answers     {}\n", answers(lens)));
    }
    let last = last.map_or_else(|| "single pairs are not kept (--detail)".to_owned(), |last| signed(Some(last)));
    text.push_str(&format!("  its effect at the last position, mean over pairs: {last}\n"));
    text.push_str(&format!("  near it in its dictionary     {}\n", near(&of.within)));
    text.push_str(&format!("  near it in all dictionaries   {}\n", near(&of.across)));
    text
}

/// The differences of the answers, patch - clean: each if they are few, and their mean over pairs.
fn answers(lens: &Lens) -> String {
    let each =
        lens.answers.iter().map(|answers| format!("'{}' - '{}' {:+.4}", answers.texts[1], answers.texts[0], answers.value));
    let each: Vec<String> = if lens.answers.len() <= MOST_ANSWERS { each.collect() } else { Vec::new() };
    let mean = lens.mean_answer_difference().map(|mean| format!("mean over pairs {mean:+.4}"));
    each.into_iter().chain(mean).collect::<Vec<_>>().join("  ")
}

fn tokens(values: &[TokenValue]) -> String {
    values.iter().map(|value| format!("'{}' {:+.3}", value.text, value.value)).collect::<Vec<_>>().join("  ")
}

fn near(neighbours: &[Neighbour]) -> String {
    let one = |near: &Neighbour| {
        let Neighbour { feature, cosine, activity } = near;
        format!("{feature} {cosine:+.3} {}/{}", activity.both, activity.either())
    };
    neighbours.iter().map(one).collect::<Vec<_>>().join("  ")
}
