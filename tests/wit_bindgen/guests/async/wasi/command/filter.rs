//! Filters of text that comes as a stream.

use exports::meld::async_command::filters::Guest;
use wit_bindgen::{StreamReader, StreamResult, spawn_local};

wit_bindgen::generate!({ path: "command/world.wit", world: "filter" });

struct Filter;

/// The next piece, empty at the end.
async fn piece(text: &mut StreamReader<u8>) -> Vec<u8> {
    match text.read(Vec::with_capacity(64)).await {
        (StreamResult::Complete(_), piece) => piece,
        _ => Vec::new(),
    }
}

impl Guest for Filter {
    async fn numbered(mut text: StreamReader<u8>) -> StreamReader<u8> {
        let (mut writer, reader) = wit_stream::new();
        spawn_local(async move {
            let (mut line, mut starts) = (1, true);
            loop {
                let piece = piece(&mut text).await;
                if piece.is_empty() {
                    break;
                }
                let mut out = Vec::new();
                for byte in piece {
                    if starts {
                        out.extend_from_slice(format!("{line}: ").as_bytes());
                        line += 1;
                    }
                    starts = byte == b'\n';
                    out.push(byte);
                }
                if !writer.write_all(out).await.is_empty() {
                    break;
                }
            }
        });
        reader
    }

    async fn count(mut text: StreamReader<u8>) -> (u32, u32, u32) {
        let (mut lines, mut words, mut bytes, mut inside) = (0, 0, 0, false);
        loop {
            let piece = piece(&mut text).await;
            if piece.is_empty() {
                return (lines, words, bytes);
            }
            for byte in piece {
                bytes += 1;
                lines += u32::from(byte == b'\n');
                words += u32::from(!inside && !byte.is_ascii_whitespace());
                inside = !byte.is_ascii_whitespace();
            }
        }
    }
}

export!(Filter);
