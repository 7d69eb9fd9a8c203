//! The feature's effect in each view.

use ratatui::text::{Line, Span};

use super::part::Card;
use crate::core::evidence::Pairs;
use crate::core::rows::cells;
use crate::core::text::told_apart;
use crate::core::view::View;
use crate::ui::{bar, fit};

/// Columns of the mark and the gaps around a view's name.
const AROUND_VIEW: usize = 3;

/// Widths in columns: of mark and view, at least and at most, of the effect, of its standard error, and of their ratio.
const VIEW: usize = 11;
const WIDEST_VIEW: usize = 19;
const EFFECT: usize = 9;
const ERROR: usize = 10;
const RATIO: usize = 13;

/// A longer bar shows nothing more.
const LONGEST_BAR: usize = 41;
const SHORTEST_BAR: usize = 9;

/// An effect of fewer standard errors than this is not told apart from none.
const CERTAIN: f64 = 2.0;

/// The heading of the pairs whose effect has the sign of the mean effect.
const SAME_SIGN: &str = "same sign";

/// The figures of one view.
struct Figures {
    view: View,
    effect: Option<f64>,
    error: Option<f64>,
    same_sign: String,
}

impl Figures {
    fn new(card: &Card, view: View) -> Self {
        let found = card.findings.view(view);
        let effect = found.effect(card.row.feature);
        let pairs = Pairs::find(card.findings, view, card.row.feature);
        let same_sign = effect.zip(pairs).filter(|(effect, pairs)| *effect != 0.0 && !pairs.is_empty());
        Self {
            view,
            effect: effect.map(f64::from),
            error: found.standard_error(card.row.feature).map(f64::from),
            same_sign: same_sign
                .map_or_else(String::new, |(effect, pairs)| format!("{} of {}", pairs.agreeing(effect), pairs.len())),
        }
    }

    /// |effect| in standard errors; None if one of the two is not known or there is no error.
    fn ratio(&self) -> Option<f64> {
        Some(self.effect?.abs() / self.error.filter(|error| *error > 0.0)?)
    }
}

/// A heading, then one line for each view: effect, standard error, their ratio, the number of pairs that agree, and the interval.
pub fn lines(card: &Card) -> Vec<Line<'static>> {
    let study = &card.findings.study;
    let all: Vec<Figures> = study.all().map(|view| Figures::new(card, view)).collect();
    let names: Vec<&str> = study.views.iter().map(|view| view.name.as_str()).collect();
    let longest = names.iter().map(|name| fit::width(name)).max().unwrap_or(0);
    let label = longest.saturating_add(AROUND_VIEW).clamp(VIEW, WIDEST_VIEW);
    let same_sign = all.iter().map(|figures| figures.same_sign.len()).max().unwrap_or(0);
    let same_sign = if same_sign == 0 { 0 } else { same_sign.max(SAME_SIGN.len()) + 2 };
    // On a narrow card the interval is worth more than the columns to its left.
    let [error, ratio] = if all.iter().any(|figures| figures.error.is_some()) { [ERROR, RATIO] } else { [0, 0] };
    let used = [label + EFFECT + error + ratio + same_sign, label + EFFECT + error + ratio, label + EFFECT + error];
    let fits = |used: &usize| used + SHORTEST_BAR <= card.columns;
    let columns = used.iter().position(fits).unwrap_or(used.len());
    let (ratio, same_sign) = (if columns < 2 { ratio } else { 0 }, if columns < 1 { same_sign } else { 0 });
    let room = used.get(columns).map_or(0, |used| card.columns - used).min(LONGEST_BAR);
    let reaches = all.iter().map(|figures| figures.effect.map_or(0.0, f64::abs) + figures.error.unwrap_or(0.0));
    let largest = reaches.fold(0.0, f64::max);
    let heads = [("", label), ("effect", EFFECT), ("± s.e.", error), ("effect/s.e.", ratio), (SAME_SIGN, same_sign)];
    let heading: String = heads.into_iter().map(|(text, width)| fit::left(text, width)).collect();
    let mut lines = vec![Line::styled(heading, card.theme.dim)];
    for figures in &all {
        let ranks = figures.view == card.view();
        let style = if ranks { card.theme.title } else { card.theme.text };
        let mark = if ranks { '>' } else { ' ' };
        let name = told_apart(study.name(figures.view).as_str(), &names, label - AROUND_VIEW);
        let signed = figures.effect.map_or(card.theme.dim, |effect| card.theme.signed(effect));
        let error_text = cells::unsigned(figures.error);
        let error_text = if error_text.is_empty() { error_text } else { format!("± {error_text}") };
        let certain = figures.ratio().is_some_and(|ratio| ratio >= CERTAIN);
        let style_of_ratio = if certain { card.theme.text } else { card.theme.dim };
        let ratio_text = figures.ratio().map_or_else(String::new, |ratio| format!("{ratio:.1}"));
        let mut spans = vec![
            Span::styled(fit::left(&format!("{mark} {name}"), label), style),
            Span::styled(fit::left(&cells::signed(figures.effect), EFFECT), signed),
            Span::styled(fit::left(&error_text, error), card.theme.dim),
            Span::styled(fit::left(&ratio_text, ratio), style_of_ratio),
            Span::styled(fit::left(&figures.same_sign, same_sign), card.theme.text),
        ];
        if room > 0 {
            spans.extend(bar::with_error(figures.effect, figures.error, largest, room, card.theme));
        }
        lines.push(Line::from(spans));
    }
    lines
}
