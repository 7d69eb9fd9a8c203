//! Neuronpedia addresses for the clipboard and the browser.

use super::command_id::CommandId;
use super::message::Effect;
use super::notice::Notice;
use super::state::{Parts, State};
use super::table;
use crate::core::neuronpedia::{Reference, quick_lists};
use crate::core::problem::Problem;
use crate::core::submodule::FeatureId;

/// Ok if the model on the screen has pages on Neuronpedia, else the reason.
pub fn can_link(state: &State) -> Result<(), String> {
    let Some(findings) = state.findings() else { return Err("there is no study yet".to_owned()) };
    if state.setting.hosted.has(&findings.model) {
        return Ok(());
    }
    Err(format!("Neuronpedia does not host {}, so its features have no pages", findings.model))
}

/// Ok if there is a feature with a page, at the cursor or marked, else the reason.
pub fn can_link_feature(state: &State) -> Result<(), String> {
    can_link(state)?;
    if state.feature().is_none() && state.marked.is_empty() {
        return Err("no feature is listed".to_owned());
    }
    Ok(())
}

/// Ok if a browser can open the address of a feature, else the reason.
pub fn can_browse(state: &State) -> Result<(), String> {
    can_link_feature(state)?;
    match &state.setting.no_browser {
        Some(why) => {
            let (list, page) = (way(state, CommandId::COPY_LIST), way(state, CommandId::COPY_PAGE));
            Err(format!("{why}; {list} and {page} copy the address instead"))
        }
        None => Ok(()),
    }
}

fn way(state: &State, command: CommandId) -> String {
    state.setting.keymap.way(command)
}

/// The features of the quick list: all listed features that match the filter, or, if features are marked, the marked ones in the
/// order of the table and then those that are not listed.
fn features(state: &State) -> Vec<FeatureId> {
    let rows = state.table.listing.rows.iter().filter(|row| row.matches);
    let listed: Vec<FeatureId> =
        rows.map(|row| row.feature).filter(|feature| state.marked.is_empty() || state.marked.contains(feature)).collect();
    let hidden = state.marked.iter().filter(|feature| !listed.contains(feature)).copied();
    let hidden: Vec<FeatureId> = if state.marked.is_empty() { Vec::new() } else { hidden.collect() };
    listed.into_iter().chain(hidden).collect()
}

/// The list's name on Neuronpedia: the name that `saescope export --format url` gives it, followed by `marked` if features are
/// marked.
fn name(state: &State) -> String {
    table::wanted(state).map_or_else(String::new, |spec| spec.title(state.about(), !state.marked.is_empty()))
}

fn references(state: &State) -> Vec<Reference> {
    let model = state.findings().map_or_else(String::new, |findings| findings.model.clone());
    features(state).into_iter().map(|feature| Reference::new(&model, feature)).collect()
}

/// Copies the quick list. If it needs several addresses, each call copies the next one.
pub fn copy_list(state: &mut State) -> Vec<Effect> {
    if state.table.asked.is_some() {
        let key = state.setting.keymap.key(CommandId::COPY_LIST);
        let again = key.map_or_else(|| "try".to_owned(), |key| format!("press {}", key.spoken()));
        state.notice = Some(Notice::refused(format!("the rows are still being arranged; {again} again in a moment")));
        return Vec::new();
    }
    let references = references(state);
    if references.is_empty() {
        return nothing_matches(state);
    }
    let addresses = match quick_lists(&name(state), &references) {
        Ok(addresses) => addresses,
        Err(problem) => return failed(state, &problem),
    };
    let count = addresses.len();
    let next = match &state.parts {
        Some(parts) if parts.addresses == addresses => parts.next % count,
        _ => 0,
    };
    let address = addresses.get(next).cloned().unwrap_or_default();
    let marked = if state.marked.is_empty() { "" } else { "marked " };
    let mut what = format!("quick list of {} {marked}feature{}", references.len(), if references.len() == 1 { "" } else { "s" });
    if count > 1 {
        what.push_str(&format!(", part {} of {count}", next + 1));
        if next + 1 < count {
            what.push_str(&format!(" ({} copies the next)", way(state, CommandId::COPY_LIST)));
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

/// The address of the page of the feature at the cursor.
fn page(state: &State) -> Option<String> {
    let model = &state.findings()?.model;
    Some(Reference::new(model, state.feature()?).page())
}

/// Copies the address of the page of the feature at the cursor.
pub fn copy_page(state: &mut State) -> Vec<Effect> {
    let what = state.feature().map_or_else(String::new, |feature| format!("page of {feature}"));
    page(state).map(|page| Effect::Copy(page, what)).into_iter().collect()
}

/// Opens the page of the feature at the cursor in a browser.
pub fn browse_page(state: &mut State) -> Vec<Effect> {
    page(state).map(Effect::Browse).into_iter().collect()
}

/// Opens the quick list in a browser, if it fits into one address.
pub fn browse_list(state: &mut State) -> Vec<Effect> {
    let references = references(state);
    if references.is_empty() {
        return nothing_matches(state);
    }
    let mut addresses = match quick_lists(&name(state), &references) {
        Ok(addresses) => addresses,
        Err(problem) => return failed(state, &problem),
    };
    if addresses.len() > 1 {
        let (count, copy) = (addresses.len(), way(state, CommandId::COPY_LIST));
        state.notice = Some(Notice::refused(format!("the list needs {count} addresses; {copy} copies one after another")));
        return Vec::new();
    }
    addresses.pop().map(Effect::Browse).into_iter().collect()
}
