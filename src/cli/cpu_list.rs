//! A list of CPUs whose order counts: hot CPUs are dealt in the order they are given.

use std::str::FromStr;

/// CPU numbers in the order given, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpuList(pub Vec<usize>);

/// No CPU number of a machine of today is higher; it keeps `0-4000000000` from filling the memory.
const HIGHEST: usize = 65_535;

impl FromStr for CpuList {
    type Err = String;

    /// Reads `2,3,8-11,0`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut cpus = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (Some(first), Some(last)) = (number(first), number(last)) else {
                return Err(format!("{part:?} is no CPU and no range: write for example 2,3,8-11"));
            };
            if last < first {
                return Err(format!("the range {part:?} runs backwards: write {last}-{first}, or single numbers"));
            }
            for cpu in first..=last {
                if cpus.contains(&cpu) {
                    return Err(format!("CPU {cpu} is named twice"));
                }
                cpus.push(cpu);
            }
        }
        Ok(Self(cpus))
    }
}

fn number(text: &str) -> Option<usize> {
    text.trim().parse().ok().filter(|&cpu| cpu <= HIGHEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_kept() {
        for (text, cpus) in [("3", &[3][..]), ("3,2,0-1", &[3, 2, 0, 1]), (" 8-10 , 4", &[8, 9, 10, 4])] {
            assert_eq!(text.parse(), Ok(CpuList(cpus.to_vec())));
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in ["", "a", "1,", "1-", "-1", "3-1", "1,1", "0-3,2", "1-2-3", "0-4000000000"] {
            assert!(text.parse::<CpuList>().is_err(), "{text:?}");
        }
    }
}
