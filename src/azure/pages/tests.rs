//! How much of a long list is held.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::*;
use crate::azure::testing::{clients, json_answer, server};

const PAGES: usize = 40;
const PAGE: usize = 250;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// Counts itself for as long as anyone has it.
struct Counted;

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        u64::deserialize(deserializer)?;
        MOST.fetch_max(HELD.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Ok(Self)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn one_page_is_held_at_a_time() {
    let page = |index: usize| {
        let next = (index < PAGES).then(|| format!("/things?page={}", index + 1));
        json_answer(200, &json!({"value": vec![index; PAGE], "nextLink": next}))
    };
    let (url, _seen) = server((1..=PAGES).map(page).collect()).await;
    let api = clients(&url).arm.api;
    let first = url.join("/things").unwrap();
    let mut pages = Pages::<Counted>::new(api, "test.things.list", "list things", first);
    let mut total = 0;
    while let Some(page) = pages.next().await {
        total += page.unwrap().len();
    }
    assert_eq!((total, MOST.load(Ordering::SeqCst), HELD.load(Ordering::SeqCst)), (PAGES * PAGE, PAGE, 0));
}
