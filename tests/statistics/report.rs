//! `saescope report`: the page is well-formed, loads nothing, escapes every text and holds what it promises.

use std::collections::BTreeSet;
use std::process::Command;

use saescope::core::tags::{Edit, Scope, Tag};
use saescope::engine::identity;
use saescope::store::run_file;
use saescope::store::tags_file::{Saved, TagsFile};

use super::markup::{Element, elements};
use super::{demo_run, saescope};

const NOTE: &str = "<script>alert(1)</script> & \"quoted\"";

#[test]
fn a_report_is_one_page_that_loads_nothing_and_holds_every_tagged_feature() {
    let folder = demo_run();
    let run = run_file::read(&folder.path().join("run")).unwrap();
    let (mut file, mut book) = TagsFile::open(&folder.path().join("data/saescope/tags"), &identity::subject_of(&run)).unwrap();
    let weak = run.views[0].submodules.iter().map(|submodule| (submodule.submodule, submodule.features[0]));
    let tagged: Vec<_> =
        weak.take(3).map(|(submodule, index)| saescope::core::submodule::FeatureId { submodule, index }).collect();
    for feature in &tagged {
        book.apply(Edit::Toggle(*feature, Scope::Everywhere, Tag::new("FP").unwrap()));
        book.apply(Edit::Note(*feature, Scope::Everywhere, NOTE.to_owned()));
    }
    assert!(matches!(file.save(&book).unwrap(), Saved::Written));
    assert!(saescope(folder.path(), &["report", "run", "--top", "4"]).starts_with("wrote run.html ("));
    let path = folder.path().join("run.html");
    let page = std::fs::read_to_string(&path).unwrap();
    let all = elements(&page);
    let named = |name: &str| all.iter().filter(|element| element.name == name).collect::<Vec<&Element>>();

    expect_no_loads(&all, &page);
    assert!(page.matches("&lt;script&gt;alert(1)").count() >= tagged.len() && !page.contains("<script>alert"));
    let cards: BTreeSet<&str> = named("article").into_iter().map(|card| card.attribute("id").unwrap()).collect();
    for feature in &tagged {
        assert!(cards.contains(format!("feature-{}", feature.to_string().replace('/', "-")).as_str()), "{feature}");
    }
    assert!(cards.len() >= tagged.len() + 4);
    // Whoever cannot see it reads what it is.
    assert_eq!(named("caption").len(), named("table").len());
    assert!(named("th").iter().all(|heading| matches!(heading.attribute("scope"), Some("col" | "row"))));
    let pictures = named("svg");
    assert!(pictures.len() >= 14 && pictures.iter().all(|picture| picture.attribute("role") == Some("img")));
    assert!(named("title").len() == pictures.len() + 1 && named("desc").len() == pictures.len());
    let targets: BTreeSet<&str> = all.iter().filter_map(|element| element.attribute("id")).collect();
    assert_eq!(targets.len(), all.iter().filter(|element| element.attribute("id").is_some()).count(), "an id twice");
    for link in named("a").into_iter().filter_map(|link| link.attribute("href")?.strip_prefix('#')) {
        assert!(targets.contains(link), "{link}");
    }
    // Every listed feature of every view has a row.
    for view in ["male", "female", "baseline"] {
        for name in saescope(folder.path(), &["export", "run", "--view", view, "--format", "names"]).lines() {
            assert!(page.contains(&format!(">{name}<")), "{name} of {view}");
        }
    }
    in_a_browser(&path);
}

/// Nothing is fetched: addresses stand in links and in the name of the SVG language only, and a policy forbids the rest.
fn expect_no_loads(all: &[Element], page: &str) {
    for element in all {
        assert!(!["link", "img", "iframe", "object", "embed", "base", "use", "image"].contains(&element.name.as_str()));
        for (key, value) in &element.attributes {
            assert!(key != "src" && !key.starts_with("on"), "{key}={value}");
            let may = key == "xmlns" || element.name == "a" && key == "href" && value.starts_with("https://neuronpedia.org/");
            assert!(may || !value.contains("http"), "<{} {key}=\"{value}\">", element.name);
        }
    }
    assert!(!page.contains("url(") && !page.contains("@import"));
    assert!(page.contains("content=\"default-src 'none';"));
}

/// Opens the page in a headless Chromium if there is one: it keeps every card, and the script has made the headings buttons.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn in_a_browser(path: &std::path::Path) {
    let flags = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"];
    for browser in ["chromium", "chromium-browser", "google-chrome"] {
        let Ok(output) = Command::new(browser).args(flags).arg(path).output() else { continue };
        let page = String::from_utf8_lossy(&output.stdout).into_owned();
        let cards = |page: &str| page.matches("<article").count();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(cards(&page), cards(&std::fs::read_to_string(path).unwrap()));
        assert!(page.contains("<button type=\"button\">"), "the script did not run");
        return;
    }
    eprintln!("skipped: no Chromium on PATH to open the report in");
}
