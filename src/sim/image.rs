//! Small real images: an index over linux/amd64 and linux/arm64, each a config and one layer, the same on every start.
//!
//! Every image is there twice, with OCI and with Docker media types, over the same config and layer: registries keep
//! what was pushed, but clients of both kinds come here, and each finds what it accepts.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// The architectures, the one that single-manifest clients get first.
const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];
/// A date of the scenario's past: it is part of the digests.
const CREATED: &str = "2026-01-01T00:00:00Z";

/// A manifest or a blob, as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub digest: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// One tagged image with all that belongs to it.
#[derive(Debug)]
pub struct Image {
    /// What the tag points to: the digest of the OCI index.
    pub digest: String,
    manifests: Vec<Content>,
    blobs: Vec<Content>,
}

/// The media types of one of the two families.
struct Family {
    index: &'static str,
    manifest: &'static str,
    config: &'static str,
    layer: &'static str,
}

const OCI: Family = Family {
    index: OCI_INDEX,
    manifest: OCI_MANIFEST,
    config: "application/vnd.oci.image.config.v1+json",
    layer: "application/vnd.oci.image.layer.v1.tar+gzip",
};
const DOCKER: Family = Family {
    index: DOCKER_LIST,
    manifest: DOCKER_MANIFEST,
    config: "application/vnd.docker.container.image.v1+json",
    layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
};

impl Image {
    /// The manifest or index with that digest.
    pub fn manifest(&self, digest: &str) -> Option<&Content> {
        self.manifests.iter().find(|content| content.digest == digest)
    }

    /// The config or layer with that digest.
    pub fn blob(&self, digest: &str) -> Option<&Content> {
        self.blobs.iter().find(|content| content.digest == digest)
    }

    /// What a client gets for the tag that accepts these media types; nothing said is everything.
    pub fn for_tag(&self, accept: &[&str]) -> Option<&Content> {
        let accepts = |media_type: &str| {
            accept.is_empty() || accept.iter().any(|one| *one == media_type || *one == "*/*" || *one == "application/*")
        };
        [OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST]
            .into_iter()
            .filter(|media_type| accepts(media_type))
            .find_map(|media_type| self.manifests.iter().find(|content| content.media_type == media_type))
    }
}

/// The image that a repository's tag has; made once a process.
pub fn image(repository: &str, tag: &str) -> Arc<Image> {
    static MADE: OnceLock<Mutex<BTreeMap<String, Arc<Image>>>> = OnceLock::new();
    let name = format!("{repository}:{tag}");
    let mut made = MADE.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(made.entry(name).or_insert_with_key(|name| Arc::new(build(name))))
}

/// The digest that a tag has: what `Registry::repositories` holds.
pub fn digest(repository: &str, tag: &str) -> String {
    image(repository, tag).digest.clone()
}

fn build(name: &str) -> Image {
    let mut manifests = Vec::new();
    let mut blobs = Vec::new();
    let parts: Vec<(&str, Content, Content)> = ARCHITECTURES
        .into_iter()
        .map(|architecture| {
            let (config, layer) = config_and_layer(name, architecture);
            (architecture, config, layer)
        })
        .collect();
    for family in [OCI, DOCKER] {
        let mut entries = Vec::new();
        for (architecture, config, layer) in &parts {
            let manifest = content(
                family.manifest,
                pretty(&json!({
                    "schemaVersion": 2,
                    "mediaType": family.manifest,
                    "config": described(config, family.config),
                    "layers": [described(layer, family.layer)],
                })),
            );
            let mut entry = described(&manifest, family.manifest);
            entry["platform"] = json!({"architecture": architecture, "os": "linux"});
            entries.push(entry);
            manifests.push(manifest);
        }
        let index = json!({"schemaVersion": 2, "mediaType": family.index, "manifests": entries});
        manifests.push(content(family.index, pretty(&index)));
    }
    for (_, config, layer) in parts {
        blobs.extend([config, layer]);
    }
    let digest = manifests.iter().find(|content| content.media_type == OCI_INDEX).map(|index| index.digest.clone());
    Image { digest: digest.unwrap_or_default(), manifests, blobs }
}

fn config_and_layer(name: &str, architecture: &str) -> (Content, Content) {
    // Writing into memory does not fail; a layer without its file would show at once in every client.
    let tar = tar_of(&format!("{name} for linux/{architecture}\n")).unwrap_or_default();
    let layer = content("application/octet-stream", gzipped(&tar).unwrap_or_default());
    let config = json!({
        "architecture": architecture,
        "os": "linux",
        "created": CREATED,
        "config": {"Cmd": ["/image.txt"], "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(&tar)]},
        "history": [{"created": CREATED, "created_by": "COPY image.txt /"}],
    });
    (content("application/octet-stream", pretty(&config)), layer)
}

fn tar_of(text: &str) -> io::Result<Vec<u8>> {
    let mut header = tar::Header::new_ustar();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_data(&mut header, "image.txt", text.as_bytes())?;
    builder.into_inner()
}

fn gzipped(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn described(content: &Content, media_type: &str) -> Value {
    json!({"mediaType": media_type, "digest": content.digest, "size": content.bytes.len()})
}

fn content(media_type: &'static str, bytes: Vec<u8>) -> Content {
    Content { digest: digest_of(&bytes), media_type, bytes }
}

fn pretty(value: &Value) -> Vec<u8> {
    format!("{value:#}").into_bytes()
}

fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_in_an_image_leads_to_content_of_that_digest_and_size() {
        let image = build("shop/web:1.4");
        for manifest in &image.manifests {
            let body: Value = serde_json::from_slice(&manifest.bytes).unwrap();
            assert_eq!(body["mediaType"], manifest.media_type);
            let inner = body["manifests"].as_array().into_iter().flatten();
            let inner = inner.chain(body["layers"].as_array().into_iter().flatten()).chain(body.get("config"));
            for entry in inner {
                let digest = entry["digest"].as_str().unwrap();
                let found = image.manifest(digest).or_else(|| image.blob(digest)).unwrap();
                assert_eq!(entry["size"], found.bytes.len());
                assert_eq!(digest_of(&found.bytes), digest);
            }
        }
    }

    #[test]
    fn an_image_is_the_same_on_every_start_and_another_one_for_another_tag() {
        assert_eq!(build("a:1").digest, build("a:1").digest);
        assert_ne!(digest("a", "1"), digest("a", "2"));
    }

    #[test]
    fn a_client_gets_what_it_accepts() {
        let image = build("a:1");
        assert_eq!(image.for_tag(&[]).unwrap().digest, image.digest);
        assert_eq!(image.for_tag(&[DOCKER_MANIFEST]).unwrap().media_type, DOCKER_MANIFEST);
        assert_eq!(image.for_tag(&[DOCKER_MANIFEST, DOCKER_LIST]).unwrap().media_type, DOCKER_LIST);
        assert!(image.for_tag(&["application/json"]).is_none());
    }
}
