//! Generated types with derives of one's own.

use exports::meld::custom_derives::cards::{Card, Guest, Hand, Odds};

wit_bindgen::generate!({
    path: "custom-derives/world.wit",
    world: "provider",
    additional_derives: [PartialEq, Eq, PartialOrd, Ord, Hash],
    additional_derives_ignore: ["odds"],
});

struct Provider;

impl Guest for Provider {
    fn sorted(mut cards: Vec<Card>) -> Vec<Card> {
        cards.sort();
        cards
    }

    fn deal(cards: Vec<Card>) -> Hand {
        match cards[..] {
            [] => Hand::None,
            [card] => Hand::One(card),
            _ => Hand::Many(cards),
        }
    }

    fn odds_of(h: Hand) -> Odds {
        let p = if h < Hand::Many(Vec::new()) { 0.25 } else { 0.75 };
        Odds { p }
    }
}

export!(Provider);
