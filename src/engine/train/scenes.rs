//! The kinds of documents in the corpus, one function per kind: each draws its people and words and writes one to three
//! sentences.

use super::people_words::{FEMALE_RELATIVES, MALE_RELATIVES, PROFESSIONS};
use super::person::{Gender, Person, capitalised, indefinite};
use super::reasons::{predicate, reason};
use super::verbs::{ACTIONS, VERBS};
use super::words::{CITIES, EVENTS, FOOD, MANNERS, PLACES, QUALITIES, STATES, THINGS, TIMES, WEATHER};
use crate::engine::random::Random;

/// "James waits because he is late."
pub fn cause(random: &mut Random) -> String {
    let person = Person::any(random);
    let past = random.chance(0.25);
    let (base, third, before) = *random.pick(VERBS);
    let verb = if past { before } else { person.gender.agree(base, third) };
    let manner = match random.weighted(&[0.7, 0.15, 0.15]) {
        0 => String::new(),
        1 => format!(" {}", random.pick(MANNERS)),
        _ => format!(" at {}", random.pick(PLACES)),
    };
    let first = format!("{} {verb}{manner} because {}.", person.mention, reason(random, &person, past));
    if random.chance(0.35) { format!("{first} {}", follow_up(random, person.gender, past)) } else { first }
}

/// "Anna is tired because ..." and "Anna wants the car because ...".
pub fn state(random: &mut Random) -> String {
    let person = Person::any(random);
    let past = random.chance(0.4);
    let what = predicate(random, person.gender, past);
    if random.chance(0.6) {
        format!("{} {what} because {}.", person.mention, reason(random, &person, past))
    } else {
        format!("{} {what}. {}", person.mention, follow_up(random, person.gender, past))
    }
}

/// "Anna is a nurse who works in London. She loves her garden."
pub fn occupation(random: &mut Random) -> String {
    let (profession, female) = *random.pick(PROFESSIONS);
    let gender = Gender::draw(random, female);
    let person = Person::named_of(random, gender);
    let article = indefinite(profession);
    let place = if random.chance(0.5) { format!("in {}", random.pick(CITIES)) } else { format!("at {}", random.pick(PLACES)) };
    let first = match random.below(3) {
        0 => format!("{} is {article} {profession} who works {place}.", person.mention),
        1 => format!("{} wants to be {article} {profession}.", person.mention),
        _ => format!("{} works {place} as {article} {profession}.", person.mention),
    };
    format!("{first} {}", follow_up(random, gender, false))
}

/// "On Monday the nurse went to the market with her brother. She bought some bread."
pub fn errand(random: &mut Random) -> String {
    let person = Person::any(random);
    let gender = person.gender;
    let company = match random.below(3) {
        0 => String::new(),
        1 => format!(" with {} {}", gender.possessive(), relative(random)),
        _ => format!(" with {}", Person::named(random).mention),
    };
    let way = if random.chance(0.7) { random.pick(PLACES) } else { random.pick(CITIES) };
    let went = format!("{} {} went to {way}{company}.", random.pick(TIMES), person.mention);
    let subject = capitalised(gender.subject());
    match random.below(3) {
        0 => format!("{went} {subject} bought some {}.", random.pick(FOOD)),
        1 => format!("{went} {subject} bought some {} and a {}.", random.pick(FOOD), random.pick(THINGS)),
        _ => format!("{went} {}", follow_up(random, gender, true)),
    }
}

/// "I am late," said Anna. She took her bag.
pub fn dialogue(random: &mut Random) -> String {
    let person = Person::any(random);
    let gender = person.gender;
    let line = match random.below(5) {
        0 => format!("I am {}", random.pick(STATES)),
        1 => format!("I lost my {}", random.pick(THINGS)),
        2 => format!("Where is my {}", random.pick(THINGS)),
        3 => format!("We have to {}", random.pick(VERBS).0),
        _ => format!("It is {}", random.pick(WEATHER)),
    };
    let question = line.starts_with("Where");
    let (mark, end) = if question { ("?", "?") } else { (",", ".") };
    match random.below(3) {
        0 => format!("\"{line}{mark}\" said {}. {}", person.mention, follow_up(random, gender, true)),
        1 => format!("\"{line}{mark}\" {} said to {}.", gender.subject(), Person::named(random).mention),
        _ => format!("{} said to {} {}, \"{line}{end}\"", person.mention, gender.possessive(), relative(random)),
    }
}

/// "Why does James wait? Because he is late." and "Where is Anna? She is at school."
pub fn question(random: &mut Random) -> String {
    let person = Person::any(random);
    let gender = person.gender;
    let subject = capitalised(gender.subject());
    match random.below(3) {
        0 => {
            let does = gender.agree("do", "does");
            let because = reason(random, &person, false);
            format!("Why {does} {} {}? Because {because}.", person.mention, random.pick(VERBS).0)
        }
        1 => format!("Where {} {}? {subject} {} at {}.", person.is(), person.mention, person.is(), random.pick(PLACES)),
        _ => format!("Who is {}? This is {} {}.", gender.subject(), gender.possessive(), random.pick(THINGS)),
    }
}

