//! `saescope report`: the page is well-formed, loads nothing, escapes every text and holds what it promises.

use std::collections::BTreeSet;
use std::process::Command;

use saescope::core::tags::{Edit, Scope, Tag};
use saescope::engine::identity;
use saescope::store::run_file;
use saescope::store::tags_file::{Saved, TagsFile};

use super::markup::{Element, elements};
use super::{demo_run, saescope};

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

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
    // Copied text keeps tags and notes apart.
    assert!(page.matches("<span class=\"tag\">FP</span> &lt;script&gt;").count() >= tagged.len());
    assert!(!page.contains("</span><span class=\"tag\">"));
    // A list has items, and zero no sign.
    assert!(!page.contains("<ul class=\"prompts\"></ul>") && !page.contains("data-sort=\"-0\""));
    assert!(!page.contains("<dt>Part</dt>"), "a whole run");
    // Every listed feature of every view has a row.
    for view in ["male", "female", "baseline"] {
        for name in saescope(folder.path(), &["export", "run", "--view", view, "--format", "names"]).lines() {
            assert!(page.contains(&format!(">{name}<")), "{name} of {view}");
        }
    }
    in_a_browser(&path);
}

#[test]
fn a_report_of_a_shard_says_that_it_is_one() {
    let folder = tempfile::tempdir().unwrap();
    saescope(folder.path(), &["run", "--output", "run", "--examples", "6", "--shard", "2/3"]);
    saescope(folder.path(), &["report", "run", "--top", "1", "--no-model"]);
    let page = std::fs::read_to_string(folder.path().join("run.html")).unwrap();
    assert!(page.contains("<dt>Part</dt><dd>shard 2 of 3: all numbers are of its pairs alone; "));
    let picture = saescope(folder.path(), &["plot", "run", "counts"]);
    assert!(
        picture.split_whitespace().collect::<Vec<_>>().join(" ").contains(", shard 2 of 3: model saescope-demo"),
        "{picture}"
    );
}

/// On paper stands what is closed on the screen: as many pages as with everything open, and more than without it.
#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn what_is_closed_is_printed() {
    let folder = demo_run();
    saescope(folder.path(), &["report", "run", "--top", "1"]);
    let page = std::fs::read_to_string(folder.path().join("run.html")).unwrap();
    assert!(page.contains("<details>"));
    // Without its script, which opens what is closed for browsers that do not know the style.
    let (before, script) = page.rsplit_once("<script>").unwrap();
    let page = before.to_owned() + script.split_once("</script>").unwrap().1;
    let without: String =
        page.split("<details>").map(|part| part.split_once("</details>").map_or(part, |(_, rest)| rest)).collect();
    let [closed, open, without] = [page.clone(), page.replace("<details>", "<details open>"), without].map(|page| {
        std::fs::write(folder.path().join("page.html"), page).unwrap();
        pages(&folder.path().join("page.html"))
    });
    match closed.zip(open).zip(without) {
        Some(((closed, open), without)) => assert!(closed == open && open > without, "{closed}, {open}, {without}"),
        None => eprintln!("skipped: no Chromium on PATH to print the report with"),
    }
}

/// The number of pages on which a headless Chromium prints a page; None if there is none.
fn pages(page: &std::path::Path) -> Option<usize> {
    let paper = page.with_extension("pdf");
    let print = format!("--print-to-pdf={}", paper.display());
    let flags = ["--headless", "--no-sandbox", "--disable-gpu", print.as_str()];
    BROWSERS.into_iter().find_map(|browser| Command::new(browser).args(flags).arg(page).output().ok())?;
    let bytes = std::fs::read(&paper).unwrap();
    let of_page = b"/Type /Page\n";
    let count = bytes.windows(of_page.len()).filter(|part| part == of_page).count();
    assert!(count > 0, "not as Chromium writes PDF files");
    Some(count)
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
    for browser in BROWSERS {
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
