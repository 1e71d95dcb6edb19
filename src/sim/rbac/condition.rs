//! Conditions of role assignments, version 2.0: as much of the language as repository and delegation conditions use.
//!
//! A condition that cannot be read is not fulfilled: a simulator that let it pass would prove a pull that Azure refuses.

/// What an assignment's condition is held against.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub action: &'a str,
    /// Attribute names without their source, such as `Microsoft.ContainerRegistry/registries/repositories:name`.
    pub attributes: &'a [(&'a str, &'a str)],
}

/// The attribute that repository conditions look at.
pub const REPOSITORY_NAME: &str = "Microsoft.ContainerRegistry/registries/repositories:name";

#[derive(Debug, Clone, PartialEq, Eq)]
enum Expression {
    Any(Vec<Expression>),
    All(Vec<Expression>),
    Not(Box<Expression>),
    ActionMatches(String),
    SubOperationMatches,
    Exists(String),
    Compare { attribute: String, operator: String, values: Vec<String> },
}

/// Whether a condition is fulfilled.
pub fn holds(condition: &str, request: &Request<'_>) -> bool {
    parsed(condition).is_some_and(|expression| expression.holds(request))
}

/// Whether a condition can be read at all.
pub fn is_well_formed(condition: &str) -> bool {
    parsed(condition).is_some()
}

fn parsed(condition: &str) -> Option<Expression> {
    let mut parser = Parser { rest: condition };
    let expression = parser.any()?;
    parser.skip_space();
    parser.rest.is_empty().then_some(expression)
}

impl Expression {
    fn holds(&self, request: &Request<'_>) -> bool {
        let attribute = |name: &str| {
            request.attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
        };
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.holds(request)),
            Self::All(parts) => parts.iter().all(|part| part.holds(request)),
            Self::Not(part) => !part.holds(request),
            Self::ActionMatches(pattern) => crate::sim::roles::matches(pattern, request.action),
            Self::SubOperationMatches => false,
            Self::Exists(name) => attribute(name).is_some(),
            Self::Compare { attribute: name, operator, values } => {
                attribute(name).is_some_and(|actual| compare(operator, actual, values))
            }
        }
    }
}

/// One value against one or several: for a single value "any" and "all" of the left side are the same.
fn compare(operator: &str, actual: &str, values: &[String]) -> bool {
    let (quantifier, operator) = operator.split_once(':').unwrap_or(("ForAnyOfAnyValues", operator));
    let operator = operator.to_ascii_lowercase();
    let (negated, positive) = match operator.split_once("not") {
        Some((head, tail)) => (true, format!("{head}{tail}")),
        None => (false, operator),
    };
    let (name, ignore_case) = match positive.strip_suffix("ignorecase") {
        Some(name) => (name, true),
        None => (positive.as_str(), positive.starts_with("guid")),
    };
    let fold = |text: &str| if ignore_case { text.to_lowercase() } else { text.to_owned() };
    let actual = fold(actual);
    let fits = |value: &String| {
        let value = fold(value);
        let fits = match name {
            "stringequals" | "guidequals" => actual == value,
            "stringstartswith" => actual.starts_with(&value),
            "stringlike" => like(&value, &actual),
            _ => return false,
        };
        fits != negated
    };
    if quantifier.to_ascii_lowercase().ends_with("allvalues") {
        values.iter().all(fits)
    } else {
        values.iter().any(fits)
    }
}

