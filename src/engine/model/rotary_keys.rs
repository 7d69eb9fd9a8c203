//! The rotary settings of a configuration, in the forms of transformers 4 and 5.

use super::config::{Family, RotaryScaling};
use super::keys::Keys;
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::json::Fields;

/// Keys that may stand in an object with rotary settings.
const ROTARY: [&str; 8] = [
    "rope_type",
    "type",
    "rope_theta",
    "partial_rotary_factor",
    "factor",
    "low_freq_factor",
    "high_freq_factor",
    "original_max_position_embeddings",
];

/// The rotary settings of a model.
pub struct Rotary {
    /// Dimensions of each head that are rotated.
    pub width: usize,
    /// Base of the frequencies.
    pub base: f64,
    /// Llama 3's change of the frequencies.
    pub scaling: Option<RotaryScaling>,
}

/// The rotary type of an object with rotary settings, which older versions of transformers call `type`.
fn rotary_type(object: Fields<'_>) -> Result<&str> {
    match (object.text("rope_type")?, object.text("type")?) {
        (Some(new), Some(old)) if new != old => {
            let what = format!("says rope_type \"{}\", but type \"{}\"", excerpt(new, 40), excerpt(old, 40));
            Err(Problem::new(object.file, what, "both mean the same: use the config.json that belongs to the weights"))
        }
        (new, old) => Ok(new.or(old).unwrap_or("default")),
    }
}

impl<'a> Keys<'a> {
    /// The rotary settings of heads of width `head_width`, of which the share `otherwise` is rotated if the file states none.
    pub fn rotary(&self, head_width: usize, otherwise: f64) -> Result<Rotary> {
        let (top, fields) = (Some(self.fields), self.fields);
        // transformers 5 writes the rotary settings into an object.
        let [parameters, scaling] = [fields.object("rope_parameters")?, fields.object("rope_scaling")?];
        let scaling = scaling.filter(|scaling| !scaling.object.is_empty());
        for (object, key) in [(parameters, "rope_parameters"), (scaling, "rope_scaling")] {
            self.expect_rotary_keys(object, key)?;
        }
        let share = self.agreed(&[
            (top, "rotary_pct"),
            (top, "partial_rotary_factor"),
            (parameters, "partial_rotary_factor"),
            (scaling, "partial_rotary_factor"),
        ])?;
        let share = share.unwrap_or(otherwise);
        let width = (head_width as f64 * share) as usize;
        if !(0.0..=1.0).contains(&share) || !width.is_multiple_of(2) {
            return Err(Problem::new(
                self.fields.file,
                format_args!("rotary_pct {share} rotates {width} of {head_width} dimensions"),
                "the number of rotated dimensions must be even and at most the head's width",
            ));
        }
        let names = [(top, "rotary_emb_base"), (top, "rope_theta"), (parameters, "rope_theta"), (scaling, "rope_theta")];
        let base = self.agreed(&names)?;
        let is_there = |(fields, key): &(Option<Fields<'_>>, &str)| fields.is_some_and(|fields| fields.object.contains_key(*key));
        let name = names.into_iter().find(is_there).map_or("rope_theta", |(_, key)| key);
        let base = self.expect_positive(name, base.unwrap_or(10_000.0))?;
        let [one, other] = [parameters, scaling].map(|object| object.map(rotary_type).transpose());
        let scaled = match (one?, other?) {
            (Some(one), Some(other)) if one != other => {
                let what = format!("rope_parameters says the type {one}, but rope_scaling says {other}");
                return Err(Problem::new(self.fields.file, what, "use the config.json that belongs to the weights"));
            }
            (Some("llama3"), _) | (_, Some("llama3")) => Some(self.scaling([parameters, scaling])?),
            _ => None,
        };
        Ok(Rotary { width, base, scaling: scaled })
    }

    /// The settings of the rotary type "llama3", of which the form of transformers 4 and that of transformers 5 must agree.
    fn scaling(&self, objects: [Option<Fields<'a>>; 2]) -> Result<RotaryScaling> {
        let number = |key: &'static str| {
            let value = self.agreed(&objects.map(|object| (object, key)))?;
            let value = value.ok_or_else(|| {
                let what = format!("rope_type \"llama3\" has no {key}");
                Problem::new(self.fields.file, what, "use the config.json that belongs to the weights")
            })?;
            self.expect_positive(key, value)
        };
        let scaling = RotaryScaling {
            factor: number("factor")?,
            low_frequency_factor: number("low_freq_factor")?,
            high_frequency_factor: number("high_freq_factor")?,
            old_context: number("original_max_position_embeddings")?,
        };
        if scaling.high_frequency_factor <= scaling.low_frequency_factor {
            let what = format!(
                "high_freq_factor {} is not above low_freq_factor {}",
                scaling.high_frequency_factor, scaling.low_frequency_factor
            );
            return Err(Problem::new(self.fields.file, what, "use the config.json that belongs to the weights"));
        }
        Ok(scaling)
    }

    fn expect_rotary_keys(&self, object: Option<Fields<'a>>, key: &str) -> Result<()> {
        let Some(object) = object else { return Ok(()) };
        let supported: &[&str] = if self.family == Family::Llama { &["default", "llama3"] } else { &["default"] };
        let kind = rotary_type(object)?;
        if !supported.contains(&kind) {
            let what = format!("rope_type \"{}\" of {key} is not supported", excerpt(kind, 40));
            return Err(Problem::new(self.fields.file, what, format_args!("supported: {}", supported.join(", "))));
        }
        let allowed = if kind == "default" { &ROTARY[..4] } else { &ROTARY[..] };
        if object.object.keys().any(|key| !allowed.contains(&key.as_str())) {
            return Err(self.unsupported(key, &format!("an object with {}", allowed.join(", "))));
        }
        Ok(())
    }
}
