//! Compares and hashes what arrives, with the derived implementations.

use std::collections::BTreeSet;

use meld::custom_derives::cards::{Card, Hand, Suit, deal, odds_of, sorted};

wit_bindgen::generate!({
    path: "custom-derives/world.wit",
    world: "runner",
    additional_derives: [PartialEq, Eq, PartialOrd, Ord, Hash],
    additional_derives_ignore: ["odds"],
});

struct Runner;

impl Guest for Runner {
    fn run() {
        let card = |suit, rank| Card { suit, rank };
        let cards = [card(Suit::Spades, 1), card(Suit::Clubs, 13), card(Suit::Hearts, 2), card(Suit::Clubs, 4)];
        let expected = [card(Suit::Clubs, 4), card(Suit::Clubs, 13), card(Suit::Hearts, 2), card(Suit::Spades, 1)];
        assert!(sorted(&cards) == expected);
        assert!(BTreeSet::from(cards).into_iter().eq(expected));
        assert!(deal(&[]) == Hand::None);
        assert!(deal(&cards[..1]) == Hand::One(cards[0]));
        assert!(deal(&cards) == Hand::Many(cards.to_vec()));
        assert!(odds_of(&Hand::One(cards[0])).p == 0.25);
        assert!(odds_of(&Hand::Many(cards.to_vec())).p == 0.75);
    }
}

export!(Runner);
