//! The explorer without its terminal: a state, messages that change it, and one registry of commands.
//!
//! [`update::update`] is the only entry: it takes a [`message::Message`] and returns [`message::Effect`]s for the outside to
//! carry out. It reads no clock, no file and no terminal, so that tests press keys and look at the state. `ui` draws a state;
//! `term` connects both to a terminal.
//!
//! | to find | open |
//! |---|---|
//! | the action of a key | `commands/` |
//! | the question, the meaning and the action of a prompt | `prompts/`, one file each |
//! | the state | [`state`] and the files in its folder, which do not know messages or commands |
//! | which rows the table has | [`crate::core::rows`], asked for in [`table`] |
//! | the words of help and manual | [`help`], [`manual`], `assets/manual` |
//! | the places of panes, views and columns on the screen | [`layout`], [`columns`] |

pub mod answer;
pub mod astray;
pub mod baseline;
mod bindings;
pub mod chance;
pub mod checks;
pub mod choice;
pub mod columns;
pub mod command;
pub mod command_id;
pub mod commands;
pub mod config;
mod config_file;
pub mod copy_box;
pub mod copying;
pub mod download;
pub mod drawing;
pub mod dropped;
pub mod evidence;
pub mod heat_map;
pub mod help;
pub mod job;
pub mod keeping;
pub mod key;
pub mod key_bar;
pub mod keymap;
pub mod layout;
pub mod list_rows;
pub mod manual;
pub mod message;
pub mod mouse;
pub mod notice;
pub mod palette;
pub mod pictures;
pub mod prompts;
pub mod published_tags;
pub mod question;
pub mod run_list;
pub mod selecting;
pub mod session;
pub mod silence;
pub mod state;
pub mod stepping;
pub mod table;
pub mod tagging;
pub mod targets;
pub mod update;
pub mod welcome;
