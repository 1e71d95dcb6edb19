//! A list that is searched while one types, and that may hold very many entries.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
    widgets::Widget as _,
};
use unicode_width::UnicodeWidthStr as _;

use super::fit;
use crate::tui::{canvas::Canvas, keymap::Act, look::Look};

/// One entry.
#[derive(Debug, Clone)]
pub struct Row<T> {
    /// Its name.
    pub label: String,
    /// What else is known of it.
    pub detail: String,
    /// Why it cannot be taken.
    pub unusable: Option<String>,
    /// The catalogue's code for that.
    pub why_code: Option<&'static str>,
    /// The entry itself.
    pub value: T,
}

/// The entries, those that match, and the marked one.
#[derive(Debug)]
pub struct Picker<T> {
    rows: Vec<Row<T>>,
    /// What is searched: each row's label and detail, in small letters.
    haystack: Vec<String>,
    /// Rows that match, in order.
    matching: Vec<u32>,
    words: Vec<String>,
    /// Its place among those that match.
    at: usize,
    loading: bool,
    /// Some entries could not be read.
    partial: bool,
}

impl<T> Default for Picker<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            haystack: Vec::new(),
            matching: Vec::new(),
            words: Vec::new(),
            at: 0,
            loading: false,
            partial: false,
        }
    }
}

impl<T> Picker<T> {
    /// Adds entries. The marked one stays marked.
    pub fn extend(&mut self, rows: impl IntoIterator<Item = Row<T>>) {
        for row in rows {
            let hay = format!("{} {}", row.label, row.detail).to_lowercase();
            if matches(&hay, &self.words) {
                self.matching.push(u32::try_from(self.rows.len()).unwrap_or(u32::MAX));
            }
            self.haystack.push(hay);
            self.rows.push(row);
        }
    }

    /// Puts an entry before all others, and marks it where nothing else was chosen.
    pub fn insert_first(&mut self, row: Row<T>) {
        self.haystack.insert(0, format!("{} {}", row.label, row.detail).to_lowercase());
        self.rows.insert(0, row);
        self.search_all();
    }

    /// Forgets every entry.
    pub fn clear(&mut self) {
        (self.rows, self.haystack, self.matching, self.at) = (Vec::new(), Vec::new(), Vec::new(), 0);
    }

    /// Shows only entries that hold every word of the text.
    pub fn filter(&mut self, text: &str) {
        let words: Vec<String> = text.to_lowercase().split_whitespace().map(str::to_owned).collect();
        if words == self.words {
            return;
        }
        let marked = self.matching.get(self.at).copied();
        // What a longer text matches is among what the shorter one did.
        let narrower = words.len() >= self.words.len()
            && self.words.iter().zip(&words).all(|(old, new)| new.contains(old.as_str()));
        self.words = words;
        if narrower {
            let (haystack, words) = (&self.haystack, &self.words);
            self.matching.retain(|row| haystack.get(*row as usize).is_some_and(|hay| matches(hay, words)));
        } else {
            self.search_all();
        }
        self.at = marked.and_then(|row| self.matching.binary_search(&row).ok()).unwrap_or(0);
    }

    fn search_all(&mut self) {
        self.matching =
            (0u32..).zip(&self.haystack).filter(|(_, hay)| matches(hay, &self.words)).map(|(row, _)| row).collect();
        self.at = 0;
    }

    /// More entries are on their way, or not any more.
    pub fn set_loading(&mut self, loading: bool) {
        self.loading = loading;
    }

    /// Some entries could not be read.
    pub fn set_partial(&mut self) {
        self.partial = true;
    }

    /// Whether all entries are there.
    pub fn is_whole(&self) -> bool {
        !self.loading && !self.partial
    }

    /// Whether more entries are on their way.
    pub fn is_loading(&self) -> bool {
        self.loading
    }

    /// Whether there is no entry at all.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many entries there are, whether or not they match.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The marked entry.
    pub fn selected(&self) -> Option<&Row<T>> {
        self.rows.get(*self.matching.get(self.at)? as usize)
    }

    /// Whether any entry is the one, in sight or not.
    pub fn any(&self, is_it: impl Fn(&T) -> bool) -> bool {
        self.rows.iter().any(|row| is_it(&row.value))
    }

    /// Marks the first entry that matches and is the one; says whether there is one.
    pub fn select_where(&mut self, is_it: impl Fn(&T) -> bool) -> bool {
        let at = self.matching.iter().position(|row| self.rows.get(*row as usize).is_some_and(|row| is_it(&row.value)));
        if let Some(at) = at {
            self.at = at;
        }
        at.is_some()
    }

