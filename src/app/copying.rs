//! Copies: the listed or marked features as text or as addresses, for the clipboard and the browser.

use super::command_id::CommandId;
use super::message::Effect;
use super::notice::Notice;
use super::state::copied::Form;
use super::state::{Parts, State};
use super::{table, targets};
use crate::core::extract::{self, Extract, Pages, lists};
use crate::core::problem::{Problem, Result as Outcome};
use crate::core::rows::Row;

/// Most rows that are copied: the clipboard of a terminal takes no more, and making the text must not hold the screen up.
const MOST: usize = 20_000;

/// The pages of the features on the screen, or the reason why there are none.
fn pages(state: &State) -> Result<Pages, String> {
    let Some(findings) = state.findings() else { return Err("there is no study yet".to_owned()) };
    Pages::of(findings, &state.setting.hosted)
}

/// Ok if the features on the screen have pages on Neuronpedia and one is listed, else the reason.
fn can_link(state: &State) -> Result<(), String> {
    pages(state)?;
    targets::some(state)
}

/// Ok if anything can be copied, else the reason.
pub fn can_copy_any(state: &State) -> Result<(), String> {
    if state.findings().is_none() {
        return Err("there is no study yet".to_owned());
    }
    if state.table.is_empty() { Err("no feature is listed".to_owned()) } else { Ok(()) }
}

/// Ok if the features can be copied in this form, else the reason.
pub fn can_copy(state: &State, form: Form) -> Result<(), String> {
    can_copy_any(state)?;
    match form {
        Form::Card => return Ok(()),
        Form::Page => return page(state).map(|_| ()),
        Form::List => can_link(state)?,
        Form::Names | Form::Tsv | Form::Markdown | Form::Json => targets::some(state)?,
    }
    if state.table.asked.is_some() {
        return Err("the rows are still being arranged; try again in a moment".to_owned());
    }
    let count = if state.marked.is_empty() { state.table.listing.total().matching } else { state.table.marked };
    if count > MOST {
        let filter = state.setting.keymap.way(CommandId::FILTER);
        return Err(format!(
            "{count} features are more than the {MOST} that are copied; {filter} filters, `saescope export` takes all"
        ));
    }
    Ok(())
}

/// Ok if the latest copy can be repeated, else the reason.
pub fn can_copy_again(state: &State) -> Result<(), String> {
    match state.copied {
        Some(form) => can_copy(state, form),
        None => Err(format!("nothing was copied yet; {} asks what to copy", state.setting.keymap.way(CommandId::COPY))),
    }
}

/// Ok if a browser can open the page of the feature at the cursor, else the reason.
pub fn can_browse_page(state: &State) -> Result<(), String> {
    page(state)?;
    browser(state)
}

/// Ok if a browser can open the list, else the reason.
pub fn can_browse_list(state: &State) -> Result<(), String> {
    can_copy(state, Form::List)?;
    browser(state)
}

fn browser(state: &State) -> Result<(), String> {
    let copy = || state.setting.keymap.way(CommandId::COPY);
    state.setting.no_browser.as_ref().map_or(Ok(()), |why| Err(format!("{why}; {} copies the address instead", copy())))
}

/// The address of the page of the feature at the cursor, or the reason why it has none.
fn page(state: &State) -> Result<String, String> {
    let pages = pages(state)?;
    let feature = state.feature().ok_or_else(|| "no feature is listed".to_owned())?;
    Ok(pages.reference(feature)?.page())
}

/// The title that the list on the screen has by itself: study, view, selection, filter, and whether it is of marked features.
pub fn own_title(state: &State) -> String {
    table::wanted(state).map_or_else(String::new, |spec| spec.title(state.about(), !state.marked.is_empty()))
}

/// The title of the list on the screen: the one that was typed for it, else its own.
pub fn title(state: &State) -> String {
    let own = own_title(state);
    state.title.as_ref().filter(|title| title.instead_of == own).map_or(own, |title| title.typed.clone())
}

/// The title under which the list is taken along: of what is not a whole run, what it is. Whoever reads the list does not see the screen
/// that it was copied from.
pub fn title_of_copy(state: &State) -> String {
    title(state)
        + &state.findings().and_then(|findings| findings.standing()).map_or_else(String::new, |standing| format!(", {standing}"))
}