/// "James gave Anna his book because she asked for it."
pub fn gift(random: &mut Random) -> String {
    let giver = Person::any(random);
    let taker = Person::named(random);
    let thing = random.pick(THINGS);
    let (from, to) = (giver.gender, taker.gender);
    match random.below(4) {
        0 => format!(
            "{} gave {} {} {thing} because {} asked for it.",
            giver.mention,
            taker.mention,
            from.possessive(),
            to.subject()
        ),
        1 => format!(
            "{} helped {} with {} {thing}. {} thanked {}.",
            giver.mention,
            taker.mention,
            to.possessive(),
            capitalised(to.subject()),
            from.object()
        ),
        2 => format!(
            "{} {} {} and asked {} to {}.",
            giver.mention,
            if random.chance(0.5) { "called" } else { "met" },
            taker.mention,
            to.object(),
            random.pick(VERBS).0
        ),
        _ => format!(
            "{} is with {}. The {thing} is {}.",
            taker.mention,
            to.possessive().to_owned() + " " + relative(random),
            to.own()
        ),
    }
}

/// "The king looked at himself in the mirror."
pub fn alone(random: &mut Random) -> String {
    let person = Person::any(random);
    let (subject, itself) = (&person.mention, person.gender.reflexive());
    match random.below(4) {
        0 => format!("{subject} looked at {itself} in the mirror."),
        1 => format!("{subject} made {itself} some {}.", random.pick(FOOD)),
        2 => format!("{subject} {} at home by {itself}.", person.was()),
        _ => format!("{subject} bought {itself} a {} in {}.", random.pick(THINGS), random.pick(CITIES)),
    }
}

/// "Her husband is a farmer. He works at the farm."
pub fn family(random: &mut Random) -> String {
    let gender = Gender::draw(random, 0.5);
    let of = if random.chance(0.5) {
        format!("{}'s", Person::named(random).mention)
    } else {
        Gender::draw(random, 0.5).possessive().to_owned()
    };
    let relatives = if gender == Gender::Male { MALE_RELATIVES } else { FEMALE_RELATIVES };
    let kin = random.pick(relatives);
    let first = match random.below(3) {
        0 => format!("{of} {kin} is {}.", random.pick(STATES)),
        1 => format!("{of} {kin} lives in {}.", random.pick(CITIES)),
        _ => format!("{} is {of} {kin}.", Person::named_of(random, gender).mention),
    };
    format!("{first} {}", follow_up(random, gender, false))
}

/// "Where is Anna? Anna is at the school." and other documents that repeat a name: they teach the model to carry a name along
/// instead of only its gender, with and without the space before it.
pub fn echo(random: &mut Random) -> String {
    let (person, friend) = (Person::named(random), Person::named(random));
    let (name, other) = (&person.mention, &friend.mention);
    let (_, third, before) = *random.pick(VERBS);
    match random.below(7) {
        0 => format!("Where is {name}? {name} is at {}.", random.pick(PLACES)),
        1 => {
            let state = random.pick(STATES);
            format!("Is {name} {state}? Yes, {name} is {state}.")
        }
        2 => format!("{name} met {other}. {other} asked {name} to {}.", random.pick(VERBS).0),
        3 => format!("{name} {third} and {other} {third}. {other} knows {name}."),
        4 => format!("{name} wrote \"{name}\" on {} {}.", person.gender.possessive(), random.pick(THINGS)),
        5 => format!("\"{name},\" said {other}, \"{name} is {}.\"", random.pick(STATES)),
        _ => format!("{name} {before} {}. {name} {}.", random.pick(MANNERS), predicate(random, person.gender, true)),
    }
}

/// Sentences without a person.
pub fn world(random: &mut Random) -> String {
    let mut event = || {
        let (what, happened) = random.pick(EVENTS);
        match random.below(4) {
            0 => format!("{} {what} {happened}.", random.pick(TIMES)),
            1 => format!("The {} near {} is {}.", random.pick(THINGS), random.pick(PLACES), random.pick(QUALITIES)),
            2 => format!("It was {} in {} because {what} {happened}.", random.pick(WEATHER), random.pick(CITIES)),
            _ => format!("{what} {happened}."),
        }
    };
    let first = event();
    format!("{first} {}", capitalised(&event()))
}

/// A second sentence about the person of the first sentence.
fn follow_up(random: &mut Random, gender: Gender, past: bool) -> String {
    let subject = capitalised(gender.subject());
    match random.weighted(&[0.5, 0.2, 0.15, 0.15]) {
        0 => format!("{subject} {}.", predicate(random, gender, past)),
        1 => {
            let (base, third, before) = *random.pick(ACTIONS);
            let verb = if past { before } else { gender.agree(base, third) };
            format!("{subject} {verb} {} {}.", gender.possessive(), random.pick(THINGS))
        }
        2 => format!("{} {} is {}.", capitalised(gender.possessive()), relative(random), random.pick(STATES)),
        _ => format!("Everybody knows {} in {}.", gender.object(), random.pick(CITIES)),
    }
}

fn relative(random: &mut Random) -> &'static str {
    let relatives = if random.chance(0.5) { MALE_RELATIVES } else { FEMALE_RELATIVES };
    relatives[random.below(relatives.len())]
}
