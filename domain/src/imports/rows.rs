//! The rows of a CSV file (RFC 4180), as it streams in: never more than one row and one chunk of it is held.

use std::future::poll_fn;
use std::mem;

use anyport_ports::Result;
use anyport_ports::blobs::{Blob, BlobStream};
use bytes::{Buf as _, Bytes};
use csv_core::{ReadRecordResult, Reader};

/// Longest row, in bytes, without quotes and commas: several times what two fields may hold.
const LONGEST_ROW: usize = 4 * 1024;

/// Most fields of a row.
const MOST_FIELDS: usize = 16;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A row, and the line of the file that it ends on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: u64,
    /// Its fields, or why it cannot be read.
    pub(super) fields: Result<Vec<String>, &'static str>,
}

/// Reads the rows of a blob.
pub(super) struct Rows {
    stream: BlobStream,
    chunk: Bytes,
    at_start: bool,
    ended: bool,
    reader: Reader,
    text: Box<[u8; LONGEST_ROW]>,
    ends: [usize; MOST_FIELDS],
}

impl Rows {
    pub(super) fn of(blob: Blob) -> Self {
        Self {
            stream: blob.stream,
            chunk: Bytes::new(),
            at_start: true,
            ended: false,
            reader: Reader::new(),
            text: Box::new([0; LONGEST_ROW]),
            ends: [0; MOST_FIELDS],
        }
    }

    /// The next row; none at the end of the file. Empty lines are no rows.
    pub(super) async fn next(&mut self) -> Result<Option<Row>> {
        let (mut length, mut fields, mut too_long) = (0, 0, false);
        loop {
            if self.at_start {
                self.skip_byte_order_mark().await?;
            }
            if self.chunk.is_empty() && !self.ended {
                self.chunk = self.read_chunk().await?;
                continue;
            }
            let (result, read, written, ended_fields) =
                self.reader.read_record(&self.chunk, &mut self.text[length..], &mut self.ends[fields..]);
            let after_newline = read > 0 && self.chunk[read - 1] == b'\n';
            self.chunk.advance(read);
            (length, fields) = (length + written, fields + ended_fields);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    too_long = true;
                    (length, fields) = (0, 0);
                }
                ReadRecordResult::Record => {
                    let line = self.reader.line() - u64::from(after_newline);
                    let fields = if too_long { Err("it is too long") } else { self.fields(fields) };
                    return Ok(Some(Row { line, fields }));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// The parser does this too, but takes the end of a chunk that holds nothing else for the end of the file.
    async fn skip_byte_order_mark(&mut self) -> Result<()> {
        while self.chunk.len() < BYTE_ORDER_MARK.len() && !self.ended {
            let chunk = self.read_chunk().await?;
            self.chunk = [mem::take(&mut self.chunk), chunk].concat().into();
        }
        if self.chunk.starts_with(BYTE_ORDER_MARK) {
            self.chunk.advance(BYTE_ORDER_MARK.len());
        }
        self.at_start = false;
        Ok(())
    }

    /// The next chunk; an empty one at the end.
    async fn read_chunk(&mut self) -> Result<Bytes> {
        let chunk = poll_fn(|context| self.stream.as_mut().poll_next(context)).await.transpose()?;
        self.ended = chunk.is_none();
        Ok(chunk.unwrap_or_default())
    }

    fn fields(&self, count: usize) -> Result<Vec<String>, &'static str> {
        let mut start = 0;
        let mut fields = Vec::with_capacity(count);
        for end in &self.ends[..count] {
            let field = std::str::from_utf8(&self.text[start..*end]).map_err(|_| "it is not UTF-8")?;
            fields.push(field.trim().to_owned());
            start = *end;
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use anyport_ports::Timestamp;
    use anyport_ports::blobs::{BlobInfo, BlobName, Etag};

    use super::*;

    /// A stream of chunks that are all there.
    struct Chunks(Vec<Bytes>);

    impl futures_core::Stream for Chunks {
        type Item = Result<Bytes>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.pop().map(Ok))
        }
    }

    fn blob(content: &[u8], chunk: usize) -> Blob {
        let mut chunks: Vec<Bytes> = content.chunks(chunk).map(Bytes::copy_from_slice).collect();
        chunks.reverse();
        let length = content.len() as u64;
        let info = BlobInfo {
            name: BlobName::new("users/1.csv").unwrap(),
            length,
            etag: Etag::new("1"),
            content_type: "text/csv".to_owned(),
            metadata: std::collections::BTreeMap::new(),
            modified_at: Timestamp::from_millis(0),
        };
        Blob { info, range: 0..length, stream: Box::pin(Chunks(chunks)) }
    }

    /// All rows, which must be the same however the file is cut into chunks.
    fn rows(content: &[u8]) -> Vec<(u64, Result<Vec<String>, &'static str>)> {
        let read = |chunk| {
            let mut rows = Rows::of(blob(content, chunk));
            let all = async {
                let mut all = Vec::new();
                while let Some(row) = rows.next().await.unwrap() {
                    all.push((row.line, row.fields));
                }
                all
            };
            match pin!(all).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(all) => all,
                Poll::Pending => panic!("all chunks are there"),
            }
        };
        let whole = read(content.len().max(1));
        for chunk in 1..content.len().min(9) {
            assert_eq!(read(chunk), whole, "in chunks of {chunk}");
        }
        whole
    }

    fn row(line: u64, fields: &[&str]) -> (u64, Result<Vec<String>, &'static str>) {
        (line, Ok(fields.iter().map(|field| (*field).to_owned()).collect()))
    }

    #[test]
    fn rows_have_the_line_they_end_on() {
        let expected = [row(1, &["name", "email"]), row(3, &["a, \"b\"", "c"]), row(5, &["x\ny", "z"])];
        for ending in ["\n", "\r\n"] {
            let text = format!("name,email{ending}{ending}\"a, \"\"b\"\"\",c{ending}\"x\ny\",z{ending}");
            assert_eq!(rows(text.as_bytes()), expected, "{ending:?}");
        }
        assert_eq!(rows(b""), []);
        assert_eq!(rows("\u{feff}a, b ".as_bytes()), [row(1, &["a", "b"])]);
    }

    #[test]
    fn a_row_that_cannot_be_read_is_told_and_the_next_is_read() {
        let long = "x".repeat(2 * LONGEST_ROW);
        let many = ",".repeat(2 * MOST_FIELDS);
        let mut file = format!("{long},a\n{many}\n").into_bytes();
        file.extend(b"\xff,b\nc,d\n");
        let too_long = || Err("it is too long");
        assert_eq!(rows(&file), [(1, too_long()), (2, too_long()), (3, Err("it is not UTF-8")), row(4, &["c", "d"])]);
        assert_eq!(rows(format!("a\n\"{long}").as_bytes()), [row(1, &["a"]), (2, too_long())]);
    }
}
