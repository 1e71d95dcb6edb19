//! Every screen at 80x24, at 100x30 and at 160x50; failures and waits most of all where room is scarce.

use super::{
    pictures::{drawn, picture},
    scenes::{self, Scene},
    sign_ins, stops,
};

pub(super) fn compare(scenes: Vec<Scene>, sizes: &[(u16, u16)]) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("snapshots");
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, script) in scenes {
            for (width, height) in sizes {
                let (buffer, shown) = drawn(&script.model, *width, *height);
                insta::assert_snapshot!(format!("{name}_{width}x{height}"), picture(&buffer, &shown));
            }
        }
    });
}

const SIZES: &[(u16, u16)] = &[(80, 24), (100, 30), (160, 50)];

#[test]
fn no_picture_is_left_over() {
    let kept = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/tui/testing/snapshots")).unwrap();
    let kept: std::collections::BTreeSet<String> =
        kept.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let scenes = scenes::all().into_iter().map(|(name, _)| name);
    let mut made: std::collections::BTreeSet<String> = scenes
        .flat_map(|name| SIZES.iter().map(move |(width, height)| format!("{name}_{width}x{height}.snap")))
        .collect();
    made.insert("too-small_60x10.snap".to_owned());
    made.extend(stops::scenes().into_iter().map(|(name, _)| format!("{name}_80x24.snap")));
    let strays: Vec<_> = kept.symmetric_difference(&made).collect();
    assert!(strays.is_empty(), "pictures without a scene, or scenes without a picture: {strays:?}");
}

#[test]
fn the_first_screens() {
    compare(scenes::first(), SIZES);
}

#[test]
fn the_questions() {
    compare(scenes::questions(), SIZES);
}

#[test]
fn signing_in() {
    compare(sign_ins::scenes(), SIZES);
}

#[test]
fn the_plan() {
    compare(scenes::plans(), SIZES);
}

#[test]
fn the_run() {
    compare(scenes::runs(), SIZES);
}

#[test]
fn what_waits_for_a_person() {
    compare(scenes::waits(), SIZES);
}

#[test]
fn every_kind_of_failure() {
    compare(scenes::failures(), SIZES);
}

#[test]
fn the_proof() {
    compare(scenes::ends(), SIZES);
}

#[test]
fn a_screen_that_is_too_small() {
    compare(vec![("too-small", scenes::planned())], &[(60, 10)]);
}
