//! What the allocator keeps of memory that was given back to it.

/// From this size on, bytes, a block is a mapping of its own.
#[cfg(target_env = "gnu")]
const LARGE: libc::c_int = 128 * 1024;

/// From now on a large block goes back to the kernel as soon as it is freed. glibc otherwise takes
/// the first one it sees freed as the measure of what to keep, and pages that stay in the heap are
/// locked there for good.
#[cfg_attr(target_env = "gnu", allow(unsafe_code))]
pub fn return_large_blocks() {
    #[cfg(target_env = "gnu")]
    // SAFETY: changes a number of the allocator under its own lock; no pointer goes in or out. That
    // it may refuse changes nothing but what is kept.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}

/// Gives pages of the heap back on which nothing is any more. Those of locked memory stay.
#[cfg_attr(target_env = "gnu", allow(unsafe_code))]
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: the allocator looks at free blocks only, under its own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(all(test, target_env = "gnu"))]
mod tests {
    use super::*;

    /// Pages of this process that are in memory.
    fn resident() -> u64 {
        let statm = std::fs::read_to_string("/proc/self/statm").expect("procfs");
        let pages = statm.split(' ').nth(1).expect("its second number");
        pages.parse().expect("a number")
    }

    #[test]
    fn what_was_freed_between_blocks_that_stay_is_given_back() {
        const BLOCK: usize = 64 * 1024;
        let mut blocks: Vec<Vec<u8>> = (0..512).map(|_| vec![1; BLOCK]).collect();
        let mut odd = false;
        blocks.retain(|_| {
            odd = !odd;
            odd
        });
        let before = resident();
        give_back();
        // Half of 32 MiB, in pages of 4 KiB, less what the blocks share with their neighbours.
        assert!(resident() + 3000 < before, "{} of {before}", resident());
        assert_eq!(blocks.len(), 256);
    }
}
