//! Text as screens are made of it: headings, paragraphs, labelled values, lines that are never broken by words.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget as _,
};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::fit;
use crate::tui::{
    canvas::Canvas,
    keymap::Act,
    look::{Look, Theme},
};

/// What a piece of text means; the theme says how that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Plain.
    Text,
    /// Matters less.
    Dim,
    /// A heading.
    Strong,
    /// Went well.
    Good,
    /// Wants attention.
    Warn,
    /// Went wrong.
    Bad,
    /// Can be taken.
    Accent,
    /// The cluster tenant.
    Cluster,
    /// The registry tenant.
    Registry,
    /// The marked line.
    Selected,
}

impl Tone {
    /// How it looks.
    pub fn style(self, theme: &Theme) -> Style {
        match self {
            Self::Text => theme.text,
            Self::Dim => theme.dim,
            Self::Strong => theme.strong,
            Self::Good => theme.good,
            Self::Warn => theme.warn,
            Self::Bad => theme.bad,
            Self::Accent => theme.accent,
            Self::Cluster => theme.cluster,
            Self::Registry => theme.registry,
            Self::Selected => theme.selected,
        }
    }
}

/// One piece of it.
#[derive(Debug, Clone)]
enum Part {
    /// Wrapped at words; further lines begin below the text and not below its label.
    Paragraph { label: String, label_width: usize, text: String, tone: Tone },
    /// Broken at the width alone, from the first column of the screen.
    Verbatim(String, Tone),
    /// A command behind what leads to it; other words where it is longer than a row.
    Command { before: String, text: String, otherwise: String },
    /// Cut at the width.
    Line(Vec<(String, Tone)>),
    /// The same, as an entry of a list: a click marks it.
    Choice(Vec<(String, Tone)>),
    /// A rule with words in it.
    Rule(String),
}

/// A text.
#[derive(Debug, Clone, Default)]
pub struct Doc {
    parts: Vec<Part>,
    /// The part that has to be in sight.
    in_sight: Option<usize>,
}

impl Doc {
    fn paragraph(&mut self, label: &str, label_width: usize, text: &str, tone: Tone) {
        self.parts.push(paragraph(label, label_width, text, tone));
    }

    /// A heading.
    pub fn heading(&mut self, text: &str) {
        self.paragraph("", 0, text, Tone::Strong);
    }

    /// A paragraph.
    pub fn text(&mut self, text: &str) {
        self.paragraph("", 0, text, Tone::Text);
    }

    /// A paragraph that means something.
    pub fn toned(&mut self, tone: Tone, text: &str) {
        self.paragraph("", 0, text, tone);
    }

    /// A paragraph that matters less.
    pub fn dim(&mut self, text: &str) {
        self.paragraph("", 0, text, Tone::Dim);
    }

    /// Bad news.
    pub fn bad(&mut self, text: &str) {
        self.paragraph("", 0, text, Tone::Bad);
    }

    /// A label and its value.
    pub fn field(&mut self, label: &str, label_width: usize, value: &str) {
        self.paragraph(label, label_width, value, Tone::Text);
    }

    /// A label and a value that means something.
    pub fn field_toned(&mut self, label: &str, label_width: usize, value: &str, tone: Tone) {
        self.paragraph(label, label_width, value, tone);
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.line(Vec::new());
    }

    /// A line to be selected and copied: it is broken at the width alone.
    pub fn verbatim(&mut self, text: &str) {
        self.parts.push(Part::Verbatim(text.to_owned(), Tone::Text));
    }

    /// A command to be selected and copied, behind what leads to it: whole on one row, or `otherwise` in its place. A part of
    /// it would do something else.
    pub fn command(&mut self, before: &str, text: &str, otherwise: &str) {
        let (before, text, otherwise) = (before.to_owned(), text.to_owned(), otherwise.to_owned());
        self.parts.push(Part::Command { before, text, otherwise });
    }

    /// The same, as something that can be taken.
    pub fn link(&mut self, text: &str) {
        self.parts.push(Part::Verbatim(text.to_owned(), Tone::Accent));
    }

    /// One line of pieces, cut at the width.
    pub fn line(&mut self, pieces: Vec<(String, Tone)>) {
        self.parts.push(Part::Line(pieces));
    }

