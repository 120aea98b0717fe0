//! How does code scanning know a line again when lines above it have come and gone? By a hash of the line and what follows it. It is the
//! value that github/codeql-action computes (`primaryLocationLineHash`), so that an upload by any way gives the same alerts.
//!
//! ```go
//! defer f.Close() // this line and what follows, 100 characters without blanks -> a number in hex, and `:1` at the first such place
//! ```
//!
//! The units are those of UTF-16; blanks and tabs do not count, and every line end is `\n`. Behind the end of the file stands one unit
//! of its own and then zeros. The hash is the value of the polynomial whose coefficients are the units, at 37, modulo 2^64.
//!
//! Not here: which line a finding is at (`sarif`).

use std::collections::BTreeMap;

/// How many units a line is known by.
const UNITS: usize = 100;
const BASE: u64 = 37;
const END: u16 = u16::MAX;

/// The fingerprint of each line of a text.
pub(super) fn of_lines(text: &str) -> Vec<String> {
    let (units, starts) = units(text);
    let mut seen: BTreeMap<u64, u32> = BTreeMap::new();
    let line = |start: usize| {
        let known = units[start..].iter().take(UNITS).fold(0, |hash, &unit| step(hash, unit));
        let hash = (units.len() - start..UNITS).fold(known, |hash, _| step(hash, 0));
        let times = seen.entry(hash).and_modify(|times| *times += 1).or_insert(1);
        format!("{hash:x}:{times}")
    };
    starts.into_iter().map(line).collect()
}

fn step(hash: u64, unit: u16) -> u64 {
    hash.wrapping_mul(BASE).wrapping_add(u64::from(unit))
}

/// The units that count, and where each line begins among them.
fn units(text: &str) -> (Vec<u16>, Vec<usize>) {
    let (mut units, mut starts) = (Vec::with_capacity(text.len() + 1), vec![0]);
    let mut after_return = false;
    for unit in text.encode_utf16() {
        let returns = unit == u16::from(b'\r');
        let blank = unit == u16::from(b' ') || unit == u16::from(b'\t');
        let newline = unit == u16::from(b'\n');
        if returns || newline && !after_return {
            units.push(u16::from(b'\n'));
            starts.push(units.len());
        } else if !blank && !newline {
            units.push(unit);
        }
        after_return = returns;
    }
    units.push(END);
    (units, starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts and values of `src/fingerprints.test.ts` in github/codeql-action (MIT, GitHub).
    #[test]
    fn the_values_are_those_of_codeql_action() {
        let greetings = "e9496ae3ebfced30:1 fb7c023a8b9ccb3f:1 ce8ba1a563dcdaca:1 e20e36e16fcb0cc8:1 b3edc88f2938467e:1 c8e28b0b4002a3a0:1 c129715d7a2bc9a3:1";
        let lorem = "Lorem ipsum dolor sit amet.\n".repeat(10);
        let vectors = [
            ("", "c129715d7a2bc9a3:1"),
            (" a\nb\n  \t\tc\n d", "271789c17abda88f:1 54703d4cd895b18:1 180aee12dab6264:1 a23a3dc5e078b07b:1"),
            (
                " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
                "8b7cf3e952e7aeb2:1 b1ae1287ec4718d9:1 bff680108adb0fcc:1 c6805c5e1288b612:1 b86d3392aea1be30:1 e6ceba753e1a442:1",
            ),
            (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", greetings),
            (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", greetings),
            (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", greetings),
            (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", greetings),
            (
                &lorem,
                "a7f2ff13bc495cf2:1 a7f2ff13bc495cf2:2 a7f2ff13bc495cf2:3 a7f2ff13bc495cf2:4 a7f2ff13bc495cf2:5 a7f2ff13bc495cf2:6 \
                 a7f2ff1481e87703:1 a9cf91f7bbf1862b:1 55ec222b86bcae53:1 cc97dc7b1d7d8f7b:1 c129715d7a2bc9a3:1",
            ),
            (
                "x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n",
                "e54938cc54b302f1:1 bb609acbe9138d60:1 1131fd5871777f34:1 5c482a0f8b35ea28:1 54517377da7028d2:1 2c644846cb18d53e:1 \
                 f1b89f20de0d133:1 c129715d7a2bc9a3:1",
            ),
        ];
        for (text, values) in vectors {
            assert_eq!(of_lines(text), values.split_whitespace().collect::<Vec<_>>(), "{text:?}");
        }
    }

    #[test]
    fn a_blank_between_return_and_newline_parts_them() {
        assert_eq!(units("a\r \nb").1.len(), 3);
        assert_eq!(units("a\r\nb").1.len(), 2);
        assert_eq!(units("😀").0.len(), 3, "two units, and the end");
    }
}
