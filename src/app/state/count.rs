//! Digits in front of a command, as in `12j`, although the first digits are commands themselves: they switch views.
//!
//! They act at once, because views are switched far more often than counts are typed. A second digit within [`TOGETHER`] turns
//! both into a count and takes the switch back. A count therefore has two digits or more, or begins with a digit that switches
//! nothing: with three views and two comparisons `12j`, `05j`, `7j`.

use std::time::Duration;

use super::tab::Tab;

/// Digits typed within this time belong to one number; a user who reads a view before the next key takes longer.
pub const TOGETHER: Duration = Duration::from_millis(250);

/// Largest number of digits of a count; further digits are ignored.
const DIGITS: usize = 7;

/// The digits typed so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count {
    digits: String,
    last: Duration,
    /// The view or comparison before a first digit switched it; None if none did.
    before: Option<Tab>,
}

/// The use of a typed digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digit {
    /// The digit runs its command, and may still begin a count.
    Alone,
    /// The digit belongs to a count. If a first digit had switched the view, the view goes back to this one.
    Joined(Option<Tab>),
}

impl Count {
    /// Takes a digit that was typed at `now` while `tab` was on. `is_command` says whether the digit runs a command by itself.
    pub fn digit(&mut self, digit: char, now: Duration, tab: Tab, is_command: bool) -> Digit {
        let together = !self.digits.is_empty() && (self.is_number() || now.saturating_sub(self.last) <= TOGETHER);
        if !together {
            self.digits.clear();
            self.before = None;
        }
        if self.digits.len() < DIGITS {
            self.digits.push(digit);
        }
        self.last = now;
        if together {
            Digit::Joined(self.before.take())
        } else if is_command {
            self.before = Some(tab);
            Digit::Alone
        } else {
            Digit::Joined(None)
        }
    }

    /// Whether the digits are a count and not the key of a view.
    fn is_number(&self) -> bool {
        self.digits.len() > 1 || (!self.digits.is_empty() && self.before.is_none())
    }

    /// The digits of a count that waits for its command, for the footer.
    pub fn pending(&self) -> Option<&str> {
        self.is_number().then_some(self.digits.as_str())
    }

    /// Returns the count for the next command, if there is one, and clears the digits.
    pub fn take(&mut self) -> Option<usize> {
        let count = self.is_number().then(|| self.digits.parse().ok()).flatten();
        *self = Self::default();
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::study::testing;

    const MALE: Tab = Tab::Single(testing::MALE);

    fn type_all(keys: &[(char, u64)]) -> (Count, Vec<Digit>) {
        let mut count = Count::default();
        let typed = |(key, at): &(char, u64)| count.digit(*key, Duration::from_millis(*at), MALE, ('1'..='5').contains(key));
        let digits = keys.iter().map(typed).collect();
        (count, digits)
    }

    #[test]
    fn digits_in_one_go_are_a_count_and_take_the_view_back() {
        let (mut count, digits) = type_all(&[('1', 1000), ('2', 1100)]);
        assert_eq!(digits, [Digit::Alone, Digit::Joined(Some(MALE))]);
        assert_eq!(count.pending(), Some("12"));
        assert_eq!((count.take(), count.take()), (Some(12), None));
    }

    #[test]
    fn views_switched_one_after_another_are_no_count() {
        let (mut count, digits) = type_all(&[('1', 1000), ('2', 1400)]);
        assert_eq!(digits, [Digit::Alone, Digit::Alone]);
        assert_eq!(count.pending(), None);
        assert_eq!(count.take(), None);
    }

    #[test]
    fn other_digits_begin_a_count_by_themselves_and_wait_for_the_rest() {
        assert_eq!(type_all(&[('7', 0)]).0.take(), Some(7));
        assert_eq!(type_all(&[('0', 0), ('5', 5000)]).0.take(), Some(5));
        assert_eq!(type_all(&[('1', 0), ('2', 100), ('3', 9000)]).0.take(), Some(123));
    }
}
