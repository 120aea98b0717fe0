//! What does a fix have to add so that it can use a package? An import, if there is none, and the name that the file has for it.
//!
//! ```go
//! import (
//! 	"bytes" // this line
//! 	"os"
//! )
//! ```
//!
//! Not here: applying edits.

use super::Pass;
use crate::ast::Range;
use crate::finding::Edit;
use crate::parse::Import;
use crate::project::DeclId;
use crate::source::Span;

/// The edits that make a package of the standard library usable in a declaration, none if it is, and its name there. No answer where
/// the name means something else, or where an import cannot be put without breaking what is there.
pub fn edits(pass: &Pass, decl: DeclId, path: &str) -> Option<(Vec<Edit>, String)> {
    let project = pass.project();
    let file = project.file(decl.file);
    let imports = &file.outline.imports;
    let usable = |import: &&Import| import.path == path && !matches!(import.name.as_deref(), Some("_" | "."));
    let existing = imports.iter().find(usable);
    let name = match existing {
        Some(import) => import.name.as_deref().unwrap_or_else(|| import.default_name()),
        None => path.rsplit('/').next()?,
    };
    if pass.sema().scopes(decl).locals.iter().any(|local| local.name == name) {
        return None;
    }
    if existing.is_some() {
        return Some((Vec::new(), name.to_owned()));
    }
    // A name of the package itself, in any of its files, or of another import, here.
    let declared = project.package(file.package).files.iter().flat_map(|&file| &project.file(file).outline.decls);
    let is_declared = declared.flat_map(|decl| &decl.names).any(|(own, _)| own == name);
    let is_taken = imports.iter().any(|import| import.name.as_deref().unwrap_or_else(|| import.default_name()) == name);
    // What a dot brings is not known here.
    let has_dot = imports.iter().any(|import| import.name.as_deref() == Some("."));
    if is_declared || is_taken || has_dot {
        return None;
    }
    let (at, text) = place(&file.source.text, imports, &file.outline.package.as_ref()?.1, path)?;
    Some((vec![Edit { span: Span::new(decl.file, at, at), text }], name.to_owned()))
}

/// How an import stands in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// On a line of its own in a group.
    Grouped,
    /// `import "os"`
    Single,
    /// Two on one line, and the like.
    Other,
}

fn form(text: &str, range: Range) -> Form {
    let line = text[..range.start as usize].rfind('\n').map_or(0, |at| at + 1);
    match text[line..range.start as usize].trim() {
        "" => Form::Grouped,
        "import" => Form::Single,
        _ => Form::Other,
    }
}

/// Where a new import goes, and how it is written there.
fn place(text: &str, imports: &[Import], package: &Range, path: &str) -> Option<(u32, String)> {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let end_of_line = |range: Range| {
        let end = text[range.end as usize..].find('\n').map_or(text.len(), |at| range.end as usize + at);
        let end = if text[..end].ends_with('\r') { end - 1 } else { end };
        let rest = text[range.end as usize..end].trim();
        (rest.is_empty() || rest.starts_with("//")).then_some(end as u32)
    };
    let is_std = |import: &Import| !import.path.split('/').next().unwrap_or("").contains('.');
    // The comment above `import "C"` belongs to it.
    let grouped: Vec<&Import> = imports.iter().filter(|import| import.path != "C" && form(text, import.range) == Form::Grouped).collect();
    let before = grouped.iter().rev().find(|import| is_std(import) && *import.path < *path);
    if let Some(import) = before {
        return Some((end_of_line(import.range)?, format!("{newline}\t\"{path}\"")));
    }
    if let Some(first) = grouped.first() {
        // Between a comment and its import there is no place.
        let line = text[..first.range.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let above = text[..line].trim_end();
        if above.ends_with('(') {
            let blank = if is_std(first) { "" } else { newline };
            return Some((line as u32, format!("\t\"{path}\"{newline}{blank}")));
        }
        return Some((end_of_line(first.range)?, format!("{newline}\t\"{path}\"")));
    }
    if let Some(single) = imports.iter().rev().find(|import| form(text, import.range) == Form::Single) {
        return Some((end_of_line(single.range)?, format!("{newline}import \"{path}\"")));
    }
    if !imports.is_empty() {
        return None;
    }
    Some((end_of_line(*package)?, format!("{newline}{newline}import \"{path}\"")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::parse::outline;
    use crate::source::{FileId, SourceFile};

    fn with_bytes(text: &str) -> Option<String> {
        let file = SourceFile::new(FileId(0), "a.go".into(), text.to_owned());
        let (outline, _) = outline(&file);
        let (at, new) = place(text, &outline.imports, &outline.package?.1, "bytes")?;
        let mut text = text.to_owned();
        text.insert_str(at as usize, &new);
        Some(text)
    }

    #[test]
    fn an_import_is_put_where_gofmt_would_have_it() {
        for (text, wanted) in [
            ("package p\n", "package p\n\nimport \"bytes\"\n"),
            ("package p // p\n\nfunc f() {}\n", "package p // p\n\nimport \"bytes\"\n\nfunc f() {}\n"),
            ("package p\n\nimport \"os\" // os\n", "package p\n\nimport \"os\" // os\nimport \"bytes\"\n"),
            ("package p\n\nimport (\n\t\"os\"\n)\n", "package p\n\nimport (\n\t\"bytes\"\n\t\"os\"\n)\n"),
            (
                "package p\n\nimport (\n\t\"archive/tar\" // tar\n\t\"os\"\n)\n",
                "package p\n\nimport (\n\t\"archive/tar\" // tar\n\t\"bytes\"\n\t\"os\"\n)\n",
            ),
            ("package p\n\nimport (\n\t\"a.b/c\"\n)\n", "package p\n\nimport (\n\t\"bytes\"\n\n\t\"a.b/c\"\n)\n"),
            ("package p\n\nimport (\n\t// why\n\t\"os\"\n)\n", "package p\n\nimport (\n\t// why\n\t\"os\"\n\t\"bytes\"\n)\n"),
            ("package p\n\n// #include <a.h>\nimport \"C\"\n", "package p\n\n// #include <a.h>\nimport \"C\"\nimport \"bytes\"\n"),
            ("package p\r\n\r\nimport (\r\n\t\"os\"\r\n)\r\n", "package p\r\n\r\nimport (\r\n\t\"bytes\"\r\n\t\"os\"\r\n)\r\n"),
        ] {
            assert_eq!(with_bytes(text).unwrap(), wanted);
        }
    }

    #[test]
    fn what_stands_on_one_line_is_left_alone() {
        assert_eq!(with_bytes("package p\n\nimport (\"os\"; \"io\")\n"), None);
        assert_eq!(with_bytes("package p; import \"os\"\n"), None);
    }
}
