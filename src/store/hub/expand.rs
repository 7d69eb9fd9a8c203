//! Paths in environment variables, expanded as Python's huggingface_hub does: `expandvars(expanduser(path))` of `os.path`. Files
//! of settings, as of Docker and systemd, hand `~` and `$NAME` on as they are written.
//!
//! <https://docs.python.org/3/library/os.path.html#os.path.expanduser>

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::store::folders;

/// What a path is expanded with.
pub struct Surroundings<'a> {
    /// The value of an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The home folder of the user of this name, or of the current user for None.
    pub home: &'a dyn Fn(Option<&str>) -> Option<PathBuf>,
}

/// `path` with `~`, `~user`, `$NAME` and `${NAME}` expanded. What is not known stays as it is, and so does a path that is not
/// UTF-8.
pub fn expanded(path: &OsStr, surroundings: &Surroundings<'_>) -> PathBuf {
    let with_home = path.to_str().map_or_else(|| path.to_owned(), |path| with_home(path, surroundings));
    PathBuf::from(with_home.to_str().map_or_else(|| with_home.clone(), |path| with_variables(path, surroundings)))
}

fn with_home(path: &str, surroundings: &Surroundings<'_>) -> OsString {
    let Some(after) = path.strip_prefix('~') else { return path.into() };
    let user = after.split('/').next().unwrap_or_default();
    let Some(home) = (surroundings.home)(Some(user).filter(|user| !user.is_empty())) else { return path.into() };
    let mut expanded = home.into_os_string();
    expanded.push(after.strip_prefix(user).unwrap_or_default());
    expanded
}

fn with_variables(path: &str, surroundings: &Surroundings<'_>) -> OsString {
    let mut expanded = OsString::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push(before);
        let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let braced = after.strip_prefix('{').and_then(|braced| braced.split_once('}'));
        let plain = || after.split(|character| !is_part(character)).next().unwrap_or_default();
        let (name, length) = braced.map_or_else(|| (plain(), plain().len()), |(name, _)| (name, name.len() + 2));
        let (written, left) = after.split_at(length);
        match (surroundings.variable)(name).filter(|_| !name.is_empty()) {
            Some(value) => expanded.push(value),
            None => expanded.push(format!("${written}")),
        }
        rest = left;
    }
    expanded.push(rest);
    expanded
}

/// The home folder of the user called `name` by `/etc/passwd`, otherwise of the current user.
pub fn home(name: Option<&str>) -> Option<PathBuf> {
    let Some(name) = name else { return folders::home() };
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(4).map(PathBuf::from))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are what CPython 3.12 gives with HOME=/home/me, A=one, B_2=$A, an empty E, and a user root with /root.
    #[test]
    fn paths_are_expanded_as_python_expands_them() {
        let variable = |name: &str| match name {
            "HOME" => Some("/home/me".into()),
            "A" => Some("one".into()),
            "B_2" => Some("$A".into()),
            "E" => Some("".into()),
            _ => None,
        };
        let home = |name: Option<&str>| match name {
            None => Some("/home/me".into()),
            Some("root") => Some("/root".into()),
            Some(_) => None,
        };
        let surroundings = Surroundings { variable: &variable, home: &home };
        for (path, expected) in [
            ("/plain/path", "/plain/path"),
            ("~", "/home/me"),
            ("~/hf", "/home/me/hf"),
            ("~root/hf", "/root/hf"),
            ("~nobody-here/hf", "~nobody-here/hf"),
            ("/a/~/b", "/a/~/b"),
            ("$HOME/hf", "/home/me/hf"),
            ("${HOME}/hf", "/home/me/hf"),
            ("/x/$A-${A}b/$Ab", "/x/one-oneb/$Ab"),
            ("/x/$B_2", "/x/$A"),
            ("/x/$E/y", "/x//y"),
            ("/x/$UNKNOWN/${UNKNOWN}", "/x/$UNKNOWN/${UNKNOWN}"),
            ("/x/$/${}/${A", "/x/$/${}/${A"),
            ("~/$A/é", "/home/me/one/é"),
        ] {
            assert_eq!(expanded(OsStr::new(path), &surroundings), PathBuf::from(expected), "{path}");
        }
        let nowhere = Surroundings { variable: &|_| None, home: &|_| None };
        assert_eq!(expanded(OsStr::new("~/$HOME"), &nowhere), PathBuf::from("~/$HOME"));
    }
}