/// `*` is any run of characters, `?` any one.
fn like(pattern: &str, text: &str) -> bool {
    let mut pattern_chars = pattern.chars();
    match pattern_chars.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = pattern_chars.as_str();
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| like(rest, &text[at..]))
        }
        Some(one) => {
            let mut text_chars = text.chars();
            text_chars.next().is_some_and(|first| one == '?' || one == first)
                && like(pattern_chars.as_str(), text_chars.as_str())
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn any(&mut self) -> Option<Expression> {
        let mut parts = vec![self.all()?];
        while self.takes("||") || self.takes_word("OR") {
            parts.push(self.all()?);
        }
        Some(Expression::Any(parts))
    }

    fn all(&mut self) -> Option<Expression> {
        let mut parts = vec![self.one()?];
        while self.takes("&&") || self.takes_word("AND") {
            parts.push(self.one()?);
        }
        Some(Expression::All(parts))
    }

    fn one(&mut self) -> Option<Expression> {
        if self.takes("!") || self.takes_word("NOT") {
            return Some(Expression::Not(Box::new(self.one()?)));
        }
        if self.takes("(") {
            let inner = self.any()?;
            return self.takes(")").then_some(inner);
        }
        if self.takes_word("ActionMatches") {
            return Some(Expression::ActionMatches(self.values()?.pop()?));
        }
        if self.takes_word("SubOperationMatches") {
            return self.values().map(|_| Expression::SubOperationMatches);
        }
        if self.takes_word("Exists") {
            return self.attribute().map(Expression::Exists);
        }
        let attribute = self.attribute()?;
        let operator = self.word()?.to_owned();
        Some(Expression::Compare { attribute, operator, values: self.values()? })
    }

    /// `@Source[name]`
    fn attribute(&mut self) -> Option<String> {
        self.takes("@").then_some(())?;
        self.word()?;
        self.takes("[").then_some(())?;
        self.up_to(']').map(|name| name.trim().to_owned())
    }

    /// `'text'`, a bare word, or a list of these in braces.
    fn values(&mut self) -> Option<Vec<String>> {
        if !self.takes("{") {
            return Some(vec![self.single()?]);
        }
        let mut values = Vec::new();
        loop {
            values.push(self.single()?);
            if self.takes("}") {
                return Some(values);
            }
            self.takes(",").then_some(())?;
        }
    }

    fn single(&mut self) -> Option<String> {
        if self.takes("'") { self.up_to('\'').map(str::to_owned) } else { self.word().map(str::to_owned) }
    }

    fn up_to(&mut self, end: char) -> Option<&'a str> {
        let (head, tail) = self.rest.split_once(end)?;
        self.rest = tail;
        Some(head)
    }

    fn word(&mut self) -> Option<&'a str> {
        self.skip_space();
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    fn takes(&mut self, text: &str) -> bool {
        self.skip_space();
        self.rest.strip_prefix(text).map(|rest| self.rest = rest).is_some()
    }

    fn takes_word(&mut self, expected: &str) -> bool {
        let before = self.rest;
        if self.word().is_some_and(|word| word.eq_ignore_ascii_case(expected)) {
            return true;
        }
        self.rest = before;
        false
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: &str = "Microsoft.ContainerRegistry/registries/repositories/content/read";

    fn on_repository(condition: &str, repository: &str) -> bool {
        holds(condition, &Request { action: READ, attributes: &[(REPOSITORY_NAME, repository)] })
    }

    fn repositories(test: &str) -> String {
        format!(
            "(\n (\n  !(ActionMatches{{'{READ}'}}) AND \
             !(ActionMatches{{'Microsoft.ContainerRegistry/registries/repositories/metadata/read'}})\n )\n OR\n \
             ({test})\n)"
        )
    }

    #[test]
    fn a_condition_narrows_to_repositories_and_prefixes() {
        let name = format!("@Request[{REPOSITORY_NAME}]");
        let exact = repositories(&format!("{name} StringEqualsIgnoreCase 'hello-world'"));
        assert!(on_repository(&exact, "Hello-World"));
        assert!(!on_repository(&exact, "hello-worlds"));
        let prefix = repositories(&format!("{name} StringStartsWithIgnoreCase 'team/' OR {name} StringEquals 'base'"));
        assert!(on_repository(&prefix, "team/a") && on_repository(&prefix, "base"));
        assert!(!on_repository(&prefix, "teams/a"));
        // Other actions than those named are not narrowed.
        let other = Request { action: "Microsoft.ContainerRegistry/registries/catalog/read", attributes: &[] };
        assert!(holds(&exact, &other));
    }

    #[test]
    fn a_delegation_condition_lists_roles_and_principal_types() {
        let condition = "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR \
            (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals \
            {7f951dda-4ed3-4680-a7ca-43fe172d538d, b93aa761-3e63-49ed-ac28-beffa264f7ac} AND \
            @Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase \
            {'ServicePrincipal'}))";
        let write = |role: &str, kind: &str| {
            let attributes = [
                ("Microsoft.Authorization/roleAssignments:RoleDefinitionId", role),
                ("Microsoft.Authorization/roleAssignments:PrincipalType", kind),
            ];
            let action = "Microsoft.Authorization/roleAssignments/write";
            holds(condition, &Request { action, attributes: &attributes })
        };
        assert!(write("7F951DDA-4ed3-4680-a7ca-43fe172d538d", "ServicePrincipal"));
        assert!(!write("7f951dda-4ed3-4680-a7ca-43fe172d538d", "User"));
        assert!(!write("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "ServicePrincipal"));
    }

    #[test]
    fn what_cannot_be_read_is_not_fulfilled() {
        for bad in ["", "(", "x", "@Request[a] StringEquals", "ActionMatches{'*'} nonsense", "@Request[a] Roughly 'x'"]
        {
            assert!(!on_repository(bad, "x"), "{bad}");
        }
    }
}
