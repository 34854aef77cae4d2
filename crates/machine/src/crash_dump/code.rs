//! Modules, funs and atoms; the text of `system_info(loaded)`.

use core::fmt::{self, Write};

use brood_term::Term;
use brood_term::external::{EncodeOptions, encode};

use super::View;
use super::object::base64;
use crate::code::module::Module;

/// The bytes of a version's code and literals.
fn size(module: &Module) -> usize {
    (module.code_words() + module.literals.words()) * size_of::<u64>()
}

fn totals(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    let (mut current, mut old) = (0, 0);
    for name in view.code.loaded() {
        current += view.code.module(name).map_or(0, |module| size(module));
        old += view.code.old_module(name).map_or(0, |module| size(module));
    }
    write!(to, "Current code: {current}\nOld code: {old}\n")
}

/// The loaded modules, a line for each.
pub(crate) fn loaded(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    totals(view, to)?;
    for name in view.code.loaded() {
        let bytes = view.code.module(name).map_or(0, |module| size(module));
        write!(to, "{} {bytes}", view.display(name))?;
        if let Some(old) = view.code.old_module(name) {
            write!(to, " ({} old)", size(old))?;
        }
        to.write_str("\n")?;
    }
    Ok(())
}

/// The loaded modules, a section for each.
pub(super) fn modules(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    to.write_str("=loaded_modules\n")?;
    totals(view, to)?;
    for name in view.code.loaded() {
        writeln!(to, "=mod:{}", view.display(name))?;
        let versions = [
            ("Current", view.code.module(name)),
            ("Old", view.code.old_module(name)),
        ];
        for (version, module) in versions {
            match module {
                Some(module) => write_version(view, version, module, to)?,
                None if version == "Current" => to.write_str("Current size: 0\n")?,
                None => {}
            }
        }
    }
    Ok(())
}

fn write_version(
    view: &View<'_>,
    version: &str,
    module: &Module,
    to: &mut dyn Write,
) -> fmt::Result {
    writeln!(to, "{version} size: {}", size(module))?;
    let terms = [
        ("attributes", module.attributes),
        ("compilation info", module.compile_info),
    ];
    for (name, term) in terms {
        write!(to, "{version} {name}: ")?;
        external(view, term, to)?;
        to.write_str("\n")?;
    }
    Ok(())
}

/// A term of a module in external format, with the size that OTP's viewer wants.
fn external(view: &View<'_>, term: Term, to: &mut dyn Write) -> fmt::Result {
    match encode(term, view.atoms, view.identity(), EncodeOptions::default()) {
        Ok(bytes) => {
            write!(to, "{:X}:", bytes.len())?;
            base64(bytes.iter().copied(), to)
        }
        // No module is as large as that.
        Err(_) => Ok(()),
    }
}

/// The entries of `fun` expressions. They live for ever, and nobody counts what refers to them.
pub(super) fn funs(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    for entry in view.code.funs() {
        let (module, uniq, index) = (view.display(entry.module), entry.old_uniq, entry.index);
        let address = entry.address.get();
        write!(
            to,
            "=fun\nModule: {module}\nUniq: {uniq}\nIndex: {index}\nAddress: {address:018p}\n"
        )?;
    }
    Ok(())
}

/// All atoms, the youngest first.
pub(super) fn atoms(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    to.write_str("=atoms\n")?;
    for index in (0..view.atoms.count() as u32).rev() {
        writeln!(to, "{}", view.display(Term::atom(index)))?;
    }
    Ok(())
}
