//! Compiles the parts of PCRE2 that compile and interpret patterns, for a program without a C library: no machine code
//! is made at run time, and the few headers that it includes are those in `include/`.

use std::error::Error;
use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;

/// The package whose copy of the sources is compiled.
const SOURCES: &str = "pcre2-sys";

/// Of PCRE2's files, those that a matcher consists of.
const FILES: [&str; 20] = [
    "auto_possess",
    "chartables",
    "chkdint",
    "compile",
    "compile_class",
    "context",
    "error",
    "extuni",
    "find_bracket",
    "match",
    "match_data",
    "newline",
    "ord2utf",
    "pattern_info",
    "script_run",
    "string_utils",
    "tables",
    "ucd",
    "valid_utf",
    "xclass",
];

fn sources() -> Result<PathBuf, Box<dyn Error>> {
    let metadata = MetadataCommand::new().exec()?;
    let package = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == SOURCES)
        .ok_or("the package with the sources of PCRE2 is not there")?;
    let root = package.manifest_path.parent().ok_or("no directory")?;
    Ok(root.join("upstream").into())
}

/// The number and the date of the version, as the header has them.
fn version(upstream: &Path) -> Result<String, Box<dyn Error>> {
    let header = std::fs::read_to_string(upstream.join("include/pcre2.h"))?;
    let value = |name: &str| {
        let start = format!("#define PCRE2_{name} ");
        let line = header.lines().find_map(|line| line.strip_prefix(&start));
        line.map(str::trim).ok_or(format!("no PCRE2_{name}"))
    };
    let (major, minor, date) = (value("MAJOR")?, value("MINOR")?, value("DATE")?);
    Ok(format!("{major}.{minor} {date}"))
}

fn main() -> Result<(), Box<dyn Error>> {
    for path in ["build.rs", "Cargo.toml", "include"] {
        println!("cargo:rerun-if-changed={path}");
    }
    let upstream = sources()?;
    println!("cargo:rustc-env=PCRE2_VERSION={}", version(&upstream)?);
    let mut build = cc::Build::new();
    build
        // These headers come before a C library's.
        .include("include")
        .include(upstream.join("include"))
        .include(upstream.join("src"))
        .define("HAVE_CONFIG_H", None)
        .define("HAVE_MEMMOVE", None)
        .define("PCRE2_STATIC", None)
        .define("PCRE2_CODE_UNIT_WIDTH", "8")
        .define("SUPPORT_PCRE2_8", None)
        .define("SUPPORT_UNICODE", None)
        .define("MAX_NAME_SIZE", "32")
        .flag("-ffreestanding")
        .flag("-fno-stack-protector")
        .flag("-fno-omit-frame-pointer")
        .flag("-U_FORTIFY_SOURCE")
        .warnings(false)
        // A matcher that is not optimised is of no use in tests either.
        .opt_level(2);
    for file in FILES {
        build.file(Path::new(&upstream).join(format!("src/pcre2_{file}.c")));
    }
    build.compile("brood_pcre2");
    Ok(())
}
