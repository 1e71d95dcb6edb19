//! What holds on every screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::style::{Color, Modifier};

use super::{pictures::drawn, scenes, script::Script};
use crate::{
    secret::Secret,
    tui::{
        browser::Place,
        look::{Hints, Look, Wish},
        model::{Dialog, Screen},
        msg::Msg,
        view::SMALLEST,
    },
};

fn looks(hints: &Hints) -> Vec<(&'static str, Script)> {
    let look = Look::choose(hints);
    let mut all = scenes::all();
    for (_, script) in &mut all {
        script.model.look = Look { shared: script.model.look.shared, ..look.clone() };
    }
    all
}

#[test]
fn without_colours_there_are_none_and_nothing_is_lost() {
    let plain = looks(&Hints { wish: Wish::None, locale: Some("C.UTF-8".to_owned()), ..Hints::default() });
    for ((name, plain), (_, coloured)) in plain.iter().zip(scenes::all()) {
        let (plain, _) = drawn(&plain.model, 80, 24);
        let (coloured, _) = drawn(&coloured.model, 80, 24);
        for (cell, other) in plain.content.iter().zip(&coloured.content) {
            assert!(cell.fg == Color::Reset && cell.bg == Color::Reset, "{name}: {cell:?}");
            assert_eq!(cell.symbol(), other.symbol(), "{name}: words say what colours do");
        }
    }
}

#[test]
fn ascii_is_ascii() {
    for (name, script) in looks(&Hints { ascii: true, ..Hints::default() }) {
        let (buffer, _) = drawn(&script.model, 100, 30);
        for cell in &buffer.content {
            assert!(cell.symbol().is_ascii(), "{name}: {:?}", cell.symbol());
        }
    }
}

#[test]
fn both_grounds_have_their_own_colours() {
    let light = looks(&Hints { wish: Wish::Light, locale: Some("C.UTF-8".to_owned()), ..Hints::default() });
    for (name, script) in light {
        let (buffer, _) = drawn(&script.model, 80, 24);
        for cell in &buffer.content {
            let pale = matches!(cell.fg, Color::Yellow | Color::White | Color::LightYellow | Color::LightCyan);
            assert!(!pale, "{name}: {:?} cannot be read on a light ground", cell.symbol());
        }
    }
}

#[test]
fn there_is_always_a_way_out_and_a_key_for_the_others() {
    for (name, script) in scenes::all() {
        let (buffer, shown) = drawn(&script.model, SMALLEST.0, SMALLEST.1);
        let last: String = (0..SMALLEST.0).map(|x| buffer[(x, SMALLEST.1 - 1)].symbol()).collect();
        assert!(last.contains("keys") || last.contains("close"), "{name}: {last}");
        assert_eq!(shown.cursor.is_some(), script.model.takes_text(), "{name}: the cursor is where one types");
    }
}

#[test]
fn a_demo_says_so_everywhere() {
    for (name, script) in scenes::all().into_iter().filter(|(_, script)| script.model.demo.is_some()) {
        let (buffer, _) = drawn(&script.model, 80, 24);
        let first: String = (0..80).map(|x| buffer[(x, 0)].symbol()).collect();
        assert!(first.contains("DEMO"), "{name}: {first}");
    }
}

/// Names and addresses are cut where there is no room; words are not.
#[test]
fn no_sentence_ends_in_a_cut() {
    let name = |word: &str| word.contains(|c: char| c.is_ascii_digit() || "@./-_:".contains(c));
    for (scene, script) in scenes::all() {
        // A list of setups is names from end to end, and so are the requests.
        if matches!(script.model.screen, Screen::Start(_)) || script.model.details {
            continue;
        }
        let (buffer, _) = drawn(&script.model, SMALLEST.0, SMALLEST.1);
        for y in 0..SMALLEST.1 {
            let row: String = (0..SMALLEST.0).map(|x| buffer[(x, y)].symbol()).collect();
            for (at, _) in row.match_indices('…') {
                let word = row[..at].rsplit([' ', '│']).next().unwrap_or_default();
                assert!(word.is_empty() || name(word), "{scene}: {row}");
            }
        }
    }
}

#[test]
fn without_a_browser_none_is_offered() {
    for (scene, mut script) in scenes::all() {
        // One that is shown already was put up for the place that it came to.
        if script.model.dialogs.iter().any(|over| matches!(over, Dialog::SignIn(_))) {
            continue;
        }
        script.model.place = Place { ssh: true, display: false };
        let keys = crate::tui::keymap::bindings_below_help(&script.model);
        let offered = keys.iter().find(|key| key.help.contains("in your browser"));
        assert!(offered.is_none(), "{scene}: {offered:?}");
    }
}

#[test]
fn a_shared_screen_names_no_other_setup() {
    let script = Script::begun(Vec::new()).shared().hears(Msg::Setups(Ok(super::answers::kept())));
    let (buffer, _) = drawn(&script.model, 80, 24);
    let text: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
    assert!(!text.contains("new-shop") && !text.contains("failed-shop"), "{text}");
}

#[test]
fn the_link_stands_whole_and_begins_at_the_first_column() {
    for (width, height) in [(80, 24), (100, 30), (160, 50)] {
        for (name, script) in scenes::waits().into_iter().chain(super::sign_ins::scenes()) {
            let (buffer, shown) = drawn(&script.model, width, height);
            let Some((address, area)) = shown.link else { continue };
            let text: String = area.positions().map(|at| buffer[at].symbol().to_owned()).collect();
            assert_eq!(text.trim_end(), address, "{name} at {width}x{height}");
            assert_eq!(area.x, 0, "{name}");
            assert!(
                buffer[(0, area.y)].fg == Color::Cyan || buffer[(0, area.y)].modifier.contains(Modifier::UNDERLINED)
            );
        }
    }
}

fn key() -> impl Strategy<Value = KeyEvent> {
    let code = prop_oneof![
        4 => any::<char>().prop_map(KeyCode::Char),
        4 => prop::char::range('a', 'z').prop_map(KeyCode::Char),
        8 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Up, KeyCode::Down, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home,
            KeyCode::End, KeyCode::Backspace, KeyCode::Delete, KeyCode::Tab, KeyCode::Left, KeyCode::Right,
            KeyCode::F(1), KeyCode::F(2), KeyCode::F(5), KeyCode::F(12), KeyCode::Null,
        ]),
    ];
    let modifiers = prop_oneof![
        6 => Just(KeyModifiers::NONE),
        1 => Just(KeyModifiers::CONTROL),
        1 => Just(KeyModifiers::ALT),
        1 => Just(KeyModifiers::SHIFT),
    ];
    (code, modifiers).prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_size_and_no_key_makes_it_fail(
        scene in 0_usize..1000,
        steps in prop::collection::vec((key(), 0_u16..=300, 0_u16..=100, any::<Option<u8>>()), 1..24),
        pasted in "\\PC{0,40}",
    ) {
        let mut group = scenes::GROUPS[scene % scenes::GROUPS.len()]();
        let at = scene % group.len();
        let (_, mut script) = group.swap_remove(at);
        for (key, width, height, click) in steps {
            let (_, shown) = drawn(&script.model, width, height);
            script.model.size = (width, height);
            script.told(Msg::Key(key));
            if let Some(n) = click && !shown.spots.is_empty() {
                script.told(Msg::Click(shown.spots[usize::from(n) % shown.spots.len()].1));
            }
        }
        script.told(Msg::Paste(Secret::new(pasted)));
        drawn(&script.model, 80, 24);
    }
}
