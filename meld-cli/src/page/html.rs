//! Text and data in HTML.

use serde::Serialize;

/// Text, so that it is text in HTML and in an attribute in double quotes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Data in JSON, so that it can stand in a `script` element: there is no `<` in it.
pub(super) fn json(data: &impl Serialize) -> String {
    let json = serde_json::to_string(data).expect("the data are strings, numbers and lists");
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_end_the_script() {
        assert_eq!(json(&["</script>"]), r#"["\u003c/script>"]"#);
    }
}
