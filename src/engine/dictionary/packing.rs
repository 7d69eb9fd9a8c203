//! How the entries of a zip are packed: programs take more ways than those that are read.

use zip::CompressionMethod;

/// Ways of packing in zips that are not read.
const OTHER_PACKINGS: [(CompressionMethod, &str); 6] = [
    (CompressionMethod::BZIP2, "bzip2"),
    (CompressionMethod::LZMA, "LZMA"),
    (CompressionMethod::ZSTD, "Zstandard"),
    (CompressionMethod::XZ, "xz"),
    (CompressionMethod::DEFLATE64, "Deflate64"),
    (CompressionMethod::PPMD, "PPMd"),
];

/// How an entry of a zip is packed, if in a way that is not read.
pub fn other_packing(method: CompressionMethod) -> Option<&'static str> {
    let is_read = [CompressionMethod::Stored, CompressionMethod::Deflated].contains(&method);
    let named = OTHER_PACKINGS.iter().find(|(other, _)| *other == method).map(|(_, name)| *name);
    (!is_read).then(|| named.unwrap_or("another method than zip programs use"))
}
