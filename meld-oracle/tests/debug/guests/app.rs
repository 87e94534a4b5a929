//! Traps at 11, and calls the others.
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[link(wasm_import_module = "test:debug/words")]
unsafe extern "C" {
    #[link_name = "count"]
    fn count(n: u32) -> u32;
}

#[inline(never)]
fn helper(n: u32) -> u32 {
    let list = core::hint::black_box([n, n + 1]);
    if n == 11 {
        core::arch::wasm32::unreachable();
    }
    unsafe { count(list[0]) }.wrapping_add(list[1])
}

#[unsafe(export_name = "run")]
pub extern "C" fn run(n: u32) -> u32 {
    helper(n).wrapping_add(1)
}
