//! The ablation of sets of features, in lines.

use super::line::{Line, Tone};
use crate::core::causal::scores::{Ablation, Score, Scores};
use crate::core::causal::words::{doubt, interval, number, ratio};
use crate::core::text::{excerpt, printable};

/// Longest name of a set in a line.
const SET: usize = 40;

/// Every metric and score with its interval, then what they mean.
pub fn lines(ablation: &Ablation, scores: &Scores, columns: usize) -> Vec<Line> {
    let row = |name: &str, [mean, interval]: [String; 2], means: &str| {
        Line::plain(format!("{name:<13} {mean:>9}  {interval:<20} {means}"))
    };
    let metric = |score: &Score| [number(score.mean), interval(score.interval)];
    let mut lines = vec![
        Line::title(format!("{:<13} {:>9}  {:<20}", "", "mean", "95 % interval")),
        row("F(M)", metric(&scores.all), "nothing ablated: the bias"),
        row("F(empty)", metric(&scores.empty), "every feature ablated"),
    ];
    let is_one = scores.sets.len() == 1;
    for (ablated, set) in ablation.sets.iter().zip(&scores.sets) {
        if !is_one {
            lines.extend([Line::plain(""), Line::title(printable(&format!("set {}", excerpt(&ablated.name, SET))))]);
        }
        lines.extend([
            row("F(C)", metric(&set.kept), "every feature outside the set ablated"),
            row("F(not C)", metric(&set.removed), "the set ablated"),
            row("bias removed", ratio(&set.bias, scores.bias), "(F(M) - F(not C)) / F(M)"),
            row("faithfulness", ratio(&set.faithfulness, scores.span), "(F(C) - F(empty)) / (F(M) - F(empty))"),
            row("completeness", ratio(&set.completeness, scores.span), "(F(not C) - F(empty)) / (F(M) - F(empty))"),
        ]);
    }
    let doubts = [doubt("F(M)", scores.bias), doubt("F(M) - F(empty)", scores.span)];
    lines.extend(doubts.into_iter().flatten().flat_map(|text| Line::sentence(&text, Tone::Warning, columns)));
    let explained = [
        format!("{}: {}.", ablation.way, ablation.way.meaning()),
        format!("Errors {}: {}", ablation.error, ablation.error.meaning()),
        "F: mean of logit(patch answer) - logit(clean answer) over the clean prompts. Intervals: bootstrap over pairs."
            .to_owned(),
    ];
    lines.extend(explained.iter().flat_map(|text| Line::sentence(text, Tone::Dim, columns)));
    for set in &ablation.sets {
        let members: Vec<String> = set.members.iter().map(ToString::to_string).collect();
        let name = if is_one { "The set".to_owned() } else { format!("Set {}", excerpt(&set.name, SET)) };
        lines.extend(Line::sentence(&printable(&format!("{name}: {}", members.join(", "))), Tone::Dim, columns));
    }
    lines
}
