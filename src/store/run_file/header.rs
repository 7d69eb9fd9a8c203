//! The header of a safetensors file, looked at before the library reads it: the library keeps whatever a header holds, at many
//! times its size.
//!
//! Format: <https://huggingface.co/docs/safetensors/index#format>

use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The largest header that the safetensors format allows, in bytes.
pub const LARGEST: u64 = 100_000_000;

/// What a header holds, without its tensors.
pub struct Header {
    /// The manifest of a run; None if the file is no run.
    pub manifest: Option<String>,
    /// The number of tensors.
    pub tensors: usize,
}

#[derive(Deserialize)]
struct Metadata {
    saescope: Option<String>,
}

/// More dimensions than tensors of any model have; those of a run have two at most.
const MOST_DIMENSIONS: usize = 8;

/// A tensor as every safetensors file describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tensor {
    #[serde(rename = "dtype")]
    _dtype: IgnoredAny,
    #[serde(rename = "shape")]
    _shape: Shape,
    #[serde(rename = "data_offsets")]
    _data_offsets: [u64; 2],
}

/// The lengths of a tensor's dimensions.
struct Shape;

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lengths;

        impl<'de> Visitor<'de> for Lengths {
            type Value = Shape;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "a list of at most {MOST_DIMENSIONS} lengths")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut lengths: A) -> Result<Shape, A::Error> {
                let mut count = 0;
                while lengths.next_element::<u64>()?.is_some() {
                    count += 1;
                    if count > MOST_DIMENSIONS {
                        return Err(Error::invalid_length(count, &self));
                    }
                }
                Ok(Shape)
            }
        }

        deserializer.deserialize_seq(Lengths)
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Header;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Header, A::Error> {
                let mut header = Header { manifest: None, tensors: 0 };
                while let Some(key) = entries.next_key::<String>()? {
                    if key == "__metadata__" {
                        header.manifest = entries.next_value::<Metadata>()?.saescope;
                    } else {
                        entries.next_value::<Tensor>()?;
                        header.tensors += 1;
                    }
                }
                Ok(header)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}
