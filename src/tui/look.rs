//! Colours and glyphs: what suits the terminal, and what its owner wishes.

use ratatui::style::{Color, Modifier, Style};

use crate::words::layout::is_obeyed;

/// How things look, and whether the screen is shared with others.
#[derive(Debug, Clone)]
pub struct Look {
    /// Colours.
    pub theme: Theme,
    /// Glyphs.
    pub glyphs: Glyphs,
    /// Others see the screen: no other setups or tenants on it, and no secret.
    pub shared: bool,
}

/// What the terminal's owner asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wish {
    /// Whatever the terminal's hints say.
    #[default]
    Auto,
    /// Light text on a dark ground.
    Dark,
    /// Dark text on a light ground.
    Light,
    /// No colours at all.
    None,
}

/// What the options and the environment say.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// The option.
    pub wish: Wish,
    /// ASCII alone.
    pub ascii: bool,
    /// A shared screen.
    pub shared: bool,
    /// `NO_COLOR` is set.
    pub no_color: bool,
    /// `COLORFGBG`, as some terminals set it: foreground;background.
    pub colorfgbg: Option<String>,
    /// The locale that holds for characters.
    pub locale: Option<String>,
}

impl Look {
    /// Chooses what suits.
    pub fn choose(hints: &Hints) -> Self {
        let ground = match hints.wish {
            Wish::Light => Ground::Light,
            Wish::Dark | Wish::None => Ground::Dark,
            Wish::Auto => ground(hints.colorfgbg.as_deref()),
        };
        // An option is a newer word than an environment variable.
        let colours = match hints.wish {
            Wish::None => false,
            Wish::Dark | Wish::Light => true,
            Wish::Auto => !hints.no_color,
        };
        let theme = if colours { Theme::coloured(ground) } else { Theme::plain() };
        let glyphs = if hints.ascii || !utf8(hints.locale.as_deref()) { Glyphs::ASCII } else { Glyphs::UNICODE };
        Self { theme, glyphs, shared: hints.shared }
    }
}

/// A terminal that names no locale at all is taken at its word on Unix only: elsewhere nobody sets these.
fn utf8(locale: Option<&str>) -> bool {
    match locale {
        Some(locale) => {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
        None => cfg!(not(unix)),
    }
}

fn ground(colorfgbg: Option<&str>) -> Ground {
    // 7 is light grey and 15 white; everything else counts as dark.
    match colorfgbg.and_then(|text| text.rsplit(';').next()) {
        Some("7" | "15") => Ground::Light,
        _ => Ground::Dark,
    }
}

/// What text stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// Styles by what they mean. Only the sixteen colours that people have chosen for their terminal, and never as the only
/// sign: words say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Plain text.
    pub text: Style,
    /// What matters less.
    pub dim: Style,
    /// Headings.
    pub strong: Style,
    /// The program's name, and the stage that is open.
    pub title: Style,
    /// The cluster tenant.
    pub cluster: Style,
    /// The registry tenant.
    pub registry: Style,
    /// What can be taken: a link, a marked choice.
    pub accent: Style,
    /// Went well.
    pub good: Style,
    /// Wants attention.
    pub warn: Style,
    /// Went wrong.
    pub bad: Style,
    /// A key in the line of keys.
    pub key: Style,
    /// The marked line.
    pub selected: Style,
    /// Rules and frames.
    pub rule: Style,
}

impl Theme {
    fn coloured(ground: Ground) -> Self {
        let colour = |dark: Color, light: Color| match ground {
            Ground::Dark => Style::new().fg(dark),
            Ground::Light => Style::new().fg(light),
        };
        Self {
            text: Style::new(),
            // Bright black is unreadable on many dark palettes; the terminal's own faint text is not.
            dim: Style::new().add_modifier(Modifier::DIM),
            strong: Style::new().add_modifier(Modifier::BOLD),
            title: colour(Color::Cyan, Color::Blue).add_modifier(Modifier::BOLD),
            cluster: colour(Color::LightCyan, Color::Blue),
            registry: colour(Color::LightMagenta, Color::Magenta),
            accent: colour(Color::Cyan, Color::Blue),
            good: colour(Color::Green, Color::Green),
            warn: colour(Color::Yellow, Color::Magenta).add_modifier(Modifier::BOLD),
            bad: colour(Color::LightRed, Color::Red).add_modifier(Modifier::BOLD),
            key: colour(Color::Cyan, Color::Blue).add_modifier(Modifier::BOLD),
            selected: Style::new().add_modifier(Modifier::REVERSED),
            rule: Style::new().add_modifier(Modifier::DIM),
        }
    }

