//! Path templates: which of them a path fits, and what its names stand for.

/// A template in pieces. Between two literals there is a name, and the first and last piece are literals.
#[derive(Debug)]
pub(super) struct Template {
    literals: Vec<String>,
    names: Vec<Name>,
}

#[derive(Debug)]
struct Name {
    name: String,
    slashes: bool,
}

impl Template {
    /// Reads `/a/{b}`. `slashes` says which names stand for several segments.
    pub(super) fn new(text: &str, slashes: impl Fn(&str) -> bool) -> Self {
        let (mut literals, mut names) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some((literal, behind)) = rest.split_once('{') {
            let (name, behind) = behind.split_once('}').expect("a closed name");
            literals.push(literal.to_owned());
            names.push(Name { name: name.to_owned(), slashes: slashes(name) });
            rest = behind;
        }
        literals.push(rest.to_owned());
        Self { literals, names }
    }

    /// The more of a path it spells out, the more it says.
    pub(super) fn weight(&self) -> usize {
        self.literals.iter().map(String::len).sum()
    }

    /// The values of its names, where `path` fits. Resource ids and `OData` paths have no case.
    pub(super) fn values(&self, path: &str) -> Option<Vec<(&str, String)>> {
        let rest = after(path, &self.literals[0])?;
        let mut values = Vec::new();
        self.from(0, rest, &mut values).then_some(values)
    }

    fn from<'a>(&'a self, index: usize, path: &str, values: &mut Vec<(&'a str, String)>) -> bool {
        let Some(name) = self.names.get(index) else { return path.is_empty() };
        let longest = if name.slashes { path.len() } else { path.find('/').unwrap_or(path.len()) };
        for end in (1..=longest).filter(|end| path.is_char_boundary(*end)) {
            let Some(rest) = after(&path[end..], &self.literals[index + 1]) else { continue };
            values.push((&name.name, decoded(&path[..end])));
            if self.from(index + 1, rest, values) {
                return true;
            }
            values.pop();
        }
        false
    }
}

fn after<'a>(path: &'a str, literal: &str) -> Option<&'a str> {
    let head = path.get(..literal.len())?;
    head.eq_ignore_ascii_case(literal).then(|| &path[literal.len()..])
}

/// A piece of a path without its percent escapes.
fn decoded(piece: &str) -> String {
    let form = format!("piece={}", piece.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(form.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
