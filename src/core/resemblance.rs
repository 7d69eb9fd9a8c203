//! Names that look like another one with a slip of the keyboard.

/// Shorter names differ too little from one another.
const SHORTEST: usize = 5;

/// Names shorter than this resemble others at one slip, longer ones at two.
const SHORT: usize = 8;

/// The one of `known` that `name` looks like without being one of them; None if there is none.
pub fn resembled<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut found = None;
    for other in known {
        match slips(name, other) {
            0 => return None,
            slips if other.len() < SHORTEST || slips > if other.len() < SHORT { 1 } else { 2 } => {}
            slips if found.is_none_or(|(least, _)| slips < least) => found = Some((slips, other)),
            _ => {}
        }
    }
    found.map(|(_, other)| other)
}

/// The number of letters that are missing, too many, others, or exchanged with their neighbours (optimal string alignment); more than the
/// length that they differ by if that is more than two.
fn slips(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len().abs_diff(other.len()) > 2 {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for row in 1..=one.len() {
        let mut next = vec![row; other.len() + 1];
        for column in 1..=other.len() {
            let differs = usize::from(one[row - 1] != other[column - 1]);
            next[column] = (last[column - 1] + differs).min(last[column] + 1).min(next[column - 1] + 1);
            let exchanged = row > 1 && column > 1 && one[row - 1] == other[column - 2] && one[row - 2] == other[column - 1];
            if exchanged {
                next[column] = next[column].min(before[column - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, next);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_keyboard_are_seen_and_other_names_are_not() {
        let known = ["rope_theta", "rope_scaling", "head_dim", "k", "d_in"];
        for (name, like) in [
            ("rope_thetta", Some("rope_theta")),
            ("rope_tehta", Some("rope_theta")),
            ("ropetheta", Some("rope_theta")),
            ("rope_scalling", Some("rope_scaling")),
            ("head_dmi", Some("head_dim")),
            ("rope_theta", None),
            ("rope_type", None),
            ("d_im", None),
            ("", None),
        ] {
            assert_eq!(resembled(name, known), like, "{name}");
        }
    }
}
