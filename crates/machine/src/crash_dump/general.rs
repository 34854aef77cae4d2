//! The head of a dump, memory, and the machine's own tables; the texts of `system_info(info)` and `system_info(dist)`.

use core::fmt::{self, Write};

use brood_term::Term;

use super::View;
use crate::bif::{memory, time};

const WORD_BYTES: usize = size_of::<Term>();

/// What stands first.
pub(super) fn head(view: &View<'_>, slogan: &str, to: &mut dyn Write) -> fmt::Result {
    writeln!(to, "=erl_crash_dump:0.5\n{}", date(view.system_time_ns))?;
    writeln!(to, "Slogan: {}", slogan.trim_end_matches('\n'))?;
    write!(to, "System version: {}", view.otp.system_version())?;
    write!(to, "Taints: \nAtoms: {}\n", view.atoms.count())?;
    to.write_str("Calling Thread: scheduler:1\n")
}

/// Unix time, as C's `ctime` writes it, in UTC.
fn date(nanoseconds: i64) -> impl fmt::Display {
    const SECONDS_OF_DAY: i64 = 86_400;
    const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let seconds = nanoseconds.div_euclid(1_000_000_000);
    let (days, second) = (
        seconds.div_euclid(SECONDS_OF_DAY),
        seconds.rem_euclid(SECONDS_OF_DAY),
    );
    let (year, month, day) = time::civil_from_days(days);
    let weekday = WEEKDAYS[days.rem_euclid(7) as usize];
    let month = MONTHS[month.clamp(1, 12) as usize - 1];
    fmt::from_fn(move |f| {
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(
            f,
            "{weekday} {month} {day:2} {hour:02}:{minute:02}:{second:02} {year}"
        )
    })
}

/// What memory is used for, and how much there is of what is limited.
pub(crate) fn information(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    let memory = memory::items(view);
    to.write_str("=memory\n")?;
    for (name, bytes) in memory {
        writeln!(to, "{name}: {bytes}")?;
    }
    let (atoms, modules) = (view.atoms.count(), view.code.loaded().count());
    let exports = view.code.exports().count();
    let tables = [
        ("atom_tab", atoms),
        ("module_code", modules),
        ("export_list", exports),
        ("process_reg", view.registry.len()),
        ("fun_table", view.code.funs().count()),
    ];
    for (name, objects) in tables {
        write!(to, "=hash_table:{name}\nobjs: {objects}\n")?;
    }
    let limit = view.atoms.limit();
    write!(
        to,
        "=index_table:atom_tab\nlimit: {limit}\nentries: {atoms}\n"
    )?;
    write!(to, "=index_table:module_code\nentries: {modules}\n")?;
    write!(to, "=index_table:export_list\nentries: {exports}\n")?;
    allocated_areas(view, to)?;
    allocators(view, to)
}

/// Areas: what is allocated, and what of it is in use where that is less.
fn allocated_areas(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    to.write_str("=allocated_areas\n")?;
    for (name, bytes) in memory::areas(view) {
        writeln!(to, "{name}: {bytes}")?;
    }
    let literals = view.literals;
    let [block, used] =
        [literals.block_words(), literals.used_words()].map(|words| words * WORD_BYTES);
    writeln!(to, "literals: {block} {used}")
}

/// Of what lies in blocks: the bytes of the blocks (OTP's carriers), and those in use.
fn allocators(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    let (mut total, mut used) = (0, 0);
    for process in view.all_processes() {
        total += process.heap.total_heap_size();
        used += process.heap.used_words() + process.heap.stack_size();
    }
    let literals = view.literals;
    let allocators = [
        ("eheap_alloc", total, used),
        (
            "literal_alloc",
            literals.block_words(),
            literals.used_words(),
        ),
    ];
    for (name, total, used) in allocators {
        let [total, used] = [total, used].map(|words| words * WORD_BYTES);
        write!(
            to,
            "=allocator:{name}\noption e: true\nmbcs blocks size: {used}\nmbcs carriers size: {total}\n"
        )?;
    }
    Ok(())
}

/// There is no distribution.
pub(crate) fn distribution(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    write!(
        to,
        "=node:{}\n=no_distribution\n",
        view.display(view.node_name)
    )
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    #[test]
    fn dates_are_those_of_ctime() {
        let cases = [
            (0, "Thu Jan  1 00:00:00 1970"),
            (1_795_248_215, "Sat Nov 21 08:03:35 2026"),
            (-1, "Wed Dec 31 23:59:59 1969"),
        ];
        for (seconds, text) in cases {
            assert_eq!(super::date(seconds * 1_000_000_000).to_string(), text);
        }
    }
}
