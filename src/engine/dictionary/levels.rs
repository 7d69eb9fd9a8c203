//! The objects of one configuration that say the same things on several levels, as one object. Where two levels contradict each other,
//! no order among them is right, so that is refused.

use serde_json::{Map, Value};

use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::json::{Fields, shown};

/// A level: where it stands, in words that follow "says it", and its keys.
pub type Level<'a> = (&'a str, Fields<'a>);

/// How two values of one key are compared: None if both may stand, since nothing is read from them.
pub type Comparison<'a> = &'a dyn Fn(&str, &Value, &Value) -> Option<bool>;

/// All keys of `levels`; a key that is null on one level is taken from another.
///
/// # Errors
/// When two levels say values of a key that do not agree. Both are named.
pub fn merged(levels: &[Level<'_>], agree: Comparison<'_>) -> Result<Map<String, Value>> {
    let mut all = Map::new();
    for (index, (place, fields)) in levels.iter().enumerate() {
        for (key, value) in fields.object {
            let first = levels[..index].iter().find(|(_, before)| before.object.get(key).is_some_and(|value| !value.is_null()));
            match (first, all.get_mut(key)) {
                (Some(_), _) if value.is_null() => {}
                (Some((first_place, first)), Some(known)) => {
                    let at = (*first_place, *place, first.file);
                    merge_value(known, value, &excerpt(key, 60), at, agree)?;
                }
                _ => drop(all.insert(key.clone(), value.clone())),
            }
        }
    }
    Ok(all)
}

/// Adds to `known` what `value` says besides, if both are objects; otherwise they must agree. `at` is where both stand, and the file.
fn merge_value(known: &mut Value, value: &Value, key: &str, at: (&str, &str, &str), agree: Comparison<'_>) -> Result<()> {
    if let (Value::Object(known), Value::Object(value)) = (&mut *known, value) {
        for (part, value) in value {
            match known.get_mut(part) {
                Some(known) if !known.is_null() => {
                    if !value.is_null() {
                        merge_value(known, value, &format!("{key}.{}", excerpt(part, 60)), at, agree)?;
                    }
                }
                _ => drop(known.insert(part.clone(), value.clone())),
            }
        }
        return Ok(());
    }
    if agree(key, known, value) != Some(false) {
        return Ok(());
    }
    let (first, second, file) = at;
    Err(contradiction(file, &format!("{key} {} {first}", shown(known)), &format!("{} {second}", shown(value))))
}

/// The problem that `file` says both `one` and `other`.
pub fn contradiction(file: &str, one: &str, other: &str) -> Problem {
    let remedy = "one of them is wrong: use the configuration that came with the weights";
    Problem::new(file, format_args!("contradicts itself: it says {one}, but {other}"), remedy)
}

/// Whether two values are equal, a number also in another spelling.
pub fn equal(one: &Value, other: &Value) -> bool {
    one == other || one.as_f64().is_some_and(|number| other.as_f64() == Some(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::json::object;

    #[test]
    fn levels_complete_each_other_and_contradictions_name_both_values() {
        let merged = |one: &str, other: &str| {
            let [one, other] = [one, other].map(|text| object(text.as_bytes()).unwrap());
            let level = |object| Fields { object, file: "cfg.json" };
            let agree = |key: &str, one: &Value, other: &Value| (key != "free").then(|| equal(one, other));
            super::merged(&[("at the top level", level(&one)), ("in metadata", level(&other))], &agree).map(Value::from)
        };
        for (one, other, all) in [
            (r#"{"a": 1}"#, r#"{"b": 2}"#, r#"{"a": 1, "b": 2}"#),
            (r#"{"a": null}"#, r#"{"a": 2}"#, r#"{"a": 2}"#),
            (r#"{"a": 2}"#, r#"{"a": null}"#, r#"{"a": 2}"#),
            (r#"{"a": 2, "free": 1}"#, r#"{"a": 2.0, "free": 2}"#, r#"{"a": 2, "free": 1}"#),
            (r#"{"a": {"x": 1, "z": null}}"#, r#"{"a": {"y": 2, "z": 3}}"#, r#"{"a": {"x": 1, "z": 3, "y": 2}}"#),
        ] {
            assert_eq!(merged(one, other).unwrap(), Value::from(object(all.as_bytes()).unwrap()), "{one} {other}");
        }
        for (one, other, says) in [
            (r#"{"a": true}"#, r#"{"a": false}"#, "it says a true at the top level, but false in metadata"),
            (r#"{"a": {"x": 1}}"#, r#"{"a": {"x": 2}}"#, "it says a.x 1 at the top level, but 2 in metadata"),
            (r#"{"a": {"x": 1}}"#, r#"{"a": 3}"#, "it says a {\"x\":1} at the top level, but 3 in metadata"),
        ] {
            let said = merged(one, other).unwrap_err().to_string();
            assert!(said.starts_with("cfg.json: contradicts itself: ") && said.contains(says), "{said}");
        }
    }
}
