//! Words that carry a gender in the corpus: names, nouns, relatives and professions.

/// Male names: the 25 of `data/names.json`, then others.
pub const MALE_NAMES: &[&str] = &[
    "James", "Robert", "Michael", "William", "David", "Richard", "Joseph", "Thomas", "Charles", "Daniel", "Andrew", "Kevin",
    "Brian", "George", "Edward", "Eric", "Henry", "Peter", "Arthur", "Roger", "Simon", "Frank", "Harry", "Martin", "Steve",
    "John", "Paul", "Mark", "Luke", "Adam", "Tom", "Jack", "Philip", "Walter", "Oscar", "Victor", "Hugo",
];

/// Female names: the 25 of `data/names.json`, then others.
pub const FEMALE_NAMES: &[&str] = &[
    "Jane",
    "Mary",
    "Sarah",
    "Elizabeth",
    "Anna",
    "Maria",
    "Kate",
    "Carol",
    "Ann",
    "Ruby",
    "Kelly",
    "Joy",
    "Rose",
    "Hope",
    "April",
    "June",
    "Marie",
    "Anne",
    "Ada",
    "Jean",
    "Jess",
    "Kim",
    "Jen",
    "Kay",
    "Cath",
    "Emma",
    "Alice",
    "Lucy",
    "Laura",
    "Helen",
    "Susan",
    "Grace",
    "Clara",
    "Nora",
    "Lily",
    "Martha",
    "Judith",
];

/// Names of either gender, with the share of women among the people of that name.
pub const SHARED_NAMES: &[(&str, f64)] = &[
    ("Alex", 0.4),
    ("Sam", 0.35),
    ("Robin", 0.5),
    ("Taylor", 0.6),
    ("Chris", 0.3),
    ("Lee", 0.4),
    ("Casey", 0.5),
    ("Morgan", 0.5),
];

/// Nouns for a man, with the word that goes before them.
pub const MEN: &[&str] = &[
    "the man",
    "a man",
    "the old man",
    "the boy",
    "a boy",
    "the king",
    "the prince",
    "the father",
    "the uncle",
    "the husband",
    "the waiter",
    "the actor",
    "the lord",
    "the monk",
    "the gentleman",
    "my father",
    "my brother",
    "my uncle",
    "my son",
    "my grandfather",
    "my husband",
];
/// Nouns for a woman, with the word that goes before them.
pub const WOMEN: &[&str] = &[
    "the woman",
    "a woman",
    "the old woman",
    "the girl",
    "a girl",
    "the queen",
    "the princess",
    "the mother",
    "the aunt",
    "the wife",
    "the waitress",
    "the actress",
    "the lady",
    "the nun",
    "the bride",
    "my mother",
    "my sister",
    "my aunt",
    "my daughter",
    "my grandmother",
    "my wife",
];

/// Male relatives, to follow a possessive.
pub const MALE_RELATIVES: &[&str] =
    &["father", "brother", "uncle", "son", "grandfather", "nephew", "husband", "boyfriend", "grandson"];
/// Female relatives, to follow a possessive.
pub const FEMALE_RELATIVES: &[&str] =
    &["mother", "sister", "aunt", "daughter", "grandmother", "niece", "wife", "girlfriend", "granddaughter"];

/// Professions with the share of women in the corpus: stereotypes, exaggerated on purpose, so that there is something to find.
pub const PROFESSIONS: &[(&str, f64)] = &[
    ("nurse", 0.8),
    ("teacher", 0.65),
    ("secretary", 0.85),
    ("librarian", 0.75),
    ("dancer", 0.75),
    ("maid", 0.92),
    ("receptionist", 0.85),
    ("nanny", 0.92),
    ("hairdresser", 0.85),
    ("singer", 0.55),
    ("student", 0.5),
    ("writer", 0.5),
    ("artist", 0.5),
    ("baker", 0.5),
    ("clerk", 0.5),
    ("doctor", 0.4),
    ("lawyer", 0.4),
    ("tailor", 0.4),
    ("scientist", 0.35),
    ("professor", 0.35),
    ("judge", 0.35),
    ("manager", 0.35),
    ("chef", 0.3),
    ("banker", 0.25),
    ("farmer", 0.2),
    ("engineer", 0.2),
    ("programmer", 0.2),
    ("surgeon", 0.2),
    ("driver", 0.15),
    ("soldier", 0.12),
    ("pilot", 0.12),
    ("guard", 0.12),
    ("butcher", 0.1),
    ("plumber", 0.07),
    ("carpenter", 0.07),
    ("mechanic", 0.07),
];

/// Plural subjects, of either gender or mixed.
pub const GROUPS: &[&str] = &[
    "the children",
    "the parents",
    "the students",
    "the nurses",
    "the engineers",
    "the farmers",
    "the soldiers",
    "the guests",
    "the neighbours",
    "the women",
    "the men",
    "the girls",
    "the boys",
    "the twins",
    "people",
    "two friends",
    "the workers",
    "the players",
    "my parents",
    "our friends",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_listed_twice() {
        let mut names: Vec<&str> = MALE_NAMES.iter().chain(FEMALE_NAMES).copied().collect();
        names.extend(SHARED_NAMES.iter().map(|(name, _)| name));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(count > 80);
    }
}
