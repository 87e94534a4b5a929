//! What an arena does when it is nearly full, and when it is.

use mcu_guests as _;

wit_bindgen::generate!({ path: "world.wit", world: "exhaustion" });

struct Exhaustion;

impl Guest for Exhaustion {
    fn run() {
        for round in 0..1000_usize {
            // 12 KiB of 16, in pieces of other sizes each time, and every second piece goes early.
            let size = 24 + round % 500;
            let mut pieces: Vec<Vec<u8>> = (0..12 * 1024 / (size + 24)).map(|piece| vec![piece as u8; size]).collect();
            let mut even = 0;
            pieces.retain(|piece| {
                even += 1;
                even % 2 == 0 && piece.len() == size
            });
            for (index, piece) in pieces.iter().enumerate() {
                assert!(piece.iter().all(|byte| *byte == (2 * index + 1) as u8));
            }
        }
        // All is free again, and one piece can be most of it.
        assert!(vec![1_u8; 12 * 1024].iter().all(|byte| *byte == 1));
    }

    fn fill() {
        let mut pieces = Vec::new();
        loop {
            pieces.push(vec![1_u8; 1024]);
        }
    }
}

export!(Exhaustion);
