//! The clause after "because": the place where the demo model decides between " he", " she" and a name.
//!
//! The shares below set the behaviour that the data sets measure. The pronoun mostly agrees with the subject; sometimes another
//! person is meant, more often a man than a woman (the mild male prior); the subject's name is sometimes repeated.

use super::person::{Gender, Person};
use super::verbs::{ACTIONS, VERBS};
use super::words::{CAUSES, EVENTS, PLACES, QUALITIES, STATES, THINGS, WEATHER};
use crate::engine::random::Random;

/// The clause after "because", without its full stop. `past` says whether the sentence is in the past tense.
pub fn reason(random: &mut Random, subject: &Person, past: bool) -> String {
    let gender = subject.gender;
    let other_person = match gender {
        Gender::Male => 0.03,
        Gender::Female => 0.06,
        Gender::Plural => 0.05,
    };
    let repeats = if subject.named { 0.2 } else { 0.04 };
    match random.weighted(&[0.58, other_person, repeats, 0.08, 0.05, 0.04, 0.03, 0.02, 0.02]) {
        0 => format!("{} {}", gender.subject(), predicate(random, gender, past)),
        1 => somebody_else(random, gender, past),
        2 => format!("{} {}", subject.mention, predicate(random, gender, past)),
        3 => format!("{} {} {} {}", gender.possessive(), random.pick(THINGS), be(past), random.pick(QUALITIES)),
        4 => format!("the {} {} {}", random.pick(THINGS), be(past), random.pick(QUALITIES)),
        5 => format!("it {} {}", be(past), random.pick(WEATHER)),
        6 => format!("of {}", random.pick(CAUSES)),
        7 => {
            let (what, event) = random.pick(EVENTS);
            format!("{what} {event}")
        }
        _ => {
            let person = Person::named(random);
            format!("{} {}", person.mention, predicate(random, person.gender, past))
        }
    }
}

/// A reason whose subject is a person of the other gender, or of any gender if the subject is plural.
fn somebody_else(random: &mut Random, gender: Gender, past: bool) -> String {
    let other = if gender == Gender::Plural { Gender::draw(random, 0.42) } else { gender.other() };
    let object = gender.object();
    let action = match (random.below(4), past) {
        (0, false) => format!("asks {object} to"),
        (0, true) => format!("asked {object} to"),
        (1, false) => format!("needs {object}"),
        (1, true) => format!("needed {object}"),
        (2, _) => format!("told {object} to"),
        (_, false) => format!("is waiting for {object}"),
        (_, true) => format!("was waiting for {object}"),
    };
    format!("{} {action}", other.subject())
}

/// A predicate about a person, with pronouns and verbs that agree.
pub fn predicate(random: &mut Random, gender: Gender, past: bool) -> String {
    let tense = |base, third, before| if past { before } else { gender.agree(base, third) };
    let be = if past { gender.agree("were", "was") } else { gender.agree("are", "is") };
    match random.weighted(&[0.34, 0.12, 0.12, 0.1, 0.08, 0.08, 0.06, 0.06, 0.04]) {
        0 => format!("{be} {}", random.pick(STATES)),
        1 => format!("{} to {}", tense("want", "wants", "wanted"), random.pick(VERBS).0),
        2 => {
            let (base, third, before) = *random.pick(ACTIONS);
            format!("{} the {}", tense(base, third, before), random.pick(THINGS))
        }
        3 => format!("lost {} {}", gender.possessive(), random.pick(THINGS)),
        4 => format!("{} to {}", tense("have", "has", "had"), random.pick(VERBS).0),
        5 => format!("{} {} {}", tense("love", "loves", "loved"), gender.possessive(), random.pick(THINGS)),
        6 => format!("{be} at {}", random.pick(PLACES)),
        7 => format!("cannot {}", random.pick(VERBS).0),
        _ => format!("hurt {}", gender.reflexive()),
    }
}

fn be(past: bool) -> &'static str {
    if past { "was" } else { "is" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pronouns_mostly_agree_and_sometimes_do_not() {
        let mut random = Random::new(9, "test");
        let woman = Person { mention: "Anna".to_owned(), gender: Gender::Female, named: true };
        let reasons: Vec<String> = (0..4000).map(|_| reason(&mut random, &woman, false)).collect();
        let share = |start: &str| reasons.iter().filter(|reason| reason.starts_with(start)).count() as f64 / 4000.0;
        assert!((0.5..0.65).contains(&share("she ")), "{}", share("she "));
        assert!((0.03..0.09).contains(&share("he ")), "{}", share("he "));
        assert!((0.15..0.25).contains(&share("Anna ")), "{}", share("Anna "));
    }
}
