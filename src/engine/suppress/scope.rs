//! What does a comment cover? Groups of comments as go/parser makes them, and the nodes that golangci-lint and staticcheck take a
//! comment to speak of.
//!
//! ```go
//! //nolint:goleaklint // why
//! func f() {}            // begins in the same column on the next line: covered to its end
//! ```
//!
//! Not here: what the comment says (`directive`).

use crate::ast::{Decl, Expr, FieldList, Range, Tree};
use crate::parse::{Outline, Scanner, TokenKind};
use crate::source::SourceFile;

/// Comments with nothing but line ends between them. Lines and columns count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) range: Range,
    pub(super) first_line: u32,
    pub(super) last_line: u32,
    pub(super) column: u32,
    /// Behind code on its line: then it ends with the line.
    behind_code: bool,
}

/// The groups of a file, and for each of the comments, which are sorted, the number of its group.
pub(super) fn groups(source: &SourceFile, comments: &[Range]) -> (Vec<Group>, Vec<usize>) {
    let mut groups: Vec<Group> = Vec::new();
    let mut group_of = Vec::with_capacity(comments.len());
    // Whether the last group can have more, and where the last token ends that is no comment.
    let (mut open, mut code) = (false, None);
    let whole = Range { start: 0, end: source.text.len() as u32 };
    for token in Scanner::new(&source.text, whole).with_comments() {
        match token.kind {
            TokenKind::AutoSemicolon => {}
            TokenKind::Comment => {
                let (start, end) = (source.position(token.start), source.position(token.end));
                match groups.last_mut().filter(|group| open && start.line <= group.last_line + u32::from(!group.behind_code)) {
                    Some(group) => {
                        group.range.end = token.end;
                        group.last_line = end.line;
                    }
                    None => groups.push(Group {
                        range: Range { start: token.start, end: token.end },
                        first_line: start.line,
                        last_line: end.line,
                        column: start.column,
                        behind_code: code.is_some_and(|code| source.position(code).line == start.line),
                    }),
                }
                open = true;
                if comments.get(group_of.len()).is_some_and(|comment| comment.start == token.start) {
                    group_of.push(groups.len() - 1);
                }
            }
            _ => (open, code) = (false, Some(token.end)),
        }
    }
    (groups, group_of)
}

/// A field of a struct, of an interface or of a list of parameters.
fn field_ranges<'t>(tree: &'t Tree, list: &'t FieldList) -> impl Iterator<Item = Range> + 't {
    list.fields.iter().map(|field| {
        let first = field.names.first().copied().unwrap_or(field.ty);
        let last = field.tag.unwrap_or(field.ty);
        Range { start: tree.expr_range(first).start, end: tree.expr_range(last).end }
    })
}

/// The nodes of a tree that go/ast calls statements, specs, fields and declarations.
fn important(tree: &Tree, decl: Range) -> Vec<Range> {
    let mut ranges = tree.stmt_ranges.clone();
    ranges.push(decl);
    if let Decl::Gen(decl) = &tree.decl {
        ranges.extend(decl.specs.iter().map(|spec| spec.range));
    }
    let lists = tree.exprs.iter().flat_map(|expr| match expr {
        Expr::StructType { fields } | Expr::InterfaceType { methods: fields } => [Some(fields), None, None],
        Expr::FuncType { type_params, params, results } => [type_params.as_ref(), Some(params), results.as_ref()],
        _ => [None, None, None],
    });
    ranges.extend(lists.flatten().flat_map(|list| field_ranges(tree, list)));
    ranges
}

/// golangci-lint: the last line of a `//nolint` group and of the longest node of a declaration that begins on the next line in the same
/// column.
pub(super) fn last_line(source: &SourceFile, group: Group, tree: &Tree, decl: Range) -> u32 {
    let own = group.last_line;
    let Some(at) = source.line_starts().get(own as usize).map(|line| line + group.column - 1) else { return own };
    if !(decl.start..decl.end).contains(&at) {
        return own;
    }
    let nodes = important(tree, decl);
    let ends = nodes.iter().chain(&tree.expr_ranges).filter(|range| range.start == at).map(|range| range.end);
    ends.max().map_or(own, |end| own.max(source.position(end).line))
}

/// Whether a `//nolint` group stands in the same column right above the package clause: then it covers the file.
pub(super) fn covers_file(source: &SourceFile, group: Group, outline: &Outline) -> bool {
    let Some((_, package)) = &outline.package else { return false };
    let clause = source.position(package.start);
    (clause.line, clause.column) == (group.last_line + 1, group.column)
}

/// staticcheck: the line of the node that a comment belongs to, as go/ast.NewCommentMap decides, if it is a node of this declaration.
pub(super) fn node_line(source: &SourceFile, group: Group, tree: &Tree, decl: Range, outline: &Outline) -> Option<u32> {
    let line = |offset: u32| source.position(offset).line;
    let Range { start, end } = group.range;
    let decls = || outline.imports.iter().map(|import| import.range).chain(outline.decls.iter().map(|decl| decl.range));
    // A comment belongs to what ends on its line, or on the line above if an empty line follows.
    let follows = |node: Range, next: Option<u32>| {
        let before_gap = next.is_none_or(|next| group.last_line + 1 < line(next));
        line(node.end) == group.first_line || line(node.end) + 1 == group.first_line && before_gap
    };
    let next_decl = decls().map(|decl| decl.start).filter(|&other| other >= end).min();
    if end <= decl.start {
        let before = decls().filter(|other| other.end <= start).max_by_key(|other| other.end);
        let next = next_decl == Some(decl.start) && !before.is_some_and(|before| follows(before, next_decl));
        return next.then(|| line(decl.start));
    }
    if start >= decl.end {
        let last = decls().filter(|other| other.end <= start).max_by_key(|other| other.end) == Some(decl);
        return (last && (follows(decl, next_decl) || next_decl.is_none())).then(|| line(decl.start));
    }
    let important = important(tree, decl);
    let nodes = || important.iter().chain(&tree.expr_ranges).copied();
    let next = nodes().map(|node| node.start).filter(|&node| node >= end).min().or(next_decl);
    let size = |node: &Range| node.end - node.start;
    let latest = |nodes: &mut dyn Iterator<Item = Range>| {
        nodes.filter(|node| node.start < start).max_by_key(|node| (node.start, u32::MAX - size(node)))
    };
    // The largest that has ended, of those around the last that began.
    let ended = latest(&mut important.iter().copied()).and_then(|last| {
        let around = important.iter().filter(|node| node.start <= last.start && node.end >= last.end && node.end <= start);
        around.max_by_key(|node| size(node)).copied()
    });
    if let Some(node) = ended.filter(|&node| follows(node, next)) {
        return Some(line(node.start));
    }
    if let Some(node) = latest(&mut nodes()).filter(|&node| follows(node, next) || next.is_none()) {
        return Some(line(node.start));
    }
    next.map(line)
}
