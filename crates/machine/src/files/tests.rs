use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use super::content::Data;
use super::*;

/// A file system at the time 1000, without a host.
fn with_room(bytes: u64) -> Files<'static> {
    Box::leak(Box::new(FileSystem::new(Some(bytes)))).at_time(1000, None)
}

fn files() -> Files<'static> {
    let files = with_room(1 << 20);
    let content = SharedBinary::copy_from(b"0123456789");
    files
        .tree
        .install(b"/lib/a-1/ebin/a.beam", &content)
        .expect("installed");
    files
}

fn write(files: &mut Files<'_>, path: &[u8], bytes: &[u8]) -> Result<(), PosixError> {
    let mut handle = files.open(path, Modes::WRITE)?;
    let (_, result) = files.write(&mut handle, Data::Bytes(bytes));
    files.close(handle);
    result
}

fn read(files: &mut Files<'_>, path: &[u8]) -> Result<Vec<u8>, PosixError> {
    files.read_file(path).map(|bytes| bytes.to_vec())
}

fn list(files: &mut Files<'_>, path: &[u8]) -> Result<String, PosixError> {
    let names = files.list(path)?;
    let names: Vec<_> = names
        .iter()
        .map(|name| String::from_utf8_lossy(name))
        .collect();
    Ok(names.join(" "))
}

#[test]
fn the_package_is_there_and_can_be_changed() {
    let mut files = files();
    assert_eq!(
        list(&mut files, b"/").as_deref(),
        Ok("dev etc home lib root tmp usr var")
    );
    assert_eq!(list(&mut files, b"/lib/a-1").as_deref(), Ok("ebin"));
    assert_eq!(
        read(&mut files, b"/lib/a-1/../a-1/./ebin//a.beam").as_deref(),
        Ok(&b"0123456789"[..])
    );
    let used = files.tree.room().used();
    assert_eq!(
        files.tree.room().limit() - used,
        (1 << 20) - FileSystem::new(Some(1 << 20)).room().used()
    );
    write(&mut files, b"/lib/a-1/ebin/a.beam", b"other").expect("written");
    assert_eq!(
        read(&mut files, b"/lib/a-1/ebin/a.beam").as_deref(),
        Ok(&b"other"[..])
    );
}

#[test]
fn where_the_package_has_all_nothing_is_asked_of_the_host() {
    let mut files = files();
    assert_eq!(files.tree.know(b"/lib/a-1/ebin", BTreeSet::new()), Ok(()));
    let names = BTreeSet::from([Box::from(&b"priv"[..])]);
    assert_eq!(files.tree.know(b"/lib/b-1", names), Ok(()));
    let none = (files.tree).know(b"/lib/a-1/ebin/a.beam", BTreeSet::new());
    assert_eq!(none, Err(PosixError::NotDirectory));
    let mount = MountPoint {
        path: b"/lib".to_vec(),
        read_only: true,
    };
    assert!(files.tree.mount(&[mount]).is_empty());
    assert!(read(&mut files, b"/lib/a-1/ebin/a.beam").is_ok());
    let absent = [
        &b"/lib/a-1/ebin/b.beam"[..],
        b"/lib/a-1/ebin/b/c",
        b"/lib/b-1/ebin",
        b"/lib/b-1/ebin/b.beam",
    ];
    for path in absent {
        assert_eq!(read(&mut files, path), Err(PosixError::NotFound));
    }
    let written = write(&mut files, b"/lib/a-1/ebin/b.beam", b"");
    assert_eq!(written, Err(PosixError::ReadOnly));
    // There is no host here to be asked.
    for path in [&b"/lib/a-1/b"[..], b"/lib/b-1/priv", b"/lib/b-1/priv/b"] {
        assert_ne!(read(&mut files, path), Err(PosixError::NotFound));
    }
}

