//! The file of a picture: reserved before the work begins, written whole or not at all.

use std::ffi::OsStr;
use std::path::Path;

use super::draw;
use super::text::text;
use crate::cli::arguments::PlotFormat;
use crate::core::picture::Picture;
use crate::core::problem::{Problem, Result};
use crate::store::atomic::AtomicFile;
use crate::store::own_file;

/// A file that a picture will be written into.
pub struct PictureFile {
    file: AtomicFile,
    format: PlotFormat,
}

impl PictureFile {
    /// The file at `path`, whose ending says that it is an SVG or a PNG file.
    ///
    /// # Errors
    /// If it says something else, or as for [`PictureFile::with`].
    pub fn reserve(path: &Path) -> Result<Self> {
        match format_of(path) {
            Some(format @ (PlotFormat::Svg | PlotFormat::Png)) => Self::with(path, format),
            _ => Err(Problem::new(path.display(), "has an ending that says no format", "call it .svg or .png")),
        }
    }

    /// The file at `path` for a picture of this format.
    ///
    /// # Errors
    /// If it cannot be written there, or there is a file that is no picture that the program made.
    pub fn with(path: &Path, format: PlotFormat) -> Result<Self> {
        let file = AtomicFile::reserve(path)?;
        let mark = match format {
            PlotFormat::Text => None,
            PlotFormat::Svg | PlotFormat::Png => Some(draw::MARK),
        };
        own_file::expect_replaceable(path, mark, "picture")?;
        Ok(Self { file, format })
    }

    /// Draws `picture` into the file.
    ///
    /// # Errors
    /// If it cannot be drawn, or the file cannot be written.
    pub fn write(self, picture: &Picture) -> Result<()> {
        self.file.commit(&drawn(picture, self.format)?)
    }
}

/// The format that the ending of `path` says.
pub fn format_of(path: &Path) -> Option<PlotFormat> {
    let ending = path.extension().map(OsStr::to_ascii_lowercase)?;
    match ending.to_str()? {
        "svg" => Some(PlotFormat::Svg),
        "png" => Some(PlotFormat::Png),
        "txt" => Some(PlotFormat::Text),
        _ => None,
    }
}

/// The bytes of the file.
pub fn drawn(picture: &Picture, format: PlotFormat) -> Result<Vec<u8>> {
    Ok(match format {
        PlotFormat::Text => text(picture).into_bytes(),
        PlotFormat::Svg => draw::svg(picture)?.into_bytes(),
        PlotFormat::Png => draw::png(picture)?,
    })
}