    /// A rule with words in it.
    pub fn rule(&mut self, words: &str) {
        self.parts.push(Part::Rule(words.to_owned()));
    }

    /// An entry of a list, made of pieces; the marked one has to be in sight.
    pub fn entry(&mut self, marked: bool, pieces: Vec<(String, Tone)>) {
        if marked {
            self.in_sight = Some(self.parts.len());
        }
        self.parts.push(Part::Choice(pieces));
    }

    /// A line of a list; the marked one has to be in sight.
    pub fn choice(&mut self, look: &Look, marked: bool, label: &str, detail: &str) {
        let mark = if marked { look.glyphs.mark } else { " " };
        let mut pieces = vec![
            (format!("{mark} "), Tone::Accent),
            (label.to_owned(), if marked { Tone::Selected } else { Tone::Text }),
        ];
        if !detail.is_empty() {
            pieces.push((format!("  {detail}"), Tone::Dim));
        }
        self.entry(marked, pieces);
    }

    /// Adds another text behind this one.
    pub fn append(&mut self, other: Self) {
        if let Some(at) = other.in_sight {
            self.in_sight = Some(self.parts.len() + at);
        }
        self.parts.extend(other.parts);
    }

    /// The lines that it takes at a width.
    fn laid(&self, look: &Look, width: u16) -> Laid {
        let mut laid = Laid::default();
        for (at, part) in self.parts.iter().enumerate() {
            if self.in_sight == Some(at) {
                laid.in_sight = Some(laid.lines.len());
            }
            if matches!(part, Part::Choice(_)) {
                laid.entries.push(laid.lines.len());
            }
            lay(part, look, usize::from(width).max(1), &mut laid.lines);
        }
        laid
    }

    /// How many lines it takes at a width.
    pub fn height(&self, look: &Look, width: u16) -> u16 {
        u16::try_from(self.laid(look, width).lines.len()).unwrap_or(u16::MAX)
    }

    /// Draws it from line `scroll` on, and says how many lines it took.
    pub fn view(&self, look: &Look, scroll: u16, area: Rect, canvas: &mut Canvas<'_>) -> u16 {
        if area.width == 0 || area.height == 0 {
            return 0;
        }
        let Laid { lines, in_sight, entries } = self.laid(look, area.width);
        let height = usize::from(area.height);
        let most = lines.len().saturating_sub(height);
        let from = match in_sight {
            // Some lines below the marked one stay in sight too.
            Some(line) => (line + 3).min(lines.len()).saturating_sub(height),
            None => usize::from(scroll),
        }
        .min(most);
        if scroll > 0 {
            canvas.shown.furthest = Some(u16::try_from(most).unwrap_or(u16::MAX));
        }
        let hidden = lines.len().saturating_sub(from + height);
        let mut drawn = 0;
        for line in lines.into_iter().skip(from).take(height) {
            line.render(Rect { y: area.y + drawn, height: 1, ..area }, canvas.buf);
            drawn += 1;
        }
        for (at, line) in entries.into_iter().enumerate() {
            // The last line may be taken by the word on what is hidden.
            let last = from + height - usize::from(hidden > 0);
            if let Some(y) = line.checked_sub(from).filter(|_| line < last).and_then(|y| u16::try_from(y).ok()) {
                canvas.spot(Rect { y: area.y + y, height: 1, ..area }, Act::Mark(at));
            }
        }
        if hidden > 0 {
            more_below(look, hidden + 1, area, canvas);
        }
        drawn
    }
}

/// A text at a width.
#[derive(Default)]
struct Laid {
    lines: Vec<Line<'static>>,
    /// The line that has to be in sight.
    in_sight: Option<usize>,
    /// The lines that are entries of a list.
    entries: Vec<usize>,
}

/// The last line makes room for a word on what does not fit.
fn more_below(look: &Look, hidden: usize, area: Rect, canvas: &mut Canvas<'_>) {
    let row = Rect { y: area.bottom() - 1, height: 1, ..area };
    for x in row.left()..row.right() {
        canvas.buf[(x, row.y)].reset();
    }
    let text = format!("{} {hidden} more lines below", look.glyphs.ellipsis);
    Line::from(Span::styled(text, look.theme.dim)).render(row, canvas.buf);
}