    /// One up.
    pub fn up(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    /// One down.
    pub fn down(&mut self) {
        self.page_down(1);
    }

    /// So many up.
    pub fn page_up(&mut self, rows: usize) {
        self.at = self.at.saturating_sub(rows);
    }

    /// So many down.
    pub fn page_down(&mut self, rows: usize) {
        self.at = (self.at + rows).min(self.matching.len().saturating_sub(1));
    }

    /// Marks the entry at this place among those that match. Says whether it was marked already.
    pub fn mark(&mut self, at: usize) -> bool {
        let already = self.at == at;
        self.at = at.min(self.matching.len().saturating_sub(1));
        already
    }

    /// The first entry that is drawn: the marked one stays in sight.
    fn first_shown(&self, height: usize) -> usize {
        (self.at + 1).saturating_sub(height)
    }

    fn count(&self, look: &Look) -> String {
        let (matching, all) = (self.matching.len(), self.rows.len());
        let count = if matching == all { format!("{all} in all") } else { format!("{matching} of {all}") };
        if self.loading { format!("{matching} so far {}", look.glyphs.ellipsis) } else { count }
    }
}

fn matches(hay: &str, words: &[String]) -> bool {
    words.iter().all(|word| hay.contains(word.as_str()))
}

/// Draws the list, or `none` where no entry matches. Nothing but the lines in sight is touched.
pub fn view<T>(picker: &Picker<T>, look: &Look, none: &str, area: Rect, canvas: &mut Canvas<'_>) {
    if area.height == 0 || area.width < 8 {
        return;
    }
    // A list that does not fit says how long it is.
    let counted =
        picker.matching.len() > usize::from(area.height) || picker.matching.len() != picker.len() || picker.loading;
    let height = usize::from(area.height).saturating_sub(usize::from(counted)).max(1);
    let first = picker.first_shown(height);
    let shown: Vec<&Row<T>> =
        picker.matching.iter().skip(first).take(height).filter_map(|row| picker.rows.get(*row as usize)).collect();
    let width = usize::from(area.width);
    let label_width = shown.iter().map(|row| row.label.width()).max().unwrap_or(0).min(width * 3 / 5);
    for (line, row) in shown.iter().enumerate() {
        let marked = first + line == picker.at;
        let mark = if marked { look.glyphs.mark } else { " " };
        let label = fit(&look.glyphs.clean(&row.label), label_width, look);
        let (detail, style) = match &row.unusable {
            Some(why) => (format!("cannot be used: {why}"), look.theme.dim),
            None => (row.detail.clone(), look.theme.dim),
        };
        let detail = fit(&look.glyphs.clean(&detail), width.saturating_sub(label_width + 4), look);
        let name = if row.unusable.is_some() { look.theme.dim } else { look.theme.text };
        let name = if marked { name.patch(look.theme.selected) } else { name };
        let mut spans = vec![
            Span::styled(format!("{mark} "), look.theme.accent),
            Span::styled(format!("{label}{}", " ".repeat(label_width.saturating_sub(label.width()))), name),
        ];
        if !detail.trim().is_empty() {
            spans.push(Span::styled(format!("  {detail}"), style));
        }
        let y = area.y + u16::try_from(line).unwrap_or(u16::MAX);
        let at = Rect { y, height: 1, ..area };
        Line::from(spans).render(at, canvas.buf);
        canvas.spot(at, Act::Mark(first + line));
    }
    if counted {
        let y = area.y + u16::try_from(shown.len()).unwrap_or(0);
        if y < area.bottom() {
            let text = if picker.matching.is_empty() && !picker.loading {
                format!("  {none}")
            } else {
                format!("  {}", picker.count(look))
            };
            Line::from(Span::styled(text, look.theme.dim)).render(Rect { y, height: 1, ..area }, canvas.buf);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picker(count: u32) -> Picker<u32> {
        let mut picker = Picker::default();
        picker.extend((0..count).map(|n| Row {
            label: format!("shop-{n:05}"),
            detail: format!("westeurope, subscription contoso-{}", n % 7),
            unusable: None,
            why_code: None,
            value: n,
        }));
        picker
    }

    #[test]
    fn every_word_has_to_be_there_and_a_longer_text_narrows() {
        let mut picker = picker(50_000);
        picker.filter("SHOP 123");
        let wide = picker.matching.len();
        picker.filter("shop 1234 contoso-3");
        assert!(picker.matching.len() < wide && !picker.matching.is_empty());
        let found = picker.matching.clone();
        picker.filter("");
        assert_eq!(picker.matching.len(), 50_000);
        picker.filter("shop 1234 contoso-3");
        assert_eq!(picker.matching, found, "the same whether narrowed or searched anew");
        picker.filter("nowhere");
        assert!(picker.selected().is_none());
    }

    #[test]
    fn the_marked_entry_stays_marked_while_others_come_and_go() {
        let mut picker = picker(100);
        assert!(picker.select_where(|n| *n == 42));
        picker.filter("0004");
        assert_eq!(picker.selected().map(|row| row.value), Some(42));
        picker.extend([Row {
            label: "shop-00049b".into(),
            detail: String::new(),
            unusable: None,
            why_code: None,
            value: 500,
        }]);
        assert_eq!(picker.selected().map(|row| row.value), Some(42));
        picker.page_down(1000);
        assert_eq!(picker.selected().map(|row| row.value), Some(500));
        picker.page_up(1000);
        picker.up();
        assert_eq!(picker.selected().map(|row| row.value), Some(4), "shop-00004 holds 0004 as well");
    }
}