    /// Without any colour: bold, faint, underlined, reversed.
    fn plain() -> Self {
        let with = |modifier| Style::new().add_modifier(modifier);
        Self {
            text: Style::new(),
            dim: with(Modifier::DIM),
            strong: with(Modifier::BOLD),
            title: with(Modifier::BOLD),
            cluster: Style::new(),
            registry: Style::new(),
            accent: with(Modifier::UNDERLINED),
            good: Style::new(),
            warn: with(Modifier::BOLD),
            bad: with(Modifier::BOLD),
            key: with(Modifier::BOLD),
            selected: with(Modifier::REVERSED),
            rule: with(Modifier::DIM),
        }
    }
}

/// The few characters that are not letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// A rule across the screen.
    pub rule: &'static str,
    /// Before the marked line.
    pub mark: &'static str,
    /// Something was left out, or is still coming.
    pub ellipsis: &'static str,
    /// Top left, top right, bottom left, bottom right, upright.
    pub frame: [&'static str; 5],
    /// ASCII alone: text from outside is shown in it as well.
    pub ascii: bool,
}

impl Glyphs {
    /// For terminals that show Unicode.
    pub const UNICODE: Self =
        Self { rule: "─", mark: ">", ellipsis: "…", frame: ["┌", "┐", "└", "┘", "│"], ascii: false };
    /// For the others.
    pub const ASCII: Self =
        Self { rule: "-", mark: ">", ellipsis: "...", frame: ["+", "+", "+", "+", "|"], ascii: true };

    /// The text as this terminal can show it, with blanks for what it would obey: names come from outside.
    pub fn clean(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                c if is_obeyed(c) => clean.push(' '),
                '…' if self.ascii => clean.push_str("..."),
                c if self.ascii && !c.is_ascii() => clean.push('?'),
                c => clean.push(c),
            }
        }
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(hints: &Hints) -> (bool, bool) {
        let look = Look::choose(hints);
        (look.theme == Theme::plain(), look.glyphs.ascii)
    }

    #[test]
    fn no_color_and_the_locale_are_heeded_and_options_win() {
        let utf8 = Hints { locale: Some("de_DE.UTF-8".to_owned()), ..Hints::default() };
        assert_eq!(chosen(&utf8), (false, false));
        assert_eq!(chosen(&Hints { no_color: true, ..utf8.clone() }), (true, false));
        assert_eq!(chosen(&Hints { no_color: true, wish: Wish::Dark, ..utf8.clone() }), (false, false));
        assert_eq!(chosen(&Hints { wish: Wish::None, ..utf8.clone() }), (true, false));
        assert_eq!(chosen(&Hints { ascii: true, ..utf8.clone() }), (false, true));
        assert_eq!(chosen(&Hints { locale: Some("C".to_owned()), ..utf8 }), (false, true));
    }

    #[test]
    fn a_light_ground_is_told_by_the_terminal() {
        let light = |text: &str| ground(Some(text)) == Ground::Light;
        assert!(light("0;15") && light("0;default;7") && !light("15;0") && !light(""));
    }

    #[test]
    fn what_comes_from_outside_moves_no_cursor() {
        assert_eq!(Glyphs::UNICODE.clean("a\x1b[2Jb\nc"), "a [2Jb c");
        assert_eq!(Glyphs::UNICODE.clean("a\u{202e}b\u{2066}c"), "a b c");
        assert_eq!(Glyphs::ASCII.clean("Müller…"), "M?ller...");
    }
}
