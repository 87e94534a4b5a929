//! The component that greets, with words from another one.

use example::greeter::catalog;
use exports::example::greeter::greet::{Guest, Person, Problem};

wit_bindgen::generate!({ path: "../../../examples/greeter/world.wit", world: "greeter" });

struct Greeter;

impl Guest for Greeter {
    fn greet_all(people: Vec<Person>) -> Result<Vec<String>, Problem> {
        if people.is_empty() {
            return Err(Problem::Nobody);
        }
        let greet = |Person { name, speaks }| match speaks.iter().find_map(|code| catalog::phrase(code)) {
            Some(phrase) => Ok(format!("{phrase}, {name}!")),
            None => Err(Problem::UnknownLanguages(speaks)),
        };
        people.into_iter().map(greet).collect()
    }
}

export!(Greeter);
