//! Who has signed a certificate, read from its bytes. They are anybody's: what does not fit is no name.

use crate::azure::error::clean;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OID: u8 = 0x06;
const VERSION: u8 = 0xa0;
/// The kinds of text in use whose bytes are UTF-8 or a part of it: UTF-8, printable, Teletex and IA5.
const TEXTS: [u8; 4] = [0x0c, 0x13, 0x14, 0x16];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];

/// The issuer's common name and organization.
pub(super) fn of(certificate: &[u8]) -> Option<String> {
    let mut certificate = Reader(certificate).inside(SEQUENCE)?;
    let mut body = certificate.inside(SEQUENCE)?;
    body.skip_if(VERSION);
    let _serial_number = body.next()?;
    let _algorithm = body.inside(SEQUENCE)?;
    let mut name = body.inside(SEQUENCE)?;
    let (mut common_name, mut organization) = (None, None);
    while let Some(mut relative) = name.inside(SET) {
        while let Some(mut attribute) = relative.inside(SEQUENCE) {
            let (tag, kind) = attribute.next()?;
            let (text_tag, text) = attribute.next()?;
            if tag != OID || !TEXTS.contains(&text_tag) {
                continue;
            }
            match kind {
                COMMON_NAME => common_name = readable(text),
                ORGANIZATION => organization = readable(text),
                _ => {}
            }
        }
    }
    match (common_name, organization) {
        (Some(name), Some(organization)) if name != organization => Some(format!("{name} ({organization})")),
        (name, organization) => name.or(organization),
    }
}

fn readable(text: &[u8]) -> Option<String> {
    let text = clean(&String::from_utf8_lossy(text));
    let text: String = text.chars().filter(|c| *c != '"').take(80).collect();
    Some(text).filter(|text| !text.is_empty())
}

/// Reads one value after the other, each a tag, a length and that many bytes.
struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    fn next(&mut self) -> Option<(u8, &'d [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // The length's own length; no certificate is longer than four bytes can say.
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }

    fn inside(&mut self, wanted: u8) -> Option<Self> {
        let (tag, value) = self.next()?;
        (tag == wanted).then_some(Self(value))
    }

    fn skip_if(&mut self, tag: u8) {
        if self.0.first() == Some(&tag) {
            let _ = self.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, length[0], length[1]], content].concat()
    }

    fn attribute(kind: &[u8], text_tag: u8, text: &str) -> Vec<u8> {
        value(SET, &value(SEQUENCE, &[value(OID, kind), value(text_tag, text.as_bytes())].concat()))
    }

    fn certificate(name: &[Vec<u8>]) -> Vec<u8> {
        let version = value(VERSION, &[2, 1, 2]);
        let body = [version, value(2, &[1]), value(SEQUENCE, &[]), value(SEQUENCE, &name.concat())].concat();
        value(SEQUENCE, &value(SEQUENCE, &body))
    }

    #[test]
    fn the_issuer_is_named_by_common_name_and_organization() {
        let name = |text| attribute(COMMON_NAME, 0x0c, text);
        let organization = |text| attribute(ORGANIZATION, 0x13, text);
        for (attributes, expected) in [
            (vec![organization("Contoso"), name("Web Gateway")], Some("Web Gateway (Contoso)")),
            (vec![name("Contoso"), organization("Contoso")], Some("Contoso")),
            (vec![organization("Contoso")], Some("Contoso")),
            (vec![name("Gate\nway \"7\"")], Some("Gate way 7")),
            (vec![attribute(&[0x55, 4, 6], 0x13, "DE")], None),
            (vec![attribute(COMMON_NAME, 0x1e, "\0x")], None),
        ] {
            assert_eq!(of(&certificate(&attributes)).as_deref(), expected);
        }
        assert_eq!(of(&certificate(&[name(&"x".repeat(500))])).unwrap().len(), 80);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = of(&bytes);
        }

        #[test]
        fn a_certificate_that_is_cut_short_or_changed_is_read_or_refused(at in 0_usize..60, byte: u8) {
            let mut bytes = certificate(&[attribute(COMMON_NAME, 0x0c, "Web Gateway")]);
            let _ = of(&bytes[..at.min(bytes.len())]);
            let length = bytes.len();
            bytes[at % length] = byte;
            let _ = of(&bytes);
        }
    }
}
