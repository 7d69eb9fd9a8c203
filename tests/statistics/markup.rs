//! A strict reader of the HTML and SVG that the program writes: every element is closed in order, every attribute quoted, every `&` and `<` of a
//! text escaped.

/// An element with its attributes, in the order of the document.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// The text directly inside.
    pub text: String,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Elements that HTML never closes.
const VOID: [&str; 4] = ["meta", "br", "hr", "img"];

/// Elements whose content is no markup.
const RAW: [&str; 2] = ["style", "script"];

/// The elements of `text`. Panics where it is not well-formed.
pub fn elements(text: &str) -> Vec<Element> {
    let mut found: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut rest = text.strip_prefix("<!DOCTYPE html>").unwrap_or(text);
    while !rest.is_empty() {
        let Some(behind) = rest.strip_prefix('<') else {
            let (words, next) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            expect_escaped(words);
            match open.last() {
                Some(inside) => found[*inside].text.push_str(words),
                None => assert!(words.trim().is_empty(), "text outside of all elements: {words}"),
            }
            rest = next;
            continue;
        };
        if let Some(closing) = behind.strip_prefix('/') {
            let (name, next) = closing.split_once('>').unwrap();
            let opened = open.pop().unwrap_or_else(|| panic!("{name} is closed and was not opened"));
            assert_eq!(found[opened].name, name);
            rest = next;
            continue;
        }
        let end = end_of_tag(behind);
        let (tag, next) = behind.split_at(end);
        let next = next.strip_prefix('>').unwrap();
        let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let element = element(tag);
        let name = element.name.clone();
        found.push(element);
        rest = next;
        if RAW.contains(&name.as_str()) {
            let (_, next) = next.split_once(&format!("</{name}>")).unwrap();
            rest = next;
        } else if !closed && !VOID.contains(&name.as_str()) {
            open.push(found.len() - 1);
        }
    }
    assert!(open.is_empty(), "not closed: {:?}", open.iter().map(|place| &found[*place].name).collect::<Vec<_>>());
    found
}

/// The place of the `>` that ends a tag; those inside quotes do not.
fn end_of_tag(tag: &str) -> usize {
    let mut quoted = false;
    tag.char_indices()
        .find(|(_, character)| {
            quoted ^= *character == '"';
            !quoted && *character == '>'
        })
        .unwrap_or_else(|| panic!("no end: {}", tag.chars().take(80).collect::<String>()))
        .0
}

fn element(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    assert!(name.chars().all(|character| character.is_ascii_alphanumeric()) && !name.is_empty(), "<{tag}>");
    let mut attributes = Vec::new();
    while !rest.trim().is_empty() {
        let (key, behind) = rest.split_once("=\"").unwrap_or_else(|| panic!("an attribute without quotes in <{tag}>"));
        let (value, next) = behind.split_once('"').unwrap();
        expect_escaped(value);
        attributes.push((key.trim().to_owned(), value.to_owned()));
        rest = next;
    }
    Element { name: name.to_owned(), attributes, text: String::new() }
}

fn expect_escaped(text: &str) {
    for part in text.split('&').skip(1) {
        let entity = part.split_once(';').map(|(entity, _)| entity);
        assert!(entity.is_some_and(|entity| ["amp", "lt", "gt", "quot", "apos"].contains(&entity)), "&{part}");
    }
    assert!(!text.contains('<'), "{text}");
}

#[test]
fn what_is_not_well_formed_is_noticed() {
    assert_eq!(elements("<p class=\"a\">x <b>y</b> &amp;<br></p>").len(), 3);
    for wrong in ["<p>", "</p>", "<p><b></p></b>", "<p>a & b</p>", "<p class=a></p>", "x"] {
        assert!(std::panic::catch_unwind(|| elements(wrong)).is_err(), "{wrong}");
    }
}
