//! Macros in the text of the runtime's modules.
//!
//! In: fields of a module with `(@define (name parameter…) body)` or `(@define name body)` among them, and uses
//! `(@name argument…)` or `@name`. Out: WebAssembly text. Where a definition has a number in the place of a
//! parameter, it is for that argument only, and comes before those that are for any. In a body, `{parameter}` is the
//! argument, and `{parameter*4}` four times the number that it is. A macro must be defined before its use, and
//! whatever is not understood stops the build.
//!
//! Why: the handle table is one algorithm over several storages, and what is one instruction in a memory should not be
//! a call.

use std::error::Error;

/// What a name stands for.
struct Macro {
    name: String,
    parameters: Vec<String>,
    body: String,
}

/// All macros that were defined so far.
#[derive(Default)]
pub(crate) struct Macros(Vec<Macro>);

impl Macros {
    /// `text` without comments, without definitions, and with what they define in the place of its uses.
    pub(crate) fn expand(&mut self, text: &str) -> Result<String, Box<dyn Error>> {
        let code: String = text
            .lines()
            .map(|line| line.split_once(";;").map_or(line, |(code, _)| code))
            .flat_map(|line| [line, "\n"])
            .collect();
        self.uses(&code)
    }

    /// Lets a name without parameters stand for `body`.
    pub(crate) fn define(&mut self, name: &str, body: String) {
        self.0.push(Macro { name: name.to_owned(), parameters: Vec::new(), body });
    }

    /// `text` with what each macro stands for.
    fn uses(&mut self, mut rest: &str) -> Result<String, Box<dyn Error>> {
        let mut out = String::new();
        while let Some(at) = rest.find('@') {
            let before = &rest[..at];
            if let Some(before) = before.strip_suffix('(') {
                let (call, after) = rest[at - 1..].split_at(expression(&rest[at - 1..])?);
                out.push_str(before);
                out.push_str(&self.call(&call[2..call.len() - 1])?);
                rest = after;
            } else {
                let end = rest[at..].find(|c: char| c.is_whitespace() || c == ')').map_or(rest.len(), |end| at + end);
                out.push_str(before);
                out.push_str(&self.call(&rest[at + 1..end])?);
                rest = &rest[end..];
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    /// What stands between `(@` and `)`.
    fn call(&mut self, text: &str) -> Result<String, Box<dyn Error>> {
        let mut parts = parts(text)?.into_iter();
        let name = parts.next().ok_or("`@` without a name")?;
        let mut arguments: Vec<String> = parts.map(str::to_owned).collect();
        if name == "define" {
            let [head, body] = &arguments[..] else { return Err(format!("`(@{text})` defines nothing").into()) };
            let head = head.strip_prefix('(').and_then(|head| head.strip_suffix(')')).unwrap_or(head);
            let mut head = head.split_whitespace().map(str::to_owned);
            let name = head.next().ok_or("a macro has a name")?;
            self.0.push(Macro { name, parameters: head.collect(), body: body.clone() });
            return Ok(String::new());
        }
        for argument in &mut arguments {
            *argument = self.uses(argument)?;
        }
        let fits = |parameter: &String, argument: &String| parameter.parse::<u32>().is_err() || parameter == argument;
        let found = self.0.iter().find(|found| {
            found.name == name
                && found.parameters.len() == arguments.len()
                && found.parameters.iter().zip(&arguments).all(|(parameter, argument)| fits(parameter, argument))
        });
        let found = found.ok_or_else(|| format!("`(@{text})`: no macro has that name and as many parameters"))?;
        let mut body = found.body.clone();
        for (parameter, argument) in found.parameters.iter().zip(&arguments) {
            body = body.replace(&format!("{{{parameter}}}"), argument);
            let times = format!("{{{parameter}*");
            while let Some((before, after)) = body.split_once(&times) {
                let (factor, after) = after.split_once('}').ok_or("a `{` without its `}`")?;
                let product = argument.parse::<u32>()? * factor.parse::<u32>()?;
                body = format!("{before}{product}{after}");
            }
        }
        self.uses(&body)
    }
}

/// The expressions and words of a list.
fn parts(mut text: &str) -> Result<Vec<&str>, Box<dyn Error>> {
    let mut parts = Vec::new();
    loop {
        text = text.trim_start();
        if text.is_empty() {
            return Ok(parts);
        }
        let end = match text.starts_with('(') {
            true => expression(text)?,
            false => text.find(|c: char| c.is_whitespace() || c == '(').unwrap_or(text.len()),
        };
        let (part, rest) = text.split_at(end);
        parts.push(part);
        text = rest;
    }
}

/// The length of the expression in parentheses with which `text` begins.
pub(crate) fn expression(text: &str) -> Result<usize, Box<dyn Error>> {
    let mut depth = 0u32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return Ok(at + 1),
            ')' => depth = depth.checked_sub(1).ok_or("a `)` without its `(`")?,
            _ => {}
        }
    }
    Err("a `(` without its `)`".into())
}
