//! The person that a sentence is about: how the person is called, and which pronouns and verb forms agree.

use super::people_words::{FEMALE_NAMES, GROUPS, MALE_NAMES, MEN, PROFESSIONS, SHARED_NAMES, WOMEN};
use crate::engine::random::Random;

/// The gender or number that pronouns agree with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    /// Pronouns he, him, his.
    Male,
    /// Pronouns she, her, hers.
    Female,
    /// Pronouns they, them, their; verbs in their plural form.
    Plural,
}

impl Gender {
    /// Female with the given probability, else male.
    pub fn draw(random: &mut Random, female: f64) -> Self {
        if random.chance(female) { Self::Female } else { Self::Male }
    }

    /// The pronoun as a subject: he, she, they.
    pub fn subject(self) -> &'static str {
        ["he", "she", "they"][self as usize]
    }

    /// The pronoun as an object: him, her, them.
    pub fn object(self) -> &'static str {
        ["him", "her", "them"][self as usize]
    }

    /// The possessive before a noun: his, her, their.
    pub fn possessive(self) -> &'static str {
        ["his", "her", "their"][self as usize]
    }

    /// The possessive on its own: his, hers, theirs.
    pub fn own(self) -> &'static str {
        ["his", "hers", "theirs"][self as usize]
    }

    /// The reflexive pronoun: himself, herself, themselves.
    pub fn reflexive(self) -> &'static str {
        ["himself", "herself", "themselves"][self as usize]
    }

    /// The other gender of a person; a plural stays a plural.
    pub fn other(self) -> Self {
        match self {
            Self::Male => Self::Female,
            Self::Female => Self::Male,
            Self::Plural => Self::Plural,
        }
    }

    /// The verb form that agrees: `base` for a plural, else `third`, the third person present.
    pub fn agree<'a>(self, base: &'a str, third: &'a str) -> &'a str {
        if self == Self::Plural { base } else { third }
    }
}

/// A person or group, as a sentence refers to it.
#[derive(Debug, Clone)]
pub struct Person {
    /// The mention in the middle of a sentence: "Anna", "the nurse", "my brother".
    pub mention: String,
    /// The gender or number that pronouns and verbs agree with.
    pub gender: Gender,
    /// Whether the mention is a first name.
    pub named: bool,
}

impl Person {
    /// A person with a first name; slightly more men, as in most public text.
    pub fn named(random: &mut Random) -> Self {
        let (name, gender) = match random.weighted(&[0.5, 0.43, 0.07]) {
            0 => (*random.pick(MALE_NAMES), Gender::Male),
            1 => (*random.pick(FEMALE_NAMES), Gender::Female),
            _ => {
                let (name, female) = *random.pick(SHARED_NAMES);
                (name, Gender::draw(random, female))
            }
        };
        Self { mention: name.to_owned(), gender, named: true }
    }

    /// A person with a first name of the given gender.
    pub fn named_of(random: &mut Random, gender: Gender) -> Self {
        let names = if gender == Gender::Male { MALE_NAMES } else { FEMALE_NAMES };
        Self { mention: (*random.pick(names)).to_owned(), gender, named: true }
    }

    /// A person with a profession, whose gender follows that profession's share of women.
    pub fn professional(random: &mut Random) -> Self {
        let (profession, female) = *random.pick(PROFESSIONS);
        let article = if random.chance(0.75) { "the" } else { indefinite(profession) };
        Self { mention: format!("{article} {profession}"), gender: Gender::draw(random, female), named: false }
    }

    /// Any person: mostly a name, else a profession, a gendered noun, two people or a group.
    pub fn any(random: &mut Random) -> Self {
        match random.weighted(&[0.58, 0.16, 0.14, 0.06, 0.06]) {
            0 => Self::named(random),
            1 => Self::professional(random),
            2 => {
                let gender = Gender::draw(random, 0.47);
                let nouns = if gender == Gender::Male { MEN } else { WOMEN };
                Self { mention: (*random.pick(nouns)).to_owned(), gender, named: false }
            }
            3 => {
                let (first, second) = (Self::named(random), Self::named(random));
                Self { mention: format!("{} and {}", first.mention, second.mention), gender: Gender::Plural, named: false }
            }
            _ => Self { mention: (*random.pick(GROUPS)).to_owned(), gender: Gender::Plural, named: false },
        }
    }

    /// "is" or "are", to agree with the person.
    pub fn is(&self) -> &'static str {
        self.gender.agree("are", "is")
    }

    /// "was" or "were", to agree with the person.
    pub fn was(&self) -> &'static str {
        self.gender.agree("were", "was")
    }
}

/// The indefinite article before `noun`: "a" or "an".
pub fn indefinite(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// `text` with its first letter in upper case.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_agree() {
        assert_eq!(Gender::Female.own(), "hers");
        assert_eq!(Gender::Plural.agree("run", "runs"), "run");
        assert_eq!(Gender::Male.other(), Gender::Female);
        assert_eq!(capitalised("the nurse"), "The nurse");
        assert_eq!(indefinite("engineer"), "an");
    }

    #[test]
    fn professions_keep_their_skew() {
        let mut random = Random::new(5, "test");
        let (mut nurses, mut women) = (0, 0);
        for _ in 0..60_000 {
            let person = Person::professional(&mut random);
            if person.mention.ends_with("nurse") {
                nurses += 1;
                women += usize::from(person.gender == Gender::Female);
            }
        }
        let share = women as f64 / f64::from(nurses);
        assert!((share - 0.8).abs() < 0.05, "{share}");
    }
}
