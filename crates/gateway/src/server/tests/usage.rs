//! The lines that tell what instances used.

use super::*;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn each_instance_has_a_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("usage");
    let fake = Arc::new(Fake::default());
    let instances = Arc::new(Fakes(Arc::clone(&fake)));
    let one = Applications::One(Application::new("one", 64 << 20, instances));
    let log = UsageLog::open(&path).unwrap();
    let server = Running::with(fake, small(), one, Some(log)).await;
    let mut ids = Vec::new();
    for path in [
        "/", "/timeout", "/cpu", "/memory", "/crash", "/fault", "/host",
    ] {
        let response = server.get(path).await;
        ids.push(header(&response, "brood-request").to_owned());
    }
    server.stop().await;
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let line_of = |request: &String| {
        lines
            .iter()
            .find(|line| line["request"] == request.as_str())
    };
    let exits: Vec<Option<&str>> = ids.iter().map(|id| line_of(id)?["exit"].as_str()).collect();
    let (exit, fault) = (Some("exit"), Some("fault"));
    let limits = ["time", "processor time", "memory"].map(Some);
    // The last could not be run.
    assert_eq!(exits, [&[exit], &limits[..], &[exit, fault, None]].concat());
    let line = line_of(&ids[0]).unwrap();
    assert_eq!(
        (&line["application"], &line["reused"]),
        (&"one".into(), &false.into())
    );
    assert_eq!(
        (&line["wall_ms"], &line["mib_s"]),
        (&2.0.into(), &0.128.into())
    );
    let started = line["started"].as_f64().unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    assert!((now - 600.0..=now).contains(&started));
}
