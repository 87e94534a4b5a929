//! Echoes lists of every element kind, and checks that neither side keeps memory.

use meld::lists::sequences::*;

wit_bindgen::generate!({ path: "lists/world.wit", world: "runner" });
guests::count_allocations!();

struct Runner;

impl Guest for Runner {
    fn run() {
        // The first round lets the allocators settle.
        round();
        let (here, there) = (guests::live_bytes(), live_bytes());
        round();
        assert!(guests::live_bytes() == here);
        assert!(live_bytes() == there);
    }
}

fn round() {
    expect_empty(&[]);
    assert!(empty().is_empty());
    for n in [0, 1, 2, 3, 100, 20_000] {
        let xs = counting(n);
        assert!(xs.len() == n as usize);
        assert!(xs.iter().copied().eq(0..n));
        expect_counting(&xs);
    }

    let bytes: Vec<u8> = (0..=255).collect();
    assert!(echo_u8(&bytes) == bytes);
    assert!(echo_s8(&[i8::MIN, -1, 0, i8::MAX]) == [i8::MIN, -1, 0, i8::MAX]);
    assert!(echo_u16(&[1, 0xff00, u16::MAX]) == [1, 0xff00, u16::MAX]);
    assert!(echo_s32(&[i32::MIN, i32::MAX]) == [i32::MIN, i32::MAX]);
    assert!(echo_u64(&[u64::MAX, 1 << 40, 0]) == [u64::MAX, 1 << 40, 0]);
    assert!(echo_f32(&[-0.5, f32::INFINITY]) == [-0.5, f32::INFINITY]);
    assert!(echo_f64(&[1.0e-300, f64::MIN]) == [1.0e-300, f64::MIN]);
    assert!(echo_bool(&[true, false, false, true]) == [true, false, false, true]);
    assert!(echo_char(&['x', 'ß', '漢', '🦀', char::MAX]) == ['x', 'ß', '漢', '🦀', char::MAX]);

    let strings = ["one", "", "drei", "четыре"].map(String::from);
    assert!(echo_strings(&strings) == strings);
    let nested = [vec![], vec!["a".to_string()], vec![String::new(), "bc".to_string(), "déf".to_string()], vec![]];
    assert!(echo_nested(&nested) == nested);
    let pairs = [(1, u32::MAX, 2), (u8::MAX, 0, 7), (0, 0x0102_0304, 0)];
    assert!(echo_pairs(&pairs) == pairs);

    let items: Vec<Item> =
        (0..50).map(|i| Item { id: i * 1000, weight: f64::from(i) / 4.0, label: "l".repeat(usize::from(i)) }).collect();
    let reversed = reverse_items(&items);
    assert!(reversed.len() == 50);
    for (item, original) in reversed.iter().zip(items.iter().rev()) {
        assert!(item.id == original.id);
        assert!(item.weight == original.weight);
        assert!(item.label == original.label);
    }

    assert!(sum(&[1, 2, 3, u64::MAX]) == 5);
    assert!(sum(&[]) == 0);
    assert!(concatenate(b"fu", b"sion") == b"fusion");
    assert!(concatenate(b"", b"x") == b"x");
    assert!(concatenate(b"x", b"") == b"x");
}

export!(Runner);
