//! The image that `brood erl` clones: OTP's own code prepared, and nothing started.
//!
//! It is built once for an installation of OTP and kept in the user's cache. Its file's name tells
//! of what it was made: which OTP, which files of it and when they were changed, which machine.
//! What is built belongs to one process at a time; others wait for it. A file that can't be read
//! as an image is built again.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Instant, UNIX_EPOCH};

use anyhow::{Context, bail};
use brood_gateway::Writer;
use brood_image::{Image, Metadata, Module};
use brood_monitor::{Control, Monitor};

use super::installation::Installation;
use crate::build::{self, spinner};
use crate::cache;
use crate::memory::mib;
use crate::package::Package;
use crate::show;

/// Applications whose code is prepared, if they are installed. Of any other, what is loaded is
/// read and prepared then.
const APPLICATIONS: [&str; 10] = [
    "kernel",
    "stdlib",
    "compiler",
    "sasl",
    "syntax_tools",
    "parsetools",
    "eunit",
    "runtime_tools",
    "tools",
    "mnesia",
];
/// Without these there is no Erlang.
const MANDATORY: [&str; 2] = ["kernel", "stdlib"];

/// Modules that the emulator has in itself only where it has their natives: those of sockets.
const NOT_PRELOADED: [&str; 3] = ["prim_socket", "prim_net", "socket_registry"];

/// Memory to build in, in MiB.
const BUILD_MEMORY: u64 = 1024;
/// What tells one layout of the package from another.
const LAYOUT: &str = "base 4";
/// How many images are kept beside a new one, those of other installations and versions included.
const KEPT: usize = 3;
/// How the images' files are called: `base-FINGERPRINT.brood`.
const PREFIX: &str = "base-";
/// What a file is called that becomes an image, and is left behind if its maker is killed.
const UNFINISHED: &str = ".brood-image-";
/// Held by who builds.
const LOCK: &str = "base.lock";

/// A file of OTP that goes into the image.
#[derive(Clone)]
struct Source {
    application: &'static str,
    path: PathBuf,
    bytes: u64,
    modified_ns: u128,
}

/// The image for an installation: from the cache, or built now.
pub fn image(installation: &Installation, monitor: &Monitor) -> anyhow::Result<Image> {
    let sources = Sources::of(installation)?;
    let name = format!("{PREFIX}{}.brood", sources.fingerprint(installation));
    let directory = cache::directory();
    let path = directory.as_ref().map(|directory| directory.join(&name));
    if let Some(image) = path.as_deref().and_then(open) {
        return Ok(image);
    }
    let (Some(directory), Some(path)) = (directory.filter(|place| usable(place)), path) else {
        // Nowhere to keep it: it lives as long as it is open.
        let place = tempfile::tempdir().context("cannot make a temporary directory")?;
        return build(installation, &sources, monitor, &place.path().join(name));
    };
    let lock = directory.join(LOCK);
    let held = File::create(&lock).with_context(|| format!("cannot make {}", lock.display()))?;
    held.lock()
        .with_context(|| format!("cannot lock {}", lock.display()))?;
    // Whoever held the lock before may have built it.
    if let Some(image) = open(&path) {
        return Ok(image);
    }
    discard_old(&directory);
    let image = build(installation, &sources, monitor, &path)?;
    put_seal(&path);
    Ok(image)
}

/// Whether files can be kept there.
fn usable(directory: &Path) -> bool {
    let made = fs::create_dir_all(directory).and_then(|()| tempfile::tempfile_in(directory));
    if let Err(error) = &made {
        tracing::debug!(cache = %directory.display(), "the cache can't be used: {error}");
    }
    made.is_ok()
}

/// The image at `path`, unless there is none that can be used.
fn open(path: &Path) -> Option<Image> {
    let opened = match state(path) {
        Some(state) if fs::read_to_string(seal(path)).is_ok_and(|sealed| sealed == state) => {
            Image::open_known(path)
        }
        _ => Image::open(path).inspect(|_| put_seal(path)),
    };
    match opened {
        Ok(image) => Some(image),
        Err(brood_image::Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            None
        }
        Err(error) => {
            tracing::warn!("the cached image can't be used and is built again: {error}");
            None
        }
    }
}

/// Where it is kept in which state an image was found to be whole, so that it needn't be read from
/// end to end each time.
fn seal(path: &Path) -> PathBuf {
    path.with_extension("sealed")
}

/// What changes with every change of a file: its number, its size, and the times of both kinds of
/// change, of which nobody sets the second one.
fn state(path: &Path) -> Option<String> {
    let found = path.metadata().ok()?;
    let times = [
        found.mtime(),
        found.mtime_nsec(),
        found.ctime(),
        found.ctime_nsec(),
    ];
    Some(format!("{} {} {times:?}", found.ino(), found.len()))
}

