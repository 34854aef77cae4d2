use super::*;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use brood_monitor::{Launch, Listener};
use tempfile::TempDir;

/// Opens any file but those that begin with `broken`, and counts.
#[derive(Default)]
struct Counts {
    wholly: AtomicUsize,
    known: AtomicUsize,
}

struct Counting(Arc<Counts>);

/// Runs nothing.
struct Nothing;

impl Instances for Nothing {
    fn launch(&self, _launch: Launch<'static>, _listener: Box<dyn Listener>) {}
}

impl Opener for Counting {
    fn open(&self, path: &Path, known: bool) -> Result<Opened, Unfit> {
        let Counts {
            wholly,
            known: again,
        } = &*self.0;
        let count = if known { again } else { wholly };
        count.fetch_add(1, Ordering::SeqCst);
        let unfit = |reason: String, lasting| Unfit { reason, lasting };
        let text = fs::read_to_string(path).map_err(|error| unfit(error.to_string(), false))?;
        if text.starts_with("broken") {
            return Err(unfit(text, true));
        }
        Ok(Opened {
            instances: Arc::new(Nothing),
            memory_bytes: 64 << 20,
            metadata: fs::metadata(path).map_err(|error| unfit(error.to_string(), false))?,
        })
    }
}

struct Setting {
    files: TempDir,
    counts: Arc<Counts>,
    directory: Directory,
}

impl Setting {
    fn new(open: usize) -> Setting {
        let (files, counts) = (tempfile::tempdir().unwrap(), Arc::<Counts>::default());
        let bounds = DirectoryBounds {
            open: NonZeroUsize::new(open).unwrap(),
            ..DirectoryBounds::default()
        };
        let opener = Counting(Arc::clone(&counts));
        let directory = Directory::new(files.path(), bounds, opener).unwrap();
        Setting {
            files,
            counts,
            directory,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(format!("{name}.brood"))
    }

    fn write(&self, name: &str, text: &str) {
        // As one should: made elsewhere, then moved into place.
        let made = self.files.path().join("made");
        fs::write(&made, text).unwrap();
        fs::rename(made, self.path(name)).unwrap();
    }

    /// Waits until what was written last no longer counts as just written.
    fn settle(&self) {
        std::thread::sleep(RACY + Duration::from_millis(50));
    }

    async fn status(&self, name: &str) -> StatusCode {
        match self.directory.find(&Name::new(name).unwrap()).await {
            Ok(application) => {
                assert_eq!(&*application.name, name);
                StatusCode::OK
            }
            Err(refusal) => refusal.status,
        }
    }

    /// How many files were opened and read wholly, and how many known ones were opened.
    fn opened(&self) -> (usize, usize) {
        let Counts { wholly, known } = &*self.counts;
        (wholly.load(Ordering::SeqCst), known.load(Ordering::SeqCst))
    }

    fn is_open(&self, name: &str) -> bool {
        let name = Name::new(name).unwrap();
        self.directory.inner.lock().open.contains(&name)
    }
}

#[tokio::test]
async fn a_file_is_opened_once() {
    let setting = Setting::new(4);
    assert_eq!(setting.status("shop").await, StatusCode::NOT_FOUND);
    setting.write("shop", "1");
    for _ in 0..3 {
        assert_eq!(setting.status("shop").await, StatusCode::OK);
    }
    assert_eq!(setting.opened(), (1, 0));
    fs::create_dir(setting.path("folder")).unwrap();
    assert_eq!(setting.status("folder").await, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_at_once_open_it_once() {
    let setting = Arc::new(Setting::new(4));
    setting.write("shop", "1");
    let mut finding = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let setting = Arc::clone(&setting);
        finding.spawn(async move { setting.status("shop").await });
    }
    assert_eq!(finding.join_all().await, [StatusCode::OK; 50]);
    assert_eq!(setting.opened(), (1, 0));
}

#[tokio::test]
async fn a_replaced_file_is_opened_anew_and_a_removed_one_is_gone() {
    let setting = Setting::new(4);
    setting.write("shop", "1");
    assert_eq!(setting.status("shop").await, StatusCode::OK);
    setting.write("shop", "2");
    assert_eq!(setting.status("shop").await, StatusCode::OK);
    assert_eq!(setting.opened(), (2, 0));
    fs::remove_file(setting.path("shop")).unwrap();
    assert_eq!(setting.status("shop").await, StatusCode::NOT_FOUND);
    assert!(!setting.is_open("shop"));
}

#[tokio::test]
async fn a_broken_file_is_read_once_and_harms_no_other() {
    let setting = Setting::new(4);
    setting.write("bad", "broken");
    setting.write("good", "1");
    setting.settle();
    for _ in 0..3 {
        let status = setting.status("bad").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(setting.status("good").await, StatusCode::OK);
    }
    assert_eq!(setting.opened(), (2, 0));
    assert!(!setting.is_open("bad"));
    setting.write("bad", "repaired");
    assert_eq!(setting.status("bad").await, StatusCode::OK);
}

#[tokio::test]
async fn a_file_that_may_still_change_is_read_again() {
    let setting = Setting::new(4);
    fs::write(setting.path("shop"), "broken").unwrap();
    assert_ne!(setting.status("shop").await, StatusCode::OK);
    // In place, and perhaps within the resolution of the file's times.
    fs::write(setting.path("shop"), "begins").unwrap();
    assert_eq!(setting.status("shop").await, StatusCode::OK);
}

#[tokio::test]
async fn few_are_open_and_the_others_are_known() {
    let setting = Setting::new(3);
    let names: Vec<String> = (0..10).map(|number| format!("app-{number}")).collect();
    for name in &names {
        setting.write(name, name);
    }
    setting.settle();
    for _ in 0..2 {
        for name in &names {
            assert_eq!(setting.status(name).await, StatusCode::OK);
        }
        assert_eq!(setting.directory.inner.lock().open.len(), 3);
    }
    assert_eq!(setting.opened(), (10, 10));
}

#[tokio::test]
async fn what_is_idle_or_gone_is_closed() {
    let setting = Setting::new(4);
    for name in ["idle", "gone", "replaced"] {
        setting.write(name, "1");
        assert_eq!(setting.status(name).await, StatusCode::OK);
    }
    fs::remove_file(setting.path("gone")).unwrap();
    setting.write("replaced", "2");
    let inner = &setting.directory.inner;
    inner.tidy(Instant::now());
    assert!(setting.is_open("idle") && !setting.is_open("gone") && !setting.is_open("replaced"));
    inner.tidy(Instant::now() + inner.bounds.idle);
    assert!(!setting.is_open("idle"));
}
