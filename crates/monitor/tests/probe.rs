//! Probe.
mod support;
use support::*;
#[test]
fn probe() {
    on_each_backend(|f| {
        for c in ["hello","exit 3","echo hi","identity xx","remember a","null-write","execute-data","write-code","stack-overflow","halt","control-register","model-specific-register","system-call","interrupt","port","undefined","vector-extension","divide-by-zero","allocate","flood-console","panic x","wait 20"] {
            let (o,k)=f.run(c);
            eprintln!("{c}: {} out={:?} msgs={:?} {:?}", o.exit, k.output.len(), k.messages.iter().map(|m|String::from_utf8_lossy(m).into_owned()).collect::<Vec<_>>(), o.phases);
            if let brood_monitor::Exit::Fault(r)=&o.exit { eprintln!("{r}"); }
        }
    });
}
