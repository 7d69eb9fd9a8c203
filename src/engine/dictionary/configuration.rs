//! The configuration beside a dictionary's weights: one JSON object whose keys are all accounted for.

use std::path::Path;

use serde_json::{Map, Value};

use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::hash::sha256_hex;
use crate::engine::json::{Fields, object};
use crate::engine::tensor_file::TensorFile;
use crate::files::whole::{CONFIGURATION, read};

/// The key by which a user gives the constant `s_in` that some formats leave out; SAELens's list of releases calls it so, too.
pub const FACTOR: &str = "norm_scaling_factor";

/// A configuration that was read.
pub struct Configuration {
    text: Vec<u8>,
    name: String,
    object: Map<String, Value>,
}

impl Configuration {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self> {
        let (text, name) = (read(path, CONFIGURATION)?, path.display().to_string());
        let object =
            object(&text).map_err(|what| Problem::new(&name, &what, what.remedy("use the file that came with the weights")))?;
        Ok(Self { text, name, object })
    }

    /// The keys and values.
    pub fn fields(&self) -> Fields<'_> {
        Fields { object: &self.object, file: &self.name }
    }

    /// SHA-256 of the file.
    pub fn sha256(&self) -> String {
        sha256_hex(&self.text)
    }
}

/// Whether activations can be multiplied by `factor` and divided by it again.
pub fn is_factor(factor: f32) -> bool {
    factor > 0.0 && factor.is_finite() && (1.0 / factor).is_finite()
}

/// The constant that a user gave by [`FACTOR`], a positive number.
pub fn given_factor(fields: Fields<'_>) -> Result<Option<f32>> {
    let factor = fields.number(FACTOR)?.map(|factor| factor as f32);
    match factor {
        Some(factor) if !is_factor(factor) => Err(fields.wrong(FACTOR, "a positive number")),
        _ => Ok(factor),
    }
}

/// The constant of a dictionary whose files leave it out: an error unless a user gave it. `what` says which key asks for it.
pub fn required_factor(fields: Fields<'_>, what: &str) -> Result<f32> {
    given_factor(fields)?.ok_or_else(|| {
        Problem::new(
            fields.file,
            format_args!("{what}, but the factor that its activations were multiplied by is not in the files"),
            format_args!(
                "without it all codes are wrong: add it as \"{FACTOR}\", from where the dictionary was published (SAELens keeps it in \
                 its list of releases)"
            ),
        )
    })
}

/// Fails if the file of weights holds another tensor than `expected`.
pub fn expect_only(weights: &TensorFile, expected: &[&str]) -> Result<()> {
    match weights.names()?.into_iter().find(|name| !expected.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(Problem::new(
            weights.name(),
            format_args!("holds the unexpected tensor '{}': a parameter of another architecture", excerpt(&name, 60)),
            format_args!("expected: {}", expected.join(", ")),
        )),
    }
}
