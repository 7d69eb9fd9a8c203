//! Tags and notes of the feature, and the address of its page.

use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::part::Card;
use crate::core::extract::Pages;
use crate::core::tags::{Marks, Scope};
use crate::core::text::printable;
use crate::ui::fit::{self, Piece};

/// Width of a scope in columns.
const SCOPE: usize = 11;

/// One line or more for each scope: reject mark, tags and note; no lines without any. The note comes last and
/// is named, because a word of it may read like a tag.
pub fn tags(card: &Card) -> Vec<Line<'static>> {
    let Some(book) = card.state.book() else { return Vec::new() };
    let said = book.of(card.row.feature);
    // What is said everywhere first, then views in the order of the study, those of other studies last.
    let place = |scope: Scope| match scope {
        Scope::Everywhere => None,
        Scope::In(view) => Some(card.findings.study.find(view.as_str()).map_or(u8::MAX, |view| view.0)),
    };
    let mut scopes: Vec<(Scope, &Marks)> = said.scopes().collect();
    scopes.sort_by_key(|(scope, _)| place(*scope));
    let lines = scopes.into_iter().flat_map(|(scope, marks)| {
        let label = fit::left(&scope.to_string(), SCOPE);
        let pieces = pieces(card, marks, fit::room(&label, card.columns));
        fit::flow(&label, pieces, card.columns, card.theme)
    });
    lines.collect()
}

fn pieces(card: &Card, marks: &Marks, room: usize) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    if marks.rejected {
        pieces.push(vec![Span::styled("X rejected ", card.theme.warning)]);
    }
    let tags = card.state.about().tags.ordered(&marks.tags);
    pieces.extend(tags.into_iter().map(|tag| vec![Span::styled(format!("{tag} "), card.theme.title)]));
    if !marks.note.is_empty() {
        pieces.extend(fit::words(&format!("note: {}", marks.shown_note()), card.theme.text, room));
    }
    pieces
}

/// What others say of the feature, or why that is not known; no lines if nothing was imported.
pub fn explanation(card: &Card) -> Vec<Line<'static>> {
    let Some(all) = &card.findings.explanations else { return Vec::new() };
    let Some(found) = all.find(card.row.feature) else {
        return all.faults.iter().flat_map(|fault| card.dim(&format!("labels: {fault}"))).collect();
    };
    let mut lines = Vec::new();
    if !found.label.is_empty() {
        let label = fit::left("label", SCOPE);
        let words = fit::words(&printable(found.label), card.theme.text, fit::room(&label, card.columns));
        lines.extend(fit::flow(&label, words, card.columns, card.theme));
    }
    let norms = card.findings.dictionary(card.row.feature.submodule).and_then(|record| record.decoder_norms);
    let activation = found.activation(norms);
    if !activation.is_empty() {
        lines.extend(card.dim(&activation));
    }
    lines
}

/// The address of the feature's page, or why it has none.
pub fn address(card: &Card) -> Result<String, String> {
    let pages = Pages::of(card.findings, &card.state.setting.hosted)?;
    pages.reference(card.row.feature).map(|reference| reference.page())
}

/// The address of the feature's page, or a line that the model has no pages.
pub fn page(card: &Card) -> Vec<Line<'static>> {
    let page = match address(card) {
        Ok(page) => page,
        Err(reason) => return card.dim(&reason),
    };
    fit::sentence(&page, card.theme.text.add_modifier(Modifier::UNDERLINED), card.columns, card.theme)
}
