//! The list of fixtures, `tests/wit_bindgen/guests/fixtures.toml`: what is composed of what.
//!
//! A fixture is a table whose `components` are guest sources, providers before those who use them; the last one
//! is the runner. A source's file name says the rest: `WORLD.LANGUAGE`, or `WORLD.ENCODING.LANGUAGE` where the
//! strings of the guest are not UTF-8, beside a `world.wit` that declares `WORLD`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use indexmap::IndexMap;
use serde::Deserialize;
use wit_component::StringEncoding;

/// The folder of the guests, relative to the repository.
pub(crate) const GUESTS: &str = "tests/wit_bindgen/guests";
/// The folder of the fixtures, relative to the repository.
pub(crate) const FIXTURES: &str = "tests/wit_bindgen/fixtures";

/// One table of the catalogue.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fixture {
    /// Guest sources relative to the guests' folder, providers first.
    pub(crate) components: Vec<PathBuf>,
    /// Where the composed component goes, relative to the repository.
    #[serde(default = "fixtures_folder")]
    pub(crate) output: PathBuf,
    /// Whether each component is written beside the composed one as well.
    #[serde(default)]
    pub(crate) separate: bool,
    /// Which WASI the guests are built against.
    #[serde(default)]
    pub(crate) wasi: Wasi,
    /// Features of the Rust guests' packages.
    #[serde(default)]
    pub(crate) features: Vec<String>,
    /// Whether it needs a host with asynchronous calls.
    #[serde(default, rename = "async")]
    pub(crate) asynchronous: bool,
    /// Core imports that pass through the components, each of those that have them: `MODULE::FIELD`.
    #[serde(default)]
    pub(crate) passthrough: Vec<String>,
}

impl Fixture {
    /// How its Rust guests are compiled.
    pub(crate) fn form(&self) -> Form {
        Form { wasi: self.wasi, features: self.features.clone() }
    }
}

/// What one source can be compiled for.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub(crate) struct Form {
    pub(crate) wasi: Wasi,
    pub(crate) features: Vec<String>,
}

/// The target a fixture's guests are built for.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq, Debug, Hash)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Wasi {
    /// No system interface: the component imports what its world says and nothing else.
    #[default]
    None,
    /// The standard library on preview 1, adapted to WASI 0.2.
    P1,
    /// The target of WASI 0.3, without a standard library, which is not to be had for it: the stack pointer is in `context`. Guests in Rust only;
    /// others of the fixture are built as with [`Wasi::None`].
    P3,
}

impl Wasi {
    pub(crate) fn target(self) -> &'static str {
        match self {
            Wasi::None => "wasm32-unknown-unknown",
            Wasi::P1 => "wasm32-wasip1",
            Wasi::P3 => "wasm32-wasip3",
        }
    }
}

fn fixtures_folder() -> PathBuf {
    PathBuf::from(FIXTURES)
}

/// The fixtures by name, in the order of the file.
pub(crate) type Catalogue = IndexMap<String, Fixture>;

/// Reads the catalogue, reduced to `names` unless that is empty.
pub(crate) fn read(root: &Path, names: &[String]) -> Result<Catalogue> {
    let path = root.join(GUESTS).join("fixtures.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let mut catalogue: Catalogue = toml::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
    for name in names {
        ensure!(catalogue.contains_key(name), "no fixture is called `{name}`; see {}", path.display());
    }
    if !names.is_empty() {
        catalogue.retain(|name, _| names.contains(name));
    }
    Ok(catalogue)
}

/// What the name of a guest source says.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Absolute path.
    pub(crate) path: PathBuf,
    /// The world that it implements, of the `world.wit` beside it.
    pub(crate) world: String,
    pub(crate) language: Language,
    pub(crate) encoding: StringEncoding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Rust,
    C,
    Cpp,
    Wat,
}

impl Source {
    /// Reads the name of `relative`, a path from the guests' folder.
    pub(crate) fn new(root: &Path, relative: &Path) -> Result<Source> {
        let path = root.join(GUESTS).join(relative);
        let name = path.file_name().and_then(|name| name.to_str()).context("a guest needs a file name")?;
        let parts: Vec<&str> = name.split('.').collect();
        let (world, encoding, extension) = match parts[..] {
            [world, extension] => (world, "utf8", extension),
            [world, encoding, extension] => (world, encoding, extension),
            _ => bail!("{} is not of the form WORLD[.ENCODING].LANGUAGE", relative.display()),
        };
        let language = match extension {
            "rs" => Language::Rust,
            "c" => Language::C,
            "cpp" => Language::Cpp,
            "wat" => Language::Wat,
            _ => bail!("{}: guests are .rs, .c, .cpp or .wat", relative.display()),
        };
        let encoding = match encoding {
            "utf8" => StringEncoding::UTF8,
            "utf16" => StringEncoding::UTF16,
            "latin1" => StringEncoding::CompactUTF16,
            _ => bail!("{}: string encodings are utf8, utf16 and latin1 (with utf16)", relative.display()),
        };
        ensure!(path.is_file(), "{} does not exist", path.display());
        Ok(Source { world: world.to_string(), path: path.clone(), language, encoding })
    }

    /// The manifest of the cargo package that a guest in Rust is an example of: the nearest one above it, not
    /// this repository's own, or else that of the guests' folder.
    pub(crate) fn manifest(&self, root: &Path) -> Result<PathBuf> {
        let root = root.canonicalize()?;
        let path = self.path.canonicalize()?;
        let above = path.ancestors().skip(1).take_while(|folder| *folder != root);
        let mut manifests = above.map(|folder| folder.join("Cargo.toml"));
        Ok(manifests.find(|manifest| manifest.is_file()).unwrap_or_else(|| root.join(GUESTS).join("Cargo.toml")))
    }

    /// The folder that holds the source and its WIT.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().expect("a path made by joining a file to a folder")
    }
}
