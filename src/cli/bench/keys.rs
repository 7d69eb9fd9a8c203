//! The keys that the benchmark presses: a seeded mix of the actions of a user in a long table.
//!
//! Keys arrive 8 to 32 milliseconds apart, whether or not the frame of the last one is drawn: about as fast as a held key
//! repeats, and faster than anyone types. Complete habits are drawn, not single keys: a filter is typed letter by letter,
//! looked at and dropped again; a sort order is chosen with two keys and undone. So every key finds the explorer in a state in
//! which users press it.

use std::time::Duration;

use super::SEED;
use crate::app::key::Key;
use crate::core::problem::{Problem, Result};
use crate::engine::random::Random;
use crate::term::bench::Press;

/// A sequence of keys with one purpose.
struct Habit {
    /// The name of these keys in the report.
    kind: &'static str,
    /// How often the habit is drawn, relative to the others.
    weight: usize,
    /// The possible key sequences, one of which is chosen at random. `N*key` is the key N times.
    variants: &'static [&'static str],
}

/// The habits of a user.
const HABITS: [Habit; 12] = [
    Habit { kind: "line", weight: 10, variants: &["12*j", "8*k", "6*j 2*k", "20*down"] },
    Habit { kind: "page", weight: 6, variants: &["4*pagedown", "3*pageup", "3*ctrl-d 1*ctrl-u"] },
    Habit { kind: "end", weight: 3, variants: &["G g", "G 2*k g"] },
    Habit { kind: "view", weight: 4, variants: &["1 j", "2 2*j", "3 k", "2 k 3 k 1 k"] },
    Habit { kind: "comparison", weight: 1, variants: &["4 4*j 1 j", "5 2*pagedown 1 j"] },
    Habit { kind: "sort", weight: 3, variants: &["s e 3*j s #", "s f 3*j s #", "s s 2*j s #", "s 2 G g s #"] },
    Habit { kind: "threshold", weight: 2, variants: &["t ctrl-u 0 . 0 0 1 enter 4*j t ctrl-u 0 enter", "t ctrl-u 0 . 1 esc"] },
    Habit {
        kind: "filter",
        weight: 3,
        variants: &["/ e f f e c t > 0 . 2 enter 3*j 2*n N esc", "/ r e s enter 3*j 2*n esc", "/ r e s esc"],
    },
    Habit { kind: "mark", weight: 2, variants: &["3*space 2*j 2*space c", "space j space k c"] },
    Habit { kind: "tag", weight: 2, variants: &["m p j m w u u", "m x u", "2*space m n c u"] },
    Habit {
        kind: "pane",
        weight: 3,
        variants: &["tab 3*j 2*k tab 2*j 2*k 2*tab tab tab", "backtab 2*j g tab", "enter 2*j enter"],
    },
    Habit { kind: "heat map", weight: 1, variants: &["H H", "H 2*j H"] },
];

/// Shortest and longest time between two keys, in microseconds.
const PAUSE: (usize, usize) = (8_000, 32_000);

/// Draws `count` key presses.
pub fn presses(count: usize) -> Result<Vec<Press>> {
    let mut random = Random::new(SEED, "keys");
    let mut presses = Vec::with_capacity(count);
    while presses.len() < count {
        let habit = draw(&mut random);
        let variant = habit.variants[random.below(habit.variants.len())];
        for key in keys(variant)? {
            let pause = Duration::from_micros((PAUSE.0 + random.below(PAUSE.1 - PAUSE.0)) as u64);
            presses.push(Press { kind: habit.kind, key, pause });
        }
    }
    presses.truncate(count);
    Ok(presses)
}

fn draw(random: &mut Random) -> &'static Habit {
    let mut rest = random.below(HABITS.iter().map(|habit| habit.weight).sum());
    for habit in &HABITS {
        match rest.checked_sub(habit.weight) {
            Some(less) => rest = less,
            None => return habit,
        }
    }
    &HABITS[0]
}

fn keys(variant: &str) -> Result<Vec<Key>> {
    let mut keys = Vec::new();
    for word in variant.split(' ') {
        let (times, name) = word.split_once('*').map_or((1, word), |(times, name)| (times.parse().unwrap_or(1), name));
        let key: Key = name.parse().map_err(|what: String| Problem::new("bench", what, "correct the list of habits"))?;
        keys.extend(std::iter::repeat_n(key, times));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_repeat_and_every_habit_is_there() {
        let pressed = |count| presses(count).unwrap();
        assert_eq!(pressed(3000).len(), 3000);
        assert_eq!(pressed(3000)[..100], pressed(100));
        for habit in &HABITS {
            assert!(pressed(3000).iter().any(|press| press.kind == habit.kind), "{}", habit.kind);
        }
    }
}