#[test]
fn paths_lead_where_those_of_linux_do() {
    use PosixError::*;
    let mut files = files();
    files.make_directory(b"/tmp/d").expect("made");
    files.make_symbolic_link(b"d", b"/tmp/to_d").expect("made");
    files
        .make_symbolic_link(b"/tmp/loop2", b"/tmp/loop1")
        .expect("made");
    files
        .make_symbolic_link(b"loop1", b"/tmp/loop2")
        .expect("made");
    files
        .make_symbolic_link(b"../new", b"/tmp/d/dangling")
        .expect("made");
    write(&mut files, b"/tmp/to_d/f", b"f").expect("written");
    let long = format!("/tmp/{}", "n".repeat(256)).into_bytes();
    let deep = b"/tmp/d/..".repeat(500);
    for (path, expected) in [
        (&b"/tmp/d/f"[..], Ok("regular")),
        (b"/tmp/to_d/", Ok("directory")),
        (b"/tmp/to_d/../to_d/f", Ok("regular")),
        (b"/../../tmp/.", Ok("directory")),
        (b"/tmp/d/f/", Err(NotDirectory)),
        (b"/tmp/d/f/x", Err(NotDirectory)),
        (b"/tmp/none/x", Err(NotFound)),
        (b"", Err(NotFound)),
        (b"/tmp/loop1", Err(Loop)),
        (b"/tmp/loop1/x", Err(Loop)),
        (b"/tmp/d/dangling", Err(NotFound)),
        (&long, Err(NameTooLong)),
        (&deep, Err(NameTooLong)),
    ] {
        let found = files.information(path, Follow::Yes).map(|found| found.kind);
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(path));
    }
    let link = files.information(b"/tmp/to_d", Follow::No);
    assert_eq!(link.map(|link| (link.kind, link.size)), Ok(("symlink", 1)));
    write(&mut files, b"/tmp/d/dangling", b"through").expect("written");
    assert_eq!(
        read(&mut files, b"/tmp/new").as_deref(),
        Ok(&b"through"[..])
    );
    let exclusive = Modes {
        exclusive: true,
        ..Modes::WRITE
    };
    assert_eq!(files.open(b"/tmp/loop1", exclusive).err(), Some(Exists));
    assert_eq!(files.open(b"/tmp", Modes::READ).err(), Some(IsDirectory));
    assert_eq!(
        files.open(b"/tmp/none/", Modes::WRITE).err(),
        Some(IsDirectory)
    );
}

#[test]
fn names_are_made_moved_and_removed_as_on_linux() {
    use PosixError::*;
    let mut files = files();
    let used = files.tree.room().used();
    for path in [&b"/tmp/a"[..], b"/tmp/a/b/", b"/tmp/c"] {
        assert_eq!(files.make_directory(path), Ok(()));
        assert_eq!(files.make_directory(path), Err(Exists));
    }
    assert_eq!(files.make_directory(b"/"), Err(Exists));
    assert_eq!(files.make_directory(b"/tmp/x/y"), Err(NotFound));
    write(&mut files, b"/tmp/f", b"content").expect("written");
    for (old, new, expected) in [
        (&b"/tmp/a"[..], &b"/tmp/a/b/c"[..], Err(Invalid)),
        (b"/tmp/a", b"/tmp/f", Err(NotDirectory)),
        (b"/tmp/f", b"/tmp/a", Err(IsDirectory)),
        (b"/tmp/f", b"/tmp/g/", Err(NotDirectory)),
        (b"/tmp/c", b"/tmp/a", Err(Exists)),
        (b"/tmp/none", b"/tmp/g", Err(NotFound)),
        (b"/", b"/tmp/g", Err(Invalid)),
        (b"/tmp/.", b"/tmp/g", Err(Busy)),
        (b"/tmp/a/b", b"/tmp/c", Ok(())),
        (b"/tmp/f", b"/tmp/f", Ok(())),
        (b"/tmp/f", b"/tmp/a/g", Ok(())),
    ] {
        assert_eq!(
            files.rename(old, new),
            expected,
            "{}",
            String::from_utf8_lossy(old)
        );
    }
    assert_eq!(list(&mut files, b"/tmp").as_deref(), Ok("a c"));
    assert_eq!(files.make_link(b"/tmp/a/g", b"/tmp/h"), Ok(()));
    assert_eq!(files.make_link(b"/tmp/a", b"/tmp/i"), Err(NotPermitted));
    assert_eq!(files.make_link(b"/tmp/h", b"/tmp/a/g"), Err(Exists));
    let links = |files: &mut Files<'_>, path: &[u8]| {
        files.information(path, Follow::Yes).map(|node| node.links)
    };
    assert_eq!(
        (links(&mut files, b"/tmp/h"), links(&mut files, b"/tmp")),
        (Ok(2), Ok(4))
    );
    assert_eq!(files.delete_directory(b"/tmp/a"), Err(Exists));
    assert_eq!(files.delete_directory(b"/tmp/h"), Err(NotDirectory));
    assert_eq!(files.delete_directory(b"/"), Err(Busy));
    assert_eq!(files.delete_file(b"/tmp/a"), Err(NotPermitted));
    for path in [&b"/tmp/a/g"[..], b"/tmp/h"] {
        assert_eq!(files.delete_file(path), Ok(()));
        assert_eq!(files.delete_file(path), Err(NotFound));
    }
    assert_eq!(files.delete_directory(b"/tmp/a"), Ok(()));
    assert_eq!(files.delete_directory(b"/tmp/c/"), Ok(()));
    assert_eq!(files.tree.room().used(), used);
}

