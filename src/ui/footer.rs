//! The last line or lines: the open prompt, the notice, or the most useful keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::fit::cut;
use super::header::duration;
use super::theme::Theme;
use crate::app::command_id::CommandId;
use crate::app::key_bar;
use crate::app::notice::{Notice, Tone};
use crate::app::prompts;
use crate::app::question;
use crate::app::state::State;
use crate::app::state::overlay::Overlay;
use crate::app::state::prompt::Prompt;
use crate::core::progress::Progress;
use crate::core::text::{bytes, printable, printable_start, wrap};

/// Draws the footer into `area`.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    match (&state.overlay, question::notice(state)) {
        (Some(Overlay::Prompt(prompt)), _) => typed(state, prompt, theme, area, frame),
        (_, Some(notice)) => said(&notice, theme, area, frame),
        _ => {
            let start = key_bar::start(state, area.width);
            let says = key_bar::in_window(state);
            let room = if says.is_some() { area.width } else { start };
            let mut progress = downloading(state, theme, usize::from(room));
            let used: usize = progress.iter().map(Span::width).sum();
            let rest = usize::from(area.width).saturating_sub(used + 1);
            progress.extend(says.map(|says| Span::styled(format!(" {}", cut(says, rest)), theme.dim)));
            frame.buffer_mut().set_line(area.x, area.y, &Line::from(progress), area.width);
            if says.is_none() {
                let bar = Line::from(keys(state, theme, area.width));
                frame.buffer_mut().set_line(area.x + start, area.y, &bar, area.width - start);
            }
        }
    }
}

/// A notice, in as many lines as there are.
fn said(notice: &Notice, theme: &Theme, area: Rect, frame: &mut Frame) {
    let width = usize::from(area.width);
    let style = match notice.tone {
        Tone::Done => theme.good,
        Tone::Refused => theme.warning,
        Tone::Failed => theme.error,
    };
    let lines = notice.lines(width);
    let (shown, left_out) = lines.split_at(lines.len().min(usize::from(area.height)));
    for (row, line) in shown.iter().enumerate() {
        let is_last = row + 1 == shown.len() && !left_out.is_empty();
        let text = if is_last { cut(&format!("{line} {}", left_out.join(" ")), width) } else { line.clone() };
        frame.buffer_mut().set_line(area.x, area.y + row as u16, &Line::styled(text, style), area.width);
    }
}

/// The progress of a download, in as much of the line as it needs. The least important parts are dropped first; the way to stop
/// the download always stays.
fn downloading(state: &State, theme: &Theme, width: usize) -> Vec<Span<'static>> {
    let Some(download) = &state.download else { return Vec::new() };
    let name = printable(&download.name);
    let stop = if state.job.is_some() { CommandId::CANCEL_FETCH } else { CommandId::CANCEL };
    let stop = state.setting.keymap.way(stop);
    let forms = match &download.progress {
        None => vec![format!(" {name}: asking the hub · {stop} stops ")],
        Some(Progress { stage, total: 0, .. }) => vec![format!(" {name}: {} · {stop} stops ", printable(stage))],
        Some(progress) => {
            let share = (100 * progress.done).checked_div(progress.total).unwrap_or(100);
            let doing = format!(" {name}: {} {share} %", printable(&progress.stage));
            let amount = format!(" · {} of {}", bytes(progress.done), bytes(progress.total));
            let pace = download.pace(state.now);
            let rate = pace.map_or_else(String::new, |pace| format!(" · {}/s", bytes(pace.rate as u64)));
            let left = pace.map_or_else(String::new, |pace| format!(" · {} left", duration(pace.left)));
            vec![
                format!("{doing}{amount}{rate}{left} · {stop} stops "),
                format!("{doing}{left} · {stop} stops "),
                format!(" {name} {share} % · {stop} stops "),
            ]
        }
    };
    let last = format!(" {} · {stop} stops ", cut(&name, width.saturating_sub(stop.width() + 11)));
    let fitting = forms.into_iter().find(|form| form.width() <= width).unwrap_or(last);
    vec![Span::styled(fitting, theme.warning)]
}

/// The key bar of a line of `columns`.
fn keys(state: &State, theme: &Theme, columns: u16) -> Vec<Span<'static>> {
    let mut spans = vec![Span::raw(" ")];
    for hint in key_bar::hints(state, columns) {
        spans.push(Span::styled(hint.key, theme.key));
        spans.push(Span::styled(format!(" {}  ", hint.says), theme.dim));
    }
    spans
}

/// The open prompt: label, typed text with the terminal's own cursor, and hint. A hint that does not fit beside the text takes lines
/// above it.
fn typed(state: &State, prompt: &Prompt, theme: &Theme, area: Rect, frame: &mut Frame) {
    let label = format!(" {}: ", prompts::label(prompt));
    let (hint, style) = match prompts::hint(state, prompt) {
        Ok(hint) => (printable(&hint), theme.good),
        Err(why) => (why, theme.error),
    };
    let width = usize::from(area.width);
    let text = printable(prompt.input.value());
    let fits = label.width() + text.width() + hint.width() + 3 <= width;
    let room = width.saturating_sub(label.width() + if fits { hint.width() + 3 } else { 1 });
    let before = printable_start(prompt.input.value(), prompt.input.cursor()).width();
    let mut hidden = 0;
    // Whole characters leave at the left, so that the cursor is in the row. Where all fits, it stands in the gap before the hint.
    let rest = text.chars().skip_while(|character| {
        let leaves = !fits && before.saturating_sub(hidden) >= room;
        hidden += if leaves { character.width().unwrap_or(0) } else { 0 };
        leaves
    });
    let rest: String = rest.collect();
    let mut used = 0;
    let fitting = rest.chars().take_while(|character| {
        used += character.width().unwrap_or(0);
        used <= room
    });
    let visible: String = fitting.collect();
    let selected = if prompt.selected { theme.text.add_modifier(Modifier::REVERSED) } else { theme.text };
    let mut spans = vec![Span::styled(label.clone(), theme.title), Span::styled(visible, selected), Span::raw("  ")];
    if fits {
        spans.push(Span::styled(hint, style));
    } else {
        above(&hint, style, theme, area, frame);
    }
    frame.buffer_mut().set_line(area.x, area.y, &Line::from(spans), area.width);
    let cursor = label.width() + before.saturating_sub(hidden);
    if cursor < width {
        frame.set_cursor_position((area.x + cursor as u16, area.y));
    }
}

/// Draws a text in as many lines above `area` as it needs, up to a third of the screen.
fn above(text: &str, style: Style, theme: &Theme, area: Rect, frame: &mut Frame) {
    let width = usize::from(area.width);
    let most = usize::from(area.y / 3).max(1);
    let mut lines = wrap(&format!(" {text}"), width);
    if lines.len() > most {
        let rest = lines.split_off(most - 1).concat();
        lines.push(cut(&rest, width));
    }
    let top = area.y.saturating_sub(lines.len() as u16);
    let place = Rect { y: top, height: area.y - top, ..area };
    frame.render_widget(Clear, place);
    frame.buffer_mut().set_style(place, theme.text);
    for (row, line) in lines.iter().enumerate() {
        frame.buffer_mut().set_line(place.x, place.y + row as u16, &Line::styled(line.clone(), style), place.width);
    }
}
