//! Go's syntax as Rust enums, with the names of Go's own package go/ast, in an arena per top-level declaration.
//!
//! ```go
//! defer f.Close() // Stmt::Defer { call } with Expr::Call { fun: Expr::Selector { x: Ident "f", sel: Ident "Close" }, .. }
//! ```
//!
//! A [`Tree`] is one top-level declaration. Its nodes live in two flat lists, expressions and statements, and name each other by
//! [`ExprId`] and [`StmtId`]; so a tree is `Send`, small, and dropped without recursion. As in go/ast, types are expressions, and
//! every node has the byte range that go/ast's `Pos` and `End` give it, in offsets of the file.
//!
//! Nothing here or above may recurse over the depth of a tree: real code nests thousands of levels. Use [`Tree::walk`] or a stack.
//!
//! Not here: how text becomes a tree (`parse`), what a name means (`sema`), in which order statements run (`flow`).

pub mod index;
pub mod parents;

pub use index::Index;
pub use parents::Parents;

use crate::source::{FileId, Span};
use compact_str::CompactString;

/// An identifier's text.
pub type Name = CompactString;

/// The number of an expression in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExprId(pub u32);

/// The number of a statement in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StmtId(pub u32);

/// A list of expressions.
pub type Exprs = Box<[ExprId]>;
/// A list of statements.
pub type Stmts = Box<[StmtId]>;

/// A byte range in the tree's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Range {
    pub start: u32,
    pub end: u32,
}

/// go/ast's `Expr`: expressions and types. The fields have go/ast's names.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// Text that could not be read.
    Bad,
    Ident(Name),
    /// The text is the node's range of the file.
    BasicLit(LitKind),
    /// `T{..}`; inside another literal `ty` may be missing.
    CompositeLit {
        ty: Option<ExprId>,
        elts: Exprs,
    },
    /// `ty` is a `FuncType`, `body` a `Block`.
    FuncLit {
        ty: ExprId,
        body: StmtId,
    },
    Paren {
        x: ExprId,
    },
    /// `sel` is an `Ident`.
    Selector {
        x: ExprId,
        sel: ExprId,
    },
    /// `x[i]`, `F[T]`, and with several indices go/ast's `IndexListExpr`.
    Index {
        x: ExprId,
        indices: Exprs,
    },
    Slice {
        x: ExprId,
        low: Option<ExprId>,
        high: Option<ExprId>,
        max: Option<ExprId>,
    },
    /// `x.(T)`; without a type `x.(type)`.
    TypeAssert {
        x: ExprId,
        ty: Option<ExprId>,
    },
    /// A call or a conversion. `ellipsis`: the last argument is followed by `...`.
    Call {
        fun: ExprId,
        args: Exprs,
        ellipsis: bool,
    },
    Star {
        x: ExprId,
    },
    Unary {
        op: Op,
        x: ExprId,
    },
    Binary {
        op: Op,
        x: ExprId,
        y: ExprId,
    },
    KeyValue {
        key: ExprId,
        value: ExprId,
    },
    /// `[]T` (no `len`), `[n]T`, `[...]T` (`len` is an `Ellipsis`).
    ArrayType {
        len: Option<ExprId>,
        elem: ExprId,
    },
    /// `...T` in a parameter list, `...` in an array type.
    Ellipsis {
        elt: Option<ExprId>,
    },
    StructType {
        fields: FieldList,
    },
    FuncType {
        type_params: Option<FieldList>,
        params: FieldList,
        results: Option<FieldList>,
    },
    InterfaceType {
        methods: FieldList,
    },
    MapType {
        key: ExprId,
        value: ExprId,
    },
    ChanType {
        dir: ChanDir,
        value: ExprId,
    },
}

/// What kind of literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LitKind {
    Int,
    Float,
    Imag,
    Char,
    String,
}

/// The direction of a channel type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChanDir {
    Both,
    /// `chan<- T`
    Send,
    /// `<-chan T`
    Recv,
}

/// An operator, as in go/token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Add,
    Sub,
    Mul,
    Quo,
    Rem,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    AndNot,
    LAnd,
    LOr,
    Eql,
    Lss,
    Gtr,
    Not,
    Neq,
    Leq,
    Geq,
    /// `<-x`
    Arrow,
    /// `~T`
    Tilde,
}

