//! `brood inspect`: describes an image.

use brood_image::{FORMAT_VERSION, Image, Metadata, Module};
use serde::Serialize;

use crate::arguments;
use crate::show;

/// The description as JSON.
#[derive(Serialize)]
struct Description<'a> {
    path: String,
    format: u32,
    abi: u32,
    /// BLAKE3 of the contents, hexadecimal.
    checksum: String,
    /// Length of the file.
    file_bytes: u64,
    /// Guest memory that is in the file.
    memory_bytes: u64,
    /// What is mapped where.
    sections: Vec<Section>,
    #[serde(flatten)]
    metadata: &'a Metadata,
}

#[derive(Serialize)]
struct Section {
    address: u64,
    bytes: u64,
    protection: &'static str,
}

/// Describes.
pub fn inspect(options: &arguments::Inspect) -> anyhow::Result<()> {
    let image = Image::open(&options.image)?;
    let description = describe(&image);
    if options.json {
        println!("{}", serde_json::to_string_pretty(&description)?);
    } else {
        print!("{}", text(&description));
    }
    Ok(())
}

fn describe(image: &Image) -> Description<'_> {
    let sections = image.space().mappings(image.memory_kept_end());
    Description {
        path: image.path().display().to_string(),
        format: FORMAT_VERSION,
        abi: image.abi_version(),
        checksum: image
            .checksum()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        file_bytes: image.file_bytes(),
        memory_bytes: image.memory_kept(),
        sections: sections
            .map(|mapping| Section {
                address: mapping.address,
                bytes: mapping.length,
                protection: mapping.protection.name(),
            })
            .collect(),
        metadata: image.metadata(),
    }
}

fn text(description: &Description<'_>) -> String {
    let Metadata {
        brood_version,
        name,
        otp_release,
        created_unix,
        build_ms,
        entry,
        modules,
        arguments,
    } = description.metadata;
    let code = modules.iter().map(|module| module.bytes).sum();
    let facts = [
        ("image", description.path.clone()),
        ("application", name.clone()),
        ("entry", entry.clone()),
        ("OTP release", otp_release.clone()),
        (
            "built by",
            format!("brood {brood_version}, in {build_ms} ms, at Unix time {created_unix}"),
        ),
        (
            "format, ABI",
            format!("{}, {}", description.format, description.abi),
        ),
        ("checksum", description.checksum.clone()),
        ("file", show::bytes(description.file_bytes)),
        ("memory", show::bytes(description.memory_bytes)),
        (
            "modules",
            format!("{}, {} of code", modules.len(), show::bytes(code)),
        ),
        ("arguments", arguments.join(" ")),
    ];
    let mut text = String::new();
    for (name, fact) in facts {
        text.push_str(&format!("{name:<12} {fact}\n"));
    }
    text.push('\n');
    let mut sources: Vec<&str> = modules
        .iter()
        .map(|module| module.source.as_str())
        .collect();
    sources.sort_unstable();
    sources.dedup();
    let mut rows = Vec::new();
    for source in sources {
        let of_source: Vec<&Module> = modules
            .iter()
            .filter(|module| module.source == source)
            .collect();
        let total = of_source.iter().map(|module| module.bytes).sum();
        rows.push(vec![
            source.to_owned(),
            format!("{} modules", of_source.len()),
            show::bytes(total),
        ]);
        // OTP's own modules are known; the application's are what one looks for.
        if !source.starts_with("otp/") {
            rows.extend(of_source.iter().map(|module| {
                vec![
                    format!("  {}", module.name),
                    String::new(),
                    show::bytes(module.bytes),
                ]
            }));
        }
    }
    text.push_str(&show::table(&rows));
    text
}