#[test]
fn open_files_and_the_working_directory_stay_though_their_names_go() {
    let mut files = files();
    let used = files.tree.room().used();
    files.make_directory(b"/tmp/w").expect("made");
    files.set_working_directory(b"/tmp/w").expect("changed");
    write(&mut files, b"f", b"0123").expect("written");
    assert_eq!(files.working_directory().as_deref(), Ok(&b"/tmp/w"[..]));
    let mut handle = files.open(b"f", Modes::READ).expect("opened");
    files.delete_file(b"/tmp/w/f").expect("deleted");
    assert!(
        files
            .read(&mut handle, 10)
            .is_ok_and(|bytes| *bytes == *b"0123")
    );
    files.close(handle);
    assert_eq!(files.delete_directory(b"/tmp/w"), Ok(()));
    assert_eq!(files.working_directory(), Err(PosixError::NotFound));
    assert_eq!(write(&mut files, b"f", b""), Err(PosixError::NotFound));
    files.set_working_directory(b"/").expect("changed");
    assert_eq!(files.tree.room().used(), used);
}

#[test]
fn handles_write_append_seek_and_cut() {
    let mut files = files();
    let both = Modes {
        read: true,
        ..Modes::WRITE
    };
    let append = Modes {
        append: true,
        ..both
    };
    write(&mut files, b"/tmp/f", b"0123456789").expect("written");
    let mut handle = files.open(b"/tmp/f", both).expect("opened");
    assert_eq!(files.seek(&mut handle, Mark::End, -4), Ok(6));
    assert_eq!(
        files.seek(&mut handle, Mark::Current, -7),
        Err(PosixError::Invalid)
    );
    assert_eq!(files.write(&mut handle, Data::Bytes(b"x")), (1, Ok(())));
    assert_eq!(files.truncate(&handle), Ok(()));
    assert_eq!(read(&mut files, b"/tmp/f").as_deref(), Ok(&b"012345x"[..]));
    let mut second = files.open(b"/tmp/f", append).expect("opened");
    assert_eq!(files.write_at(&second, 0, Data::Bytes(b"y")), (1, Ok(())));
    assert_eq!(files.write(&mut second, Data::Bytes(b"z")), (1, Ok(())));
    assert!(
        files
            .read_at(&handle, 6, 9)
            .is_ok_and(|bytes| *bytes == *b"xyz")
    );
    files.close(handle);
    files.close(second);
    let reader = files.open(b"/tmp/f", Modes::READ).expect("opened");
    let (written, error) = files.write_at(&reader, 0, Data::Bytes(b"no"));
    assert_eq!((written, error), (0, Err(PosixError::BadDescriptor)));
    assert_eq!(files.truncate(&reader), Err(PosixError::Invalid));
    files.close(reader);
}

#[test]
fn devices_swallow_and_refuse() {
    let mut files = files();
    assert_eq!(write(&mut files, b"/dev/null", b"gone"), Ok(()));
    assert_eq!(
        write(&mut files, b"/dev/full", b"more"),
        Err(PosixError::NoSpace)
    );
    let mut zero = files.open(b"/dev/zero", Modes::READ).expect("opened");
    assert!(files.read(&mut zero, 3).is_ok_and(|bytes| *bytes == [0; 3]));
    files.close(zero);
    let information = files.information(b"/dev/null", Follow::Yes).expect("there");
    assert_eq!((information.kind, information.device), ("device", 0x103));
}

#[test]
fn times_tell_of_reading_and_writing() {
    let mut files = files();
    write(&mut files, b"/tmp/f", b"1").expect("written");
    let times = |files: &mut Files<'_>| {
        let attributes = files
            .information(b"/tmp/f", Follow::Yes)
            .expect("there")
            .attributes;
        (attributes.accessed, attributes.modified, attributes.changed)
    };
    files.tree.volume.now = 2000;
    read(&mut files, b"/tmp/f").expect("read");
    assert_eq!(times(&mut files), (1000, 1000, 1000));
    write(&mut files, b"/tmp/f", b"2").expect("written");
    files.tree.volume.now = 3000;
    read(&mut files, b"/tmp/f").expect("read");
    assert_eq!(times(&mut files), (3000, 2000, 2000));
    files
        .change_attributes(
            b"/tmp/f",
            &Change {
                mode: Some(0o600),
                ..Change::default()
            },
        )
        .expect("changed");
    assert_eq!(times(&mut files), (3000, 2000, 3000));
}

#[test]
fn a_full_room_refuses_without_losing_anything() {
    let mut files = with_room(100_000);
    let chunk = [7; 10_000];
    let mut handle = files.open(b"/tmp/f", Modes::WRITE).expect("opened");
    let mut total = 0;
    let error = loop {
        let (written, result) = files.write(&mut handle, Data::Bytes(&chunk));
        total += written;
        if let Err(error) = result {
            break error;
        }
    };
    files.close(handle);
    assert_eq!(error, PosixError::NoSpace);
    assert!(total >= 60_000);
    let content = read(&mut files, b"/tmp/f").expect("read");
    assert!(content.len() as u64 == total && content.iter().all(|&byte| byte == 7));
    let mut count = 0;
    while files
        .make_directory(format!("/tmp/{count}").as_bytes())
        .is_ok()
    {
        count += 1;
    }
    assert!(count < 1000);
    assert_eq!(files.delete_file(b"/tmp/f"), Ok(()));
    assert_eq!(write(&mut files, b"/tmp/g", &chunk), Ok(()));
}