fn paragraph(label: &str, label_width: usize, text: &str, tone: Tone) -> Part {
    Part::Paragraph { label: label.to_owned(), label_width, text: text.to_owned(), tone }
}

fn lay(part: &Part, look: &Look, width: usize, lines: &mut Vec<Line<'static>>) {
    let theme = &look.theme;
    match part {
        Part::Paragraph { label, label_width, text, tone } => {
            let label_width = (*label_width).min(width / 2);
            let room = width.saturating_sub(label_width).max(1);
            let text = look.glyphs.clean(text);
            let mut first = true;
            // Ids and addresses are copied by people: a hyphen in them is no place to break.
            let options = textwrap::Options::new(room)
                .break_words(true)
                .word_splitter(textwrap::WordSplitter::NoHyphenation)
                .word_separator(textwrap::WordSeparator::AsciiSpace);
            let wrapped = textwrap::wrap(&text, options);
            for line in wrapped {
                let mut spans = Vec::new();
                if label_width > 0 {
                    let label = if first { fit(label, label_width.saturating_sub(1), look) } else { String::new() };
                    let pad = " ".repeat(label_width.saturating_sub(label.width()));
                    spans.push(Span::styled(format!("{label}{pad}"), theme.dim));
                }
                spans.push(Span::styled(line.into_owned(), tone.style(theme)));
                lines.push(Line::from(spans));
                first = false;
            }
        }
        Part::Verbatim(text, tone) => {
            for line in text.lines() {
                for row in broken(&look.glyphs.clean(line), width) {
                    lines.push(Line::from(Span::styled(row, tone.style(theme))));
                }
            }
        }
        Part::Command { before, text, otherwise } => {
            let text = look.glyphs.clean(text);
            let row = |text: String| Line::from(Span::styled(text, theme.text));
            if before.width() + 2 + text.width() <= width {
                let before = Span::styled(format!("{before}  "), theme.dim);
                lines.push(Line::from(vec![before, Span::styled(text, theme.text)]));
            } else if text.width() <= width {
                lay(&paragraph("", 0, before, Tone::Dim), look, width, lines);
                let indented = format!("  {text}");
                lines.push(row(if indented.width() <= width { indented } else { text }));
            } else {
                lay(&paragraph("", 0, &format!("{before} {otherwise}"), Tone::Dim), look, width, lines);
            }
        }
        Part::Line(pieces) | Part::Choice(pieces) => {
            let (mut spans, mut used) = (Vec::new(), 0);
            for (text, tone) in pieces {
                let text = fit(&look.glyphs.clean(text), width.saturating_sub(used), look);
                used += text.width();
                spans.push(Span::styled(text, tone.style(theme)));
            }
            lines.push(Line::from(spans));
        }
        Part::Rule(words) => {
            let words = if words.is_empty() { String::new() } else { format!(" {} ", look.glyphs.clean(words)) };
            let start = look.glyphs.rule.repeat(2);
            let words = fit(&words, width.saturating_sub(2), look);
            let rest = look.glyphs.rule.repeat(width.saturating_sub(2 + words.width()));
            lines.push(Line::from(Span::styled(format!("{start}{words}{rest}"), theme.rule)));
        }
    }
}

/// A text in rows of a width, broken anywhere.
fn broken(text: &str, width: usize) -> Vec<String> {
    let (mut rows, mut row, mut used) = (Vec::new(), String::new(), 0);
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > width && !row.is_empty() {
            rows.push(std::mem::take(&mut row));
            used = 0;
        }
        used += wide;
        row.push(c);
    }
    rows.push(row);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::look::Hints;

    #[test]
    fn a_command_stands_whole_on_one_row_or_not_at_all() {
        let look = Look::choose(&Hints::default());
        let rows = |width: usize| -> Vec<String> {
            let mut doc = Doc::default();
            doc.command("To come back:", "crosspull resume new-shop", "it is printed later.");
            doc.laid(&look, u16::try_from(width).unwrap()).lines.iter().map(ToString::to_string).collect()
        };
        assert_eq!(rows(40), ["To come back:  crosspull resume new-shop"]);
        assert_eq!(rows(39), ["To come back:", "  crosspull resume new-shop"]);
        assert_eq!(rows(26), ["To come back:", "crosspull resume new-shop"]);
        assert_eq!(rows(24), ["To come back: it is", "printed later."]);
    }
}
