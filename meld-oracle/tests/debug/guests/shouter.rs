//! Traps at 7, two calls deep.
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

mod shout {
    static TABLE: [u32; 4] = [1, 2, 3, 4];

    #[inline(never)]
    pub fn boom(n: u32) -> u32 {
        let mut total = 0u32;
        for i in 0..n {
            total = total.wrapping_add(core::hint::black_box(TABLE[(i % 4) as usize]));
        }
        if n == 7 {
            core::arch::wasm32::unreachable();
        }
        total
    }
}

#[unsafe(export_name = "test:debug/shout#boom")]
pub extern "C" fn boom(n: u32) -> u32 {
    shout::boom(n).wrapping_add(1)
}