/// go/ast's `FieldList`: parameters, results, type parameters, struct fields, interface elements; with its brackets, if it has any.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FieldList {
    pub range: Range,
    pub fields: Box<[Field]>,
}

/// go/ast's `Field`: `a, b T "tag"`; without names an unnamed parameter or an embedded field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub range: Range,
    pub names: Exprs,
    pub ty: ExprId,
    pub tag: Option<ExprId>,
}

/// go/ast's `Stmt`. The fields have go/ast's names.
#[derive(Clone, Debug, PartialEq)]
pub enum Stmt {
    /// Text that could not be read.
    Bad,
    Decl(GenDecl),
    Empty {
        implicit: bool,
    },
    /// `label` is an `Ident`.
    Labeled {
        label: ExprId,
        stmt: StmtId,
    },
    Expr {
        x: ExprId,
    },
    Send {
        chan: ExprId,
        value: ExprId,
    },
    IncDec {
        x: ExprId,
        inc: bool,
    },
    Assign {
        lhs: Exprs,
        op: AssignOp,
        rhs: Exprs,
    },
    Go {
        call: ExprId,
    },
    Defer {
        call: ExprId,
    },
    Return {
        results: Exprs,
    },
    Branch {
        tok: BranchTok,
        label: Option<ExprId>,
    },
    Block {
        list: Stmts,
    },
    If {
        init: Option<StmtId>,
        cond: ExprId,
        body: StmtId,
        else_: Option<StmtId>,
    },
    /// `case a, b:`; without a list `default:`.
    Case {
        list: Option<Exprs>,
        body: Stmts,
    },
    /// `body` is a `Block` of `Case`s.
    Switch {
        init: Option<StmtId>,
        tag: Option<ExprId>,
        body: StmtId,
    },
    /// `assign` is `x := y.(type)` (an `Assign`) or `y.(type)` (an `Expr`); `body` is a `Block` of `Case`s.
    TypeSwitch {
        init: Option<StmtId>,
        assign: StmtId,
        body: StmtId,
    },
    /// `case v := <-c:`; without `comm` `default:`.
    Comm {
        comm: Option<StmtId>,
        body: Stmts,
    },
    /// `body` is a `Block` of `Comm`s.
    Select {
        body: StmtId,
    },
    For {
        init: Option<StmtId>,
        cond: Option<ExprId>,
        post: Option<StmtId>,
        body: StmtId,
    },
    /// `define`: `:=` and not `=`; it means nothing without a key.
    Range {
        key: Option<ExprId>,
        value: Option<ExprId>,
        define: bool,
        x: ExprId,
        body: StmtId,
    },
}

/// `:=`, `=`, or the operator of `+=` and its like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignOp {
    Define,
    Assign,
    Op(Op),
}

/// The keyword of a `Branch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchTok {
    Break,
    Continue,
    Goto,
    Fallthrough,
}

/// go/ast's `GenDecl`: `import`, `const`, `type` or `var`, one or a group.
#[derive(Clone, Debug, PartialEq)]
pub struct GenDecl {
    pub range: Range,
    pub tok: GenTok,
    /// In parentheses.
    pub grouped: bool,
    pub specs: Box<[Spec]>,
}

/// The keyword of a `GenDecl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenTok {
    Import,
    Const,
    Type,
    Var,
}

/// One line of a `GenDecl`.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub range: Range,
    pub kind: SpecKind,
}

/// go/ast's `ImportSpec`, `ValueSpec`, `TypeSpec`.
#[derive(Clone, Debug, PartialEq)]
pub enum SpecKind {
    Import {
        name: Option<ExprId>,
        path: ExprId,
    },
    /// `const` or `var`.
    Value {
        names: Exprs,
        ty: Option<ExprId>,
        values: Exprs,
    },
    /// `alias`: `type A = B`.
    Type {
        name: ExprId,
        type_params: Option<FieldList>,
        alias: bool,
        ty: ExprId,
    },
}

/// go/ast's `FuncDecl`. `ty` is a `FuncType`, `body` a `Block`.
#[derive(Clone, Debug, PartialEq)]
pub struct FuncDecl {
    pub range: Range,
    pub recv: Option<FieldList>,
    pub name: ExprId,
    pub ty: ExprId,
    pub body: Option<StmtId>,
}

/// What a tree is of.
#[derive(Clone, Debug, PartialEq)]
pub enum Decl {
    /// Text that could not be read.
    Bad,
    Func(FuncDecl),
    Gen(GenDecl),
}

