//! Tests of the help: the picture of the screen, the search, the glossary and the manual.

use super::pilot::Pilot;
use crate::app::help::entries::{Entry, all, sections};
use crate::app::help::rows::{Role, rows};
use crate::app::help::visible;
use crate::app::manual::TOPICS;
use crate::app::state::list::List;
use crate::app::state::overlay::Overlay;

/// The explorer with the help open and `text` typed into it.
fn searching(text: &str) -> Pilot {
    let mut pilot = Pilot::study();
    pilot.press("?");
    pilot.type_text(text);
    pilot
}

/// The entry that Enter would act on.
fn first(text: &str) -> String {
    match all(&Pilot::study().state, text).first() {
        Some(Entry::Word(word)) => format!("word {}", word.words[0]),
        Some(Entry::Command(command)) => format!("command {}", command.name),
        Some(Entry::Topic(topic)) => format!("topic {}", topic.name),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_word_of_the_screen_is_found_in_the_glossary_and_a_command_by_its_name() {
    for (text, found) in [
        ("s.e.", "word standard error"),
        ("error", "word error term"),
        ("total effect", "word total effect"),
        ("ig", "word ig"),
        ("patch", "word patch prompt"),
        ("threshold", "word threshold"),
        ("quit", "command quit"),
        ("tour", "topic tour"),
    ] {
        assert_eq!(first(text), found, "{text}");
    }
    let titles: Vec<&str> = sections(&Pilot::study().state, "clean").into_iter().map(|section| section.title).collect();
    assert!(titles.contains(&"Glossary"), "{titles:?}");
}

/// A command that merely mentions a word is no answer to the question what the word means, and is not run by asking.
#[test]
fn asking_for_a_word_runs_nothing() {
    for text in ["empty", "orange", "res", "unit", "answer", "blue", "logits", "J", "resamples", "BCa", "taken away"] {
        let mut pilot = searching(text);
        let before = pilot.state.clone();
        pilot.asked();
        pilot.press("enter");
        let effects = pilot.asked();
        assert!(effects.is_empty(), "{text}: {effects:?}");
        let same = (before.sort, before.selection, before.tab) == (pilot.state.sort, pilot.state.selection, pilot.state.tab);
        assert!(same && !matches!(pilot.state.overlay, None | Some(Overlay::Prompt(_))), "{text}");
    }
    assert!(first("BCa").starts_with("word ") && first("taken away").starts_with("word "), "{}", first("BCa"));
    // A key finds its command.
    assert_eq!((first("J"), first("t")), ("command other-down".to_owned(), "command threshold".to_owned()));
}

/// What a word means is explained before a command of that name runs, and no command runs that only holds the word.
#[test]
fn enter_explains_a_word_and_runs_only_what_is_named_in_full() {
    for text in ["shuffle", "circuit", "heat", "difference", "similarity", "threshold", "tag"] {
        let mut pilot = searching(text);
        pilot.press("enter");
        assert!(matches!(pilot.state.overlay, Some(Overlay::Topic(_))), "{text}: {}", pilot.notice());
    }
    for (text, command) in [("page", "page-"), ("canc", "cancel"), ("rever", "reverse"), ("tagge", "tagged")] {
        let mut pilot = searching(text);
        pilot.asked();
        pilot.press("enter");
        let explains = matches!(pilot.state.overlay, Some(Overlay::Topic(_)));
        let refused = pilot.notice().starts_with(&format!("no command is named '{text}'; : {command}"));
        assert!(pilot.asked().is_empty() && pilot.state.filter.is_none() && (explains || refused), "{text}: {}", pilot.notice());
    }
    // An exact name stands first, and runs.
    assert_eq!((first("cancel"), first("last")), ("command cancel".to_owned(), "command last".to_owned()));
    let mut pilot = searching("last");
    pilot.press("enter");
    assert!(pilot.state.overlay.is_none() && pilot.state.table.cursor == 17, "{}", pilot.notice());
    // Whoever goes to an entry means it.
    let mut pilot = searching("tagged");
    let place =
        all(&pilot.state, "tagged").iter().position(|entry| matches!(entry, Entry::Command(command) if command.name == "tagged"));
    (0..place.unwrap()).for_each(|_| {
        pilot.press("down");
    });
    pilot.press("enter");
    assert_eq!(pilot.state.filter.as_ref().map(crate::core::filter::Filter::text), Some("tag=any"));
}

/// The end of a topic stays on the screen above a message of several lines.
#[test]
fn a_message_hides_no_line_at_the_end_of_a_topic() {
    for (width, height) in [(60, 16), (120, 40)] {
        let mut pilot = Pilot::study();
        pilot.resize(width, height);
        pilot.press("? n u m b e r s enter end");
        let last = |pilot: &Pilot| {
            let Some(Overlay::Topic(page)) = &pilot.state.overlay else { panic!("no topic is open") };
            let (lines, ..) = visible(page, pilot.state.size(), 1);
            lines.last().unwrap().text.clone()
        };
        let end = last(&pilot);
        pilot.state.notice = Some(crate::app::notice::Notice::refused("a message that is long ".repeat(8)));
        let screen = pilot.screen();
        assert!(screen.iter().any(|row| row.contains(end.trim())), "{end}: {screen:#?}");
        assert!(!screen.iter().any(|row| row.contains("↓ more")), "{screen:#?}");
    }
}

#[test]
fn nothing_is_cut_at_any_width() {
    let state = Pilot::study().state;
    // The last words of a command, of a field of filters, of the glossary and of the list of topics.
    let ends = ["around the end", "note=\"two words\"", "which Neuronpedia shows as a page.", "Glossary: Enter opens it"];
    for columns in [58, 68, 96, 118, 178] {
        let rows = rows(&state, &List::default(), columns);
        let width = |parts: &[(Role, String)]| parts.iter().map(|(_, text)| text.chars().count()).sum::<usize>();
        assert!(rows.iter().all(|row| width(&row.parts) <= columns), "{columns}");
        assert!(rows.iter().any(|row| row.parts.iter().any(|(role, _)| *role == Role::Picture)), "no picture in {columns}");
        // The last cell of every row, which is the text that is wrapped.
        let texts: Vec<&str> = rows.iter().filter_map(|row| row.parts.last()).map(|(_, text)| text.trim()).collect();
        let text = texts.join(" ");
        assert!(!text.contains('…') && ends.iter().all(|end| text.contains(end)), "{columns}: {text}");
    }
}

#[test]
fn a_search_without_a_match_says_so_and_enter_does_nothing() {
    let mut pilot = searching("qqqq");
    assert!(pilot.screen().iter().any(|row| row.contains("no command, no word and no topic holds 'qqqq'")));
    pilot.press("enter");
    assert!(matches!(pilot.state.overlay, Some(Overlay::Help(_))));
}

#[test]
fn enter_on_a_word_opens_its_topic_and_esc_goes_back_to_the_search() {
    let mut pilot = searching("s.e.");
    pilot.press("enter G");
    let Some(Overlay::Topic(page)) = &pilot.state.overlay else { panic!("no topic is open") };
    let (lines, above, below) = visible(page, pilot.state.size(), 1);
    assert!(page.topic.name == "numbers" && above > 0 && below == 0 && !lines.is_empty());
    pilot.press("esc");
    let Some(Overlay::Help(list)) = &pilot.state.overlay else { panic!("the help is closed") };
    assert_eq!(list.input.value(), "s.e.");
    pilot.press("esc");
    assert!(pilot.state.overlay.is_none());
}

#[test]
fn pages_turn_by_every_key_that_turns_pages_elsewhere() {
    let top = |pilot: &Pilot| match &pilot.state.overlay {
        Some(Overlay::Topic(page)) => page.top,
        Some(Overlay::Help(list)) => list.cursor,
        _ => panic!("the help is closed"),
    };
    for open in ["?", "? n u m b e r s enter"] {
        let mut pilot = Pilot::study();
        pilot.press(open);
        for (down, up) in [("pagedown", "pageup"), ("ctrl-f", "ctrl-b")] {
            pilot.press(down);
            assert!(top(&pilot) > 0, "{open} {down}");
            pilot.press(up);
            assert_eq!(top(&pilot), 0, "{open} {up}");
        }
        pilot.press("ctrl-d");
        assert!(top(&pilot) > 0, "{open}");
    }
}

#[test]
fn every_topic_can_be_opened_and_scrolled_to_its_end_at_any_size() {
    for (width, height) in [(60, 16), (70, 20), (120, 40), (240, 60)] {
        for topic in TOPICS {
            let mut pilot = Pilot::study();
            pilot.resize(width, height);
            pilot.press("? end");
            let last = TOPICS.len() - 1;
            let up = last - TOPICS.iter().position(|other| other.name == topic.name).unwrap();
            (0..up).for_each(|_| {
                pilot.press("up");
            });
            pilot.press("enter");
            assert!(pilot.screen()[0].contains(&format!("manual: {}", topic.name)), "{}", topic.name);
            pilot.press("end");
            assert!(!pilot.screen().iter().any(|row| row.contains("↓ more")));
        }
    }
}