/// Without a seal, the image is checked again the next time.
fn put_seal(path: &Path) {
    let put = || -> Option<()> {
        let mut file = tempfile::NamedTempFile::new_in(path.parent()?).ok()?;
        file.write_all(state(path)?.as_bytes()).ok()?;
        file.persist(seal(path)).ok()?;
        Some(())
    };
    if put().is_none() {
        tracing::debug!(image = %path.display(), "can't be sealed");
    }
}

fn build(
    installation: &Installation,
    sources: &Sources,
    monitor: &Monitor,
    path: &Path,
) -> anyhow::Result<Image> {
    let start = Instant::now();
    let progress = spinner();
    progress.set_message(format!(
        "preparing OTP {} in {}, once",
        installation.release,
        installation.root.display()
    ));
    let package = sources.package(installation)?;
    let memory = mib(BUILD_MEMORY)?;
    let control = Control::new();
    let image = build::image(monitor, package, memory, path, start, &control, &progress);
    progress.finish_and_clear();
    let image =
        image.with_context(|| format!("cannot prepare OTP in {}", installation.root.display()))?;
    tracing::info!(
        image = %path.display(),
        "prepared {} modules in {}",
        image.metadata().modules.len(),
        show::time(start.elapsed())
    );
    Ok(image)
}

/// Removes all but the newest images, and what builders that were killed left. Under the lock.
fn discard_old(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    let mut images: Vec<_> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?;
            if name.starts_with(UNFINISHED) {
                let _ = fs::remove_file(&path);
            }
            let ours = name.starts_with(PREFIX) && name.ends_with(".brood");
            let modified = path.metadata().ok()?.modified().ok()?;
            ours.then_some((modified, path))
        })
        .collect();
    images.sort();
    let old = images.len().saturating_sub(KEPT);
    for (_, path) in images.drain(..old) {
        // One that is in use lives on until nobody has it open.
        let _ = fs::remove_file(seal(&path)).and(fs::remove_file(path));
    }
}

/// The files that go into an image.
struct Sources {
    /// Modules that the emulator has in itself.
    preloaded: Vec<Source>,
    /// Modules that are prepared.
    prepared: Vec<Source>,
    /// What else is with them, such as the applications' resources, and boot scripts.
    others: Vec<Source>,
    /// Directories of which all names are known to the image.
    known: Vec<KnownDirectory>,
}

/// A directory, and the names in it of what doesn't go into the image.
struct KnownDirectory {
    path: PathBuf,
    names: Vec<OsString>,
}

impl Sources {
    fn of(installation: &Installation) -> anyhow::Result<Sources> {
        let (mut prepared, mut others) = (Vec::new(), Vec::new());
        let path = installation.root.join("lib");
        let library =
            known(path.clone()).with_context(|| format!("cannot read {}", path.display()))?;
        let mut known = applications(&library);
        for application in APPLICATIONS {
            match installation.ebin(&library.names, application) {
                Some(ebin) => {
                    let (files, is_all) = files(application, &ebin)?;
                    prepared.extend(with_extension(files.clone(), &ebin, "beam")?);
                    others.extend(files.into_iter().filter(|file| !file.has_extension("beam")));
                    if is_all {
                        let names = Vec::new();
                        known.push(KnownDirectory { path: ebin, names });
                    }
                }
                None if MANDATORY.contains(&application) => {
                    bail!("there is no {application} in {}", library.path.display())
                }
                None => {}
            }
        }
        known.push(library);
        let sources = |directory: &Path, extension| {
            with_extension(files("erts", directory)?.0, directory, extension)
        };
        let mut preloaded = sources(&installation.preloaded(), "beam")?;
        preloaded.retain(|source| !NOT_PRELOADED.contains(&source.module().as_str()));
        others.extend(sources(&installation.root.join("bin"), "boot")?);
        Ok(Sources {
            preloaded,
            prepared,
            others,
            known,
        })
    }

    /// Tells apart what differs.
    fn fingerprint(&self, installation: &Installation) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut add = |part: &[u8]| {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        };
        add(LAYOUT.as_bytes());
        add(env!("BROOD_GUEST_DIGEST").as_bytes());
        add(&brood_abi::VERSION.to_le_bytes());
        add(installation.root.as_os_str().as_encoded_bytes());
        for source in self.modules().chain(&self.others) {
            add(source.path.as_os_str().as_encoded_bytes());
            add(&source.bytes.to_le_bytes());
            add(&source.modified_ns.to_le_bytes());
        }
        for directory in &self.known {
            add(directory.path.as_os_str().as_encoded_bytes());
            add(&directory.names.len().to_le_bytes());
            for name in &directory.names {
                add(name.as_encoded_bytes());
            }
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }

    fn modules(&self) -> impl Iterator<Item = &Source> {
        self.preloaded.iter().chain(&self.prepared)
    }