/// One top-level declaration.
#[derive(Clone, Debug)]
pub struct Tree {
    pub file: FileId,
    pub decl: Decl,
    pub exprs: Vec<Expr>,
    pub expr_ranges: Vec<Range>,
    pub stmts: Vec<Stmt>,
    pub stmt_ranges: Vec<Range>,
    /// Its calls, `go` statements, defers …, made at lowering.
    pub index: Index,
}

/// A node of either kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    Expr(ExprId),
    Stmt(StmtId),
}

impl Tree {
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize]
    }

    pub fn stmt(&self, id: StmtId) -> &Stmt {
        &self.stmts[id.0 as usize]
    }

    pub fn expr_range(&self, id: ExprId) -> Range {
        self.expr_ranges[id.0 as usize]
    }

    pub fn stmt_range(&self, id: StmtId) -> Range {
        self.stmt_ranges[id.0 as usize]
    }

    pub fn range(&self, node: Node) -> Range {
        match node {
            Node::Expr(id) => self.expr_range(id),
            Node::Stmt(id) => self.stmt_range(id),
        }
    }

    pub fn span(&self, node: Node) -> Span {
        let range = self.range(node);
        Span::new(self.file, range.start, range.end)
    }

    /// The name, if the expression is an identifier.
    pub fn ident(&self, id: ExprId) -> Option<&str> {
        match self.expr(id) {
            Expr::Ident(name) => Some(name),
            _ => None,
        }
    }

    /// The expression without parentheses around it.
    pub fn unparen(&self, mut id: ExprId) -> ExprId {
        while let Expr::Paren { x } = *self.expr(id) {
            id = x;
        }
        id
    }

    /// The elements of a composite literal, or of one whose address is taken: `T{…}`, `&T{…}`.
    pub fn literal(&self, id: ExprId) -> Option<&[ExprId]> {
        match self.expr(self.unparen(id)) {
            Expr::Unary { op: Op::And, x } => self.literal(*x),
            Expr::CompositeLit { elts, .. } => Some(elts),
            _ => None,
        }
    }

    /// The clauses of a `select`, each a `Stmt::Comm`; of another statement none.
    pub fn clauses(&self, select: StmtId) -> &[StmtId] {
        match *self.stmt(select) {
            Stmt::Select { body } => match self.stmt(body) {
                Stmt::Block { list } => list,
                _ => &[],
            },
            _ => &[],
        }
    }

    /// The function declaration, if the tree is one.
    pub fn func(&self) -> Option<&FuncDecl> {
        match &self.decl {
            Decl::Func(func) => Some(func),
            _ => None,
        }
    }

    /// Calls `visit` with every node below and including `root`, parents first, in source order. `visit` answers whether to go into
    /// the node's children: answer `false` at a `FuncLit` to stay in one function.
    pub fn walk(&self, root: Node, mut visit: impl FnMut(Node) -> bool) {
        let mut stack = vec![root];
        let mut children = Vec::new();
        while let Some(node) = stack.pop() {
            if visit(node) {
                children.clear();
                self.children(node, &mut children);
                stack.extend(children.iter().rev());
            }
        }
    }

    /// Appends the direct children of a node in source order.
    pub fn children(&self, node: Node, out: &mut Vec<Node>) {
        match node {
            Node::Expr(id) => self.expr_children(id, out),
            Node::Stmt(id) => self.stmt_children(id, out),
        }
    }

    fn expr_children(&self, id: ExprId, out: &mut Vec<Node>) {
        let mut push = |id: ExprId| out.push(Node::Expr(id));
        match self.expr(id) {
            Expr::Bad | Expr::Ident(_) | Expr::BasicLit(_) => {}
            Expr::CompositeLit { ty, elts } => ty.iter().chain(elts.iter()).copied().for_each(push),
            Expr::FuncLit { ty, body } => {
                push(*ty);
                out.push(Node::Stmt(*body));
            }
            Expr::Paren { x } | Expr::Star { x } | Expr::Unary { x, .. } => push(*x),
            Expr::Selector { x, sel } => [*x, *sel].into_iter().for_each(push),
            Expr::Index { x, indices } => std::iter::once(x).chain(indices.iter()).copied().for_each(push),
            Expr::Slice { x, low, high, max } => [Some(*x), *low, *high, *max].into_iter().flatten().for_each(push),
            Expr::TypeAssert { x, ty } => [Some(*x), *ty].into_iter().flatten().for_each(push),
            Expr::Call { fun, args, .. } => std::iter::once(fun).chain(args.iter()).copied().for_each(push),
            Expr::Binary { x, y, .. } => [*x, *y].into_iter().for_each(push),
            Expr::KeyValue { key, value } | Expr::MapType { key, value } => [*key, *value].into_iter().for_each(push),
            Expr::ArrayType { len, elem } => [*len, Some(*elem)].into_iter().flatten().for_each(push),
            Expr::Ellipsis { elt } => elt.iter().copied().for_each(push),
            Expr::StructType { fields } | Expr::InterfaceType { methods: fields } => self.field_children(fields, out),
            Expr::FuncType { type_params, params, results } => {
                for list in [type_params.as_ref(), Some(params), results.as_ref()].into_iter().flatten() {
                    self.field_children(list, out);
                }
            }
            Expr::ChanType { value, .. } => push(*value),
        }
    }

    fn field_children(&self, list: &FieldList, out: &mut Vec<Node>) {
        for field in &list.fields {
            out.extend(field.names.iter().copied().chain([field.ty]).chain(field.tag).map(Node::Expr));
        }
    }

    /// Appends the nodes of a declaration's specs in source order.
    pub fn spec_children(&self, decl: &GenDecl, out: &mut Vec<Node>) {
        for spec in &decl.specs {
            match &spec.kind {
                SpecKind::Import { name, path } => out.extend(name.iter().copied().chain([*path]).map(Node::Expr)),
                SpecKind::Value { names, ty, values } => {
                    out.extend(names.iter().chain(ty.iter()).chain(values.iter()).copied().map(Node::Expr));
                }
                SpecKind::Type { name, type_params, ty, .. } => {
                    out.push(Node::Expr(*name));
                    if let Some(list) = type_params {
                        self.field_children(list, out);
                    }
                    out.push(Node::Expr(*ty));
                }
            }
        }
    }

    fn stmt_children(&self, id: StmtId, out: &mut Vec<Node>) {
        let expr = |id: &ExprId| Node::Expr(*id);
        let stmt = |id: &StmtId| Node::Stmt(*id);
        match self.stmt(id) {
            Stmt::Bad | Stmt::Empty { .. } => {}
            Stmt::Decl(decl) => self.spec_children(decl, out),
            Stmt::Labeled { label, stmt: inner } => out.extend([expr(label), stmt(inner)]),
            Stmt::Expr { x } | Stmt::IncDec { x, .. } => out.push(expr(x)),
            Stmt::Send { chan, value } => out.extend([expr(chan), expr(value)]),
            Stmt::Assign { lhs, rhs, .. } => out.extend(lhs.iter().chain(rhs.iter()).map(expr)),
            Stmt::Go { call } | Stmt::Defer { call } => out.push(expr(call)),
            Stmt::Return { results } => out.extend(results.iter().map(expr)),
            Stmt::Branch { label, .. } => out.extend(label.iter().map(expr)),
            Stmt::Block { list } => out.extend(list.iter().map(stmt)),
            Stmt::If { init, cond, body, else_ } => {
                out.extend(init.iter().map(stmt));
                out.push(expr(cond));
                out.push(stmt(body));
                out.extend(else_.iter().map(stmt));
            }
            Stmt::Case { list, body } => {
                out.extend(list.iter().flatten().map(expr));
                out.extend(body.iter().map(stmt));
            }
            Stmt::Switch { init, tag, body } => {
                out.extend(init.iter().map(stmt));
                out.extend(tag.iter().map(expr));
                out.push(stmt(body));
            }
            Stmt::TypeSwitch { init, assign, body } => {
                out.extend(init.iter().map(stmt));
                out.extend([stmt(assign), stmt(body)]);
            }
            Stmt::Comm { comm, body } => out.extend(comm.iter().chain(body.iter()).map(stmt)),
            Stmt::Select { body } => out.push(stmt(body)),
            Stmt::For { init, cond, post, body } => {
                out.extend(init.iter().map(stmt));
                out.extend(cond.iter().map(expr));
                out.extend(post.iter().map(stmt));
                out.push(stmt(body));
            }
            Stmt::Range { key, value, x, body, .. } => {
                out.extend(key.iter().chain(value.iter()).chain([x]).map(expr));
                out.push(stmt(body));
            }
        }
    }
}