/// Makes something of the rows that are taken along.
fn taken<T>(state: &State, rows: &[Row], take: impl FnOnce(&Extract<'_>) -> Outcome<T>) -> Outcome<T> {
    let (Some(findings), Some(spec)) = (state.findings(), &state.table.spec) else {
        return Err(Problem::new("copy", "nothing is listed", "wait until features are listed"));
    };
    let title = title_of_copy(state);
    let folded = &state.table.listing.folded;
    take(&Extract { findings, tags: state.tags(), spec, rows, folded, title: &title, pages: pages(state).ok() })
}

/// Copies the features in this form. If a list needs several addresses, each call copies the next one.
pub fn copy(state: &mut State, form: Form) -> Vec<Effect> {
    let rows = targets::rows(state);
    state.copied = Some(form);
    if rows.is_empty() && !matches!(form, Form::Card | Form::Page) {
        return nothing_matches(state);
    }
    let at_cursor = || {
        let feature = state.feature().map_or_else(String::new, |feature| feature.to_string());
        format!("{feature}{}", standing(state))
    };
    let made = match form {
        Form::Card => return vec![Effect::CopyCard(format!("card of {}", at_cursor()))],
        Form::Page => {
            return page(state).map(|page| Effect::Copy(page, format!("page of {}", at_cursor()))).into_iter().collect();
        }
        Form::List => return copy_list(state, &rows),
        Form::Names => taken(state, &rows, |extract| Ok(extract::names(extract))),
        Form::Tsv => taken(state, &rows, extract::tsv),
        Form::Markdown => taken(state, &rows, |extract| Ok(extract::markdown(extract))),
        Form::Json => taken(state, &rows, extract::json),
    };
    match made {
        Ok(text) => vec![Effect::Copy(text, format!("{} of {}", form.name(), counted(state, &rows)))],
        Err(problem) => failed(state, &problem),
    }
}

/// What the copied numbers are instead of those of a whole run, in brackets; empty for a whole run.
fn standing(state: &State) -> String {
    state.findings().and_then(|findings| findings.standing()).map_or_else(String::new, |standing| format!(" ({standing})"))
}

/// The number of features in words, the marked ones that are left out, and what the list is instead of that of a whole run.
fn counted(state: &State, rows: &[Row]) -> String {
    let marked = if state.marked.is_empty() { "" } else { "marked " };
    let hidden = targets::said_hidden(state);
    let hidden = if hidden.is_empty() { hidden } else { format!(" ({hidden}, left out)") };
    let folded = state.table.listing.folded();
    let folded = if folded > 0 { format!(" (folded copies left out: {folded})") } else { String::new() };
    let standing = standing(state);
    format!("{} {marked}feature{}{hidden}{folded}{standing}", rows.len(), if rows.len() == 1 { "" } else { "s" })
}

fn copy_list(state: &mut State, rows: &[Row]) -> Vec<Effect> {
    let addresses = match taken(state, rows, lists::links) {
        Ok(addresses) => addresses,
        Err(problem) => return failed(state, &problem),
    };
    let count = addresses.len();
    let next = match &state.parts {
        Some(parts) if parts.addresses == addresses => parts.next % count,
        _ => 0,
    };
    let address = addresses.get(next).cloned().unwrap_or_default();
    let mut what = format!("quick list of {}", counted(state, rows));
    if count > 1 {
        what.push_str(&format!(", part {} of {count}", next + 1));
        if next + 1 < count {
            what.push_str(&format!(" ({} copies the next)", state.setting.keymap.way(CommandId::COPY_AGAIN)));
        }
    }
    state.parts = Some(Parts { addresses, next: next + 1 });
    vec![Effect::Copy(address, what)]
}

/// Says that the list is empty: dimmed rows that do not match the filter are not part of it.
fn nothing_matches(state: &mut State) -> Vec<Effect> {
    state.notice = Some(Notice::refused("no feature matches the filter"));
    Vec::new()
}

fn failed(state: &mut State, problem: &Problem) -> Vec<Effect> {
    state.notice = Some(Notice::failed(problem));
    Vec::new()
}

/// Opens the page of the feature at the cursor in a browser.
pub fn browse_page(state: &mut State) -> Vec<Effect> {
    page(state).map(Effect::Browse).into_iter().collect()
}

/// Opens the quick list in a browser, if it fits into one address.
pub fn browse_list(state: &mut State) -> Vec<Effect> {
    let rows = targets::rows(state);
    if rows.is_empty() {
        return nothing_matches(state);
    }
    let mut addresses = match taken(state, &rows, lists::links) {
        Ok(addresses) => addresses,
        Err(problem) => return failed(state, &problem),
    };
    if addresses.len() > 1 {
        let (count, copy) = (addresses.len(), state.setting.keymap.way(CommandId::COPY));
        state.notice = Some(Notice::refused(format!("the list needs {count} addresses; {copy} copies one after another")));
        return Vec::new();
    }
    addresses.pop().map(Effect::Browse).into_iter().collect()
}
