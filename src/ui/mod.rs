//! Draws a state. It decides neither the places of things, see [`crate::app::layout`], nor the texts of cells, see
//! [`crate::core::rows::cells`].

pub mod bar;
pub mod card;
mod checks;
mod features;
mod fit;
mod footer;
mod header;
pub mod heat_map;
mod help;
mod legend;
mod lists;
mod overlay;
mod pane;
mod picture;
#[cfg(test)]
mod screens;
mod submodules;
#[cfg(test)]
pub(crate) mod testing;
pub mod theme;
mod window;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use crate::app::command_id::CommandId;
use crate::app::layout::{Area, Layout, SMALLEST};
use crate::app::pictures;
use crate::app::state::State;
use crate::app::state::overlay::Overlay;
use crate::core::picture::Kind;
use theme::Theme;

/// Draws the whole screen.
pub fn view(state: &State, frame: &mut Frame) {
    let theme = Theme::new(state.theme, state.setting.true_colour);
    let area = frame.area();
    frame.buffer_mut().set_style(area, theme.text);
    let Some(layout) = Layout::showing(state, (area.width, area.height), state.pane) else {
        too_small(area, &theme, frame);
        return;
    };
    header::draw(state, &theme, rect(layout.header), frame);
    if matches!(state.overlay, Some(Overlay::Pictures)) {
        let rows = area.height.saturating_sub(layout.header.height + layout.footer.height);
        let back = state.setting.keymap.way(CommandId::BACK);
        let whole = Rect::new(0, layout.header.height, area.width, rows);
        let [before, after] = [-1, 1].map(|step| pictures::name(pictures::beside(state, step)));
        let title = format!("{} · {back} closes · ‹ {before} · {after} ›", pictures::name(state.pictures.kind));
        let inside = pane::frame(&title, true, &theme, whole, frame);
        if state.pictures.kind == Kind::Map {
            heat_map::draw(state, &theme, inside, frame);
        } else {
            let [above, below] = picture::draw(state, &theme, inside, frame);
            window::more(above, below, &theme, whole, frame);
        }
    } else {
        layout.submodules.into_iter().for_each(|area| submodules::draw(state, &theme, rect(area), frame));
        layout.features.into_iter().for_each(|area| features::draw(state, &theme, rect(area), frame));
        layout.card.into_iter().for_each(|area| card::draw(state, &theme, rect(area), frame));
    }
    footer::draw(state, &theme, rect(layout.footer), frame);
    overlay::draw(state, &theme, area, frame);
    lists::draw(state, &theme, area, frame);
    checks::draw(state, &theme, area, frame);
}

/// Index of the first visible line of the card: less than it was scrolled if the card ends before.
pub fn card_top(state: &State) -> usize {
    let theme = Theme::new(state.theme, state.setting.true_colour);
    let card = Layout::showing(state, state.size(), state.pane).and_then(|layout| layout.card);
    card.map_or(state.card_scroll, |area| card::top(state, &theme, rect(area.inside())))
}

fn rect(area: Area) -> Rect {
    Rect::new(area.x, area.y, area.width, area.height)
}

fn too_small(area: Rect, theme: &Theme, frame: &mut Frame) {
    let (width, height) = SMALLEST;
    let text = format!("saescope needs {width} columns and {height} rows; this terminal has {} and {}.", area.width, area.height);
    frame.render_widget(Paragraph::new(Line::styled(text, theme.text)).wrap(Wrap { trim: true }), area);
}
