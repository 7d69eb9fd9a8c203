//! The user's keys replace the defaults, and wrong keys are reported with their lines.

use super::*;
use crate::app::config::Config;

fn command(keymap: &Keymap, key: &str) -> Option<&'static str> {
    keymap.command(key.parse().unwrap()).map(CommandId::name)
}

fn problems(text: &str) -> Vec<String> {
    Config::parse(text, "config.toml").unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn a_named_command_has_only_the_keys_given_and_other_defaults_stay() {
    let text = "[keys]\nthreshold = \"ctrl-t\"\ndown = [\"n\", \"ctrl-n\"]\nmouse = []\n";
    let keymap = Config::parse(text, "config.toml").unwrap().keymap;
    assert_eq!(command(&keymap, "ctrl-t"), Some("threshold"));
    assert_eq!(command(&keymap, "t"), None);
    assert_eq!((command(&keymap, "n"), command(&keymap, "ctrl-n"), command(&keymap, "j")), (Some("down"), Some("down"), None));
    assert_eq!((command(&keymap, "M"), command(&keymap, "T")), (None, Some("top-k")));
    assert_eq!(keymap.keys(commands::find("down").unwrap().id()).map(|key| key.to_string()).collect::<Vec<_>>(), ["n", "ctrl-n"]);
    // `theme` and `next-match` lost their default keys: they stay in the palette, without a key.
    assert_eq!(keymap.lost(), ["theme", "next-match"]);
    assert!(keymap.key(commands::find("theme").unwrap().id()).is_none());
}

#[test]
fn conflicts_and_slips_are_reported_with_their_lines() {
    assert_eq!(
        problems("[keys]\nundo = \"z\"\n\nredo = [\"ctrl-y\", \"z\"]\n"),
        ["config.toml:4: z is given to redo, but line 2 gives it to undo; keep one of the two"]
    );
    assert_eq!(
        problems("[keys]\nfly = \"z\"\nundo = \"zz\"\n"),
        [
            "config.toml:2: 'fly' is not a command; see the names in the help",
            "config.toml:3: 'zz' is not a key; use names such as j, K, space, enter, ctrl-r or f5"
        ]
    );
    assert_eq!(
        problems("theme = \"pink\"\nclipboard = \"pigeon\"\n"),
        [
            "config.toml:1: 'pink' is not a theme; use one of auto, dark, light, 16, mono",
            "config.toml:2: 'pigeon' is not a way to the clipboard; use one of auto, tmux, screen, osc52, local, file"
        ]
    );
    assert!(
        problems("thme = \"dark\"\n")[0].starts_with("config.toml:1: has the key 'thme' where"),
        "{:?}",
        problems("thme = \"dark\"\n")
    );
    assert!(problems("[keys\n")[0].starts_with("config.toml:1"));
}

#[test]
fn an_empty_configuration_is_the_default() {
    let config = Config::parse("", "config.toml").unwrap();
    assert_eq!((config.theme, config.clipboard, config.mouse), (None, None, None));
    assert_eq!(command(&config.keymap, "j"), Some("down"));
}

#[test]
fn a_way_out_must_remain() {
    assert_eq!(
        problems("[keys]\nquit = []\nquit-now = []\nhelp = \"ctrl-c\"\n"),
        ["config.toml: no key leaves the program any more; give quit or quit-now a key"]
    );
    let keymap = Config::parse("[keys]\nquit = []\nquit-now = []\n", "config.toml").unwrap().keymap;
    assert_eq!((command(&keymap, "q"), command(&keymap, "ctrl-c")), (None, Some("quit")));
}
