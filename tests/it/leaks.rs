//! Secrets, and the places where none may stand: all that a run shows, writes or passes on.
//!
//! A piece of a secret counts as much as the whole: no text may share [`PIECE`] signs in a row with one, however it is
//! written.

mod forms;
mod secrets;

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use self::forms::forms;
pub use self::secrets::Secrets;

/// So many signs in a row are no accident.
const PIECE: usize = 16;

/// Where something may be looked for.
struct Place {
    name: String,
    text: String,
    /// It is for people's eyes, who are to open the sign-in's link and to type its code.
    shown: bool,
}

/// Everything that was written.
#[derive(Default)]
pub struct Places(Vec<Place>);

impl Places {
    /// What nobody but crosspull itself reads: files, arguments, environments.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.0.push(Place { name: name.into(), text: text.into(), shown: false });
    }

    /// What people read at a terminal or in a browser.
    pub fn add_shown(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.0.push(Place { name: name.into(), text: text.into(), shown: true });
    }

    /// Every file below a folder.
    pub fn add_files(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.add_files(&path);
            } else {
                self.add(path.display().to_string(), String::from_utf8_lossy(&fs::read(&path).unwrap()));
            }
        }
    }

    /// Whether something was written at a place whose name ends so.
    #[track_caller]
    pub fn hold(&self, names: &[&str]) {
        for name in names {
            let there = self.0.iter().any(|place| place.name.ends_with(name) && !place.text.trim().is_empty());
            assert!(there, "there is no {name}: {:?}", self.0.iter().map(|place| &place.name).collect::<Vec<_>>());
        }
    }

    /// Fails the test where a secret of any kind stands anywhere. Each of `kinds` has to have been met with at least once, or
    /// nothing was proven. The secret itself is not told.
    #[track_caller]
    pub fn are_free_of(&self, secrets: &Secrets, kinds: &[&str]) {
        let counts = secrets.counts();
        for kind in kinds {
            assert!(counts.contains_key(kind), "no {kind} was met with: {counts:?}");
        }
        let found = self.search(secrets);
        let signs: usize = self.0.iter().map(|place| place.text.len()).sum();
        println!("{} secrets in {} places of {signs} signs: {counts:?}", secrets.count(), self.0.len());
        assert!(found.is_empty(), "{found:#?}");
    }

    /// Whether any of these stands anywhere.
    pub fn hold_any_of(&self, secrets: &Secrets) -> bool {
        !self.search(secrets).is_empty()
    }

    /// Where which kind of secret stands.
    fn search<'s>(&self, secrets: &'s Secrets) -> BTreeMap<String, Vec<&'s str>> {
        let mut pieces: HashMap<[u8; PIECE], &str> = HashMap::new();
        let mut short = Vec::new();
        for (kind, text) in secrets.all() {
            for form in forms(text) {
                if form.len() < PIECE {
                    short.push((form, kind));
                    continue;
                }
                for piece in form.as_bytes().windows(PIECE) {
                    pieces.entry(piece.try_into().unwrap()).or_insert(kind);
                }
            }
        }
        let mut found = BTreeMap::new();
        for place in &self.0 {
            let mut kinds = Vec::new();
            // A link that people open holds what only it may hold, and no more.
            let links = secrets.links().filter(|_| place.shown);
            let text = links.fold(place.text.clone(), |text, (link, rest)| text.replace(link, rest));
            kinds.extend(text.as_bytes().windows(PIECE).filter_map(|window| pieces.get(window).copied()));
            kinds.extend(short.iter().filter(|(form, _)| text.contains(form.as_str())).map(|(_, kind)| *kind));
            kinds.retain(|kind| !(place.shown && *kind == "user_code"));
            kinds.sort_unstable();
            kinds.dedup();
            if !kinds.is_empty() {
                found.insert(place.name.clone(), kinds);
            }
        }
        found
    }
}

#[test]
fn a_secret_is_found_in_every_way_it_is_written_and_in_part() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let secret = "abc8Q~in/every+way\"it=is&written";
    let token = format!("eyJhbGciOiJub25lIn0.eyJhIjoxfQ.{}", "kR7-x_2Lq9".repeat(8));
    let mut secrets = Secrets::default();
    secrets.add("key", secret);
    secrets.add("access_token", &token);
    secrets.add("proxy", "hunter22");
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let mut wrong: Vec<String> = vec![
        secret.to_owned(),
        encoded,
        serde_json::to_string(secret).unwrap(),
        token[token.len() - 40..token.len() - 20].to_owned(),
        STANDARD.encode("ana:hunter22"),
        STANDARD.encode(&token),
    ];
    wrong.push(forms::hexadecimal(secret.as_bytes()).to_uppercase());
    wrong.push(secret.chars().flat_map(|sign| [sign, '\0']).collect());
    wrong.extend((0..3).map(|before| STANDARD.encode(format!("{}{secret}", "x".repeat(before)))));
    for text in wrong {
        let mut places = Places::default();
        places.add("a log", format!("it was {text}, and failed"));
        assert_eq!(places.search(&secrets).len(), 1, "{text}");
    }
    let mut places = Places::default();
    places.add("a log", format!("{} and {} are no secrets", &token[..28], &secret[..10]));
    assert!(places.search(&secrets).is_empty());
}

/// Pictures and texts that are kept with the source are made of made-up values; none of them looks like a real secret.
#[test]
pub fn no_snapshot_holds_what_looks_like_a_secret() {
    let mut snapshots = Places::default();
    snapshots.add_files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
    snapshots.0.retain(|place| Path::new(&place.name).extension() == Some("snap".as_ref()));
    assert!(snapshots.0.len() > 100, "{}", snapshots.0.len());
    let foreign = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '~' | '.'));
    for place in &snapshots.0 {
        let mut words = place.text.split(foreign).filter(|word| looks_secret(word));
        assert_eq!(words.next(), None, "{}", place.name);
    }
}

/// Whether a word is a token, a key of Entra's, or as random and long as a code.
fn looks_secret(word: &str) -> bool {
    let many = |of: fn(&char) -> bool| word.chars().filter(of).count() >= 4;
    word.contains("eyJ")
        || word.contains("Q~")
        || word.len() >= 30
            && many(char::is_ascii_uppercase)
            && many(char::is_ascii_lowercase)
            && many(char::is_ascii_digit)
}