    /// `{brood_package, 1, #{files, known, preloaded, otp, prepare, args, freeze}}`, as the machine documents it.
    fn package(&self, installation: &Installation) -> anyhow::Result<Package> {
        let mut writer = Writer::new();
        writer.tuple(3);
        writer.atom("brood_package");
        writer.integer(1);
        writer.map(7);
        writer.atom("otp");
        writer.tuple(2);
        writer.binary(installation.release.as_bytes());
        writer.binary(installation.erts.as_bytes());
        writer.atom("files");
        let files: Vec<_> = self.prepared.iter().chain(&self.others).collect();
        let contents = contents_of(files.iter().copied())?;
        writer.list(files.iter().zip(&contents), |writer, (source, content)| {
            writer.tuple(2);
            writer.binary(source.path.as_os_str().as_encoded_bytes());
            writer.binary(content);
        });
        writer.atom("known");
        writer.list(self.known.iter(), |writer, directory| {
            writer.tuple(2);
            writer.binary(directory.path.as_os_str().as_encoded_bytes());
            writer.list(directory.names.iter(), |writer, name| {
                writer.binary(name.as_encoded_bytes());
            });
        });
        writer.atom("preloaded");
        let preloaded = contents_of(&self.preloaded)?;
        let modules = self.preloaded.iter().zip(&preloaded);
        writer.list(modules, |writer, (source, content)| {
            writer.tuple(2);
            writer.atom(&source.module());
            writer.binary(content);
        });
        writer.atom("prepare");
        writer.list(self.prepared.iter(), |writer, source| {
            writer.binary(source.path.as_os_str().as_encoded_bytes());
        });
        writer.atom("args");
        writer.list([].into_iter(), |_, ()| {});
        writer.atom("freeze");
        writer.atom("before_boot");
        Ok(Package {
            bytes: writer.into_bytes(),
            metadata: self.metadata(installation),
        })
    }

    fn metadata(&self, installation: &Installation) -> Metadata {
        Metadata {
            name: format!("OTP in {}", installation.root.display()),
            otp_release: installation.release.clone(),
            entry: "erl".to_owned(),
            modules: self
                .modules()
                .map(|source| Module {
                    name: source.module(),
                    bytes: source.bytes,
                    source: format!("otp/{}", source.application),
                })
                .collect(),
            ..Metadata::default()
        }
    }
}

impl Source {
    fn has_extension(&self, extension: &str) -> bool {
        self.path
            .extension()
            .is_some_and(|found| found == extension)
    }

    fn module(&self) -> String {
        let stem = self.path.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }
}

/// What is in these files.
fn contents_of<'a>(sources: impl IntoIterator<Item = &'a Source>) -> anyhow::Result<Vec<Vec<u8>>> {
    let read = |source: &Source| {
        fs::read(&source.path).with_context(|| format!("cannot read {}", source.path.display()))
    };
    sources.into_iter().map(read).collect()
}

/// The files of a directory, in the order of their names, and whether there is nothing else in it.
fn files(application: &'static str, directory: &Path) -> anyhow::Result<(Vec<Source>, bool)> {
    let failed = || format!("cannot read {}", directory.display());
    let (mut sources, mut is_all) = (Vec::new(), true);
    for entry in fs::read_dir(directory).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        let Some(metadata) = path.metadata().ok().filter(fs::Metadata::is_file) else {
            is_all = false;
            continue;
        };
        let modified = metadata.modified().ok();
        let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        sources.push(Source {
            application,
            bytes: metadata.len(),
            modified_ns: since.map_or(0, |time| time.as_nanos()),
            path,
        });
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok((sources, is_all))
}

/// The directories of applications. A start looks for each with and without `ebin`, and as an archive.
fn applications(library: &KnownDirectory) -> Vec<KnownDirectory> {
    let paths = library.names.iter().map(|name| library.path.join(name));
    // Where a link leads to isn't looked into, and what can't be read is left to whoever wants something of it.
    let directories =
        paths.filter(|path| path.symlink_metadata().is_ok_and(|found| found.is_dir()));
    directories.filter_map(|path| known(path).ok()).collect()
}

/// A directory with its names, in their order.
fn known(path: PathBuf) -> io::Result<KnownDirectory> {
    let names = fs::read_dir(&path)?.map(|entry| Ok(entry?.file_name()));
    let mut names: Vec<OsString> = names.collect::<io::Result<_>>()?;
    names.sort();
    Ok(KnownDirectory { path, names })
}

/// Those with this extension. There must be some.
fn with_extension(
    mut files: Vec<Source>,
    directory: &Path,
    extension: &str,
) -> anyhow::Result<Vec<Source>> {
    files.retain(|file| file.has_extension(extension));
    if files.is_empty() {
        bail!("there is no .{extension} file in {}", directory.display());
    }
    Ok(files)
}
