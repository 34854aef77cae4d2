//! Many applications on one server.

use super::*;
use crate::directory::{Directory, DirectoryBounds, Opened, Opener, Unfit};
use std::path::Path;
use tempfile::TempDir;

/// Every file is an application of the same made-up instances, but for empty ones.
struct Files(Arc<Fake>);

impl Opener for Files {
    fn open(&self, path: &Path, _known: bool) -> Result<Opened, Unfit> {
        let metadata = std::fs::metadata(path).unwrap();
        if metadata.len() == 0 {
            return Err(Unfit {
                reason: "it is empty".to_owned(),
                lasting: true,
            });
        }
        Ok(Opened {
            instances: Arc::new(Fakes(Arc::clone(&self.0))),
            memory_bytes: 64 << 20,
            metadata,
        })
    }
}

async fn serving(config: Config, names: &[&str]) -> (TempDir, Running) {
    let files = tempfile::tempdir().unwrap();
    for name in names {
        std::fs::write(files.path().join(format!("{name}.brood")), "x").unwrap();
    }
    let fake = Arc::new(Fake::default());
    let opener = Files(Arc::clone(&fake));
    let directory = Directory::new(files.path(), DirectoryBounds::default(), opener).unwrap();
    let running = Running::with(fake, config, Applications::Directory(directory), None).await;
    (files, running)
}

impl Running {
    fn to(&self, host: &str, path: &str) -> Request<Full<Bytes>> {
        let mut request = self.request(Method::GET, path, b"");
        let host = host.parse().unwrap();
        request.headers_mut().insert(http::header::HOST, host);
        request
    }

    async fn ask(&self, host: &str) -> (StatusCode, String) {
        let response = self.http.request(self.to(host, "/")).await.unwrap();
        let response = whole(response).await;
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        (response.status(), text)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_names_the_application() {
    let (files, server) = serving(small(), &["shop", "blog"]).await;
    for host in ["shop", "SHOP.example.org", "blog.localhost:8080"] {
        assert_eq!(server.ask(host).await, (StatusCode::OK, "hello".to_owned()));
    }
    for (host, says) in [
        ("chat.example.org", "no application chat here"),
        ("127.0.0.1", "names the application"),
        ("a_b", "names the application"),
    ] {
        let (status, text) = server.ask(host).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{host}");
        assert!(text.contains(says), "{text}");
    }
    std::fs::write(files.path().join("broken.brood"), "").unwrap();
    let (status, text) = server.ask("broken").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!text.contains("empty"), "the reason is for the log");
    std::fs::remove_file(files.path().join("blog.brood")).unwrap();
    assert_eq!(server.ask("blog").await.0, StatusCode::NOT_FOUND);
    assert_eq!(server.ask("shop").await.0, StatusCode::OK);
    let launched = server.fake.launched.load(Ordering::SeqCst);
    assert_eq!(launched, 4, "nobody else had an instance");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_knows_nothing_of_others() {
    let (_files, server) = serving(small(), &["shop", "blog"]).await;
    for host in ["shop", "blog", "shop"] {
        server.ask(host).await;
    }
    let knows = |argument: &Vec<u8>| argument.windows(8).any(|window| window == b"previous");
    let arguments = server.fake.arguments.lock().unwrap().clone();
    let knows: Vec<bool> = arguments.iter().map(knows).collect();
    // The second one of `shop` may have been launched before the first was gone.
    assert_eq!(knows[..2], [false, false]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_application_starves_nobody() {
    let config = Config {
        concurrency: 4,
        share: 3,
        queue: 8,
        ..small()
    };
    let (_files, server) = serving(config, &["busy", "calm"]).await;
    let mut busy = JoinSet::new();
    for _ in 0..40 {
        busy.spawn(server.http.request(server.to("busy", "/slow")));
    }
    // 3 have an instance, 8 wait, and the others hear that.
    for _ in 0..29 {
        let refused = busy.join_next().await.unwrap().unwrap().unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(server.ask("calm").await.0, StatusCode::OK);
    // More than have a place: one waits, for which one of the busy application has to go.
    let mut calm = JoinSet::new();
    for _ in 0..2 {
        calm.spawn(server.http.request(server.to("calm", "/slow")));
    }
    let displaced = busy.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(displaced.status(), StatusCode::SERVICE_UNAVAILABLE);
    server.fake.gate.open();
    for response in calm
        .join_all()
        .await
        .into_iter()
        .chain(busy.join_all().await)
    {
        assert_eq!(response.unwrap().status(), StatusCode::OK);
    }
    server.stop().await;
}
