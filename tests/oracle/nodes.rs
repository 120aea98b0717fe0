//! The nodes of a tree as the oracle names them (`tests/oracle/shape.go`): kind, detail, bytes.

use goleaklint::ast::{
    AssignOp, BranchTok, ChanDir, Decl, Expr, FieldList, GenDecl, GenTok, LitKind, Node, Op, Range, SpecKind, Stmt, Tree,
};

/// The number of nodes, and the sum of a hash of each.
pub(crate) fn hash(tree: &Tree) -> (usize, u64) {
    let (mut nodes, mut sum) = (0, 0u64);
    each(tree, &mut |kind, range| {
        nodes += 1;
        sum = sum.wrapping_add(hash_node(kind, range));
    });
    (nodes, sum)
}

pub(crate) fn nodes(tree: &Tree) -> Vec<(u32, u32, String)> {
    let mut all = Vec::new();
    each(tree, &mut |kind, range| all.push((range.start, range.end, kind.to_owned())));
    all
}

/// The number of nodes that the tree's index has a list for.
pub(crate) fn indexed(tree: &Tree) -> usize {
    let mut found = 0;
    each(tree, &mut |kind, _| {
        let has_list = kind.starts_with("CallExpr") || matches!(kind, "FuncLit" | "DeferStmt" | "GoStmt");
        found += usize::from(has_list);
    });
    found
}

/// FNV-1a.
fn hash_node(kind: &str, range: Range) -> u64 {
    let mut sum = 14695981039346656037u64;
    let mut step = |byte: u8| sum = (sum ^ u64::from(byte)).wrapping_mul(1099511628211);
    kind.bytes().for_each(&mut step);
    range.start.to_le_bytes().into_iter().for_each(&mut step);
    range.end.to_le_bytes().into_iter().for_each(&mut step);
    sum
}

type Visit<'a> = &'a mut dyn FnMut(&str, Range);

fn each(tree: &Tree, visit: Visit) {
    let mut roots = Vec::new();
    match &tree.decl {
        Decl::Bad => visit("BadDecl", Range::default()),
        Decl::Gen(decl) => {
            gen_decl(decl, visit);
            tree.spec_children(decl, &mut roots);
        }
        Decl::Func(func) => {
            visit(&flag("FuncDecl", &[func.recv.is_some(), func.body.is_some()]), func.range);
            if let Some(recv) = &func.recv {
                list(recv, visit);
                for field in &recv.fields {
                    roots.extend(field.names.iter().copied().chain([field.ty]).map(Node::Expr));
                }
            }
            roots.extend([Node::Expr(func.name), Node::Expr(func.ty)]);
            roots.extend(func.body.map(Node::Stmt));
        }
    }
    for root in roots {
        tree.walk(root, |node| {
            let range = tree.range(node);
            match node {
                Node::Expr(id) => expr(tree.expr(id), range, visit),
                Node::Stmt(id) => stmt(tree.stmt(id), range, visit),
            }
            true
        });
    }
}

fn gen_decl(decl: &GenDecl, visit: Visit) {
    let tok = match decl.tok {
        GenTok::Import => "import",
        GenTok::Const => "const",
        GenTok::Type => "type",
        GenTok::Var => "var",
    };
    visit(&count(flag(&format!("GenDecl{tok}"), &[decl.grouped]), &[decl.specs.len()]), decl.range);
    for spec in &decl.specs {
        match &spec.kind {
            SpecKind::Import { .. } => visit("ImportSpec", spec.range),
            SpecKind::Value { names, ty, values } => {
                visit(&count(flag("ValueSpec", &[ty.is_some()]), &[names.len(), values.len()]), spec.range);
            }
            SpecKind::Type { type_params, alias, .. } => {
                visit(&flag("TypeSpec", &[type_params.is_some(), *alias]), spec.range);
                type_params.iter().for_each(|params| list(params, visit));
            }
        }
    }
}

fn list(list: &FieldList, visit: Visit) {
    visit(&count("FieldList".to_owned(), &[list.fields.len()]), list.range);
    for field in &list.fields {
        visit(&count(flag("Field", &[field.tag.is_some()]), &[field.names.len()]), field.range);
    }
}

fn flag(kind: &str, parts: &[bool]) -> String {
    let mut kind = kind.to_owned();
    kind.extend(parts.iter().map(|&part| if part { '1' } else { '0' }));
    kind
}

fn count(mut kind: String, numbers: &[usize]) -> String {
    for number in numbers {
        kind += &format!(",{number}");
    }
    kind
}

fn op(op: Op) -> &'static str {
    match op {
        Op::Add => "+",
        Op::Sub => "-",
        Op::Mul => "*",
        Op::Quo => "/",
        Op::Rem => "%",
        Op::And => "&",
        Op::Or => "|",
        Op::Xor => "^",
        Op::Shl => "<<",
        Op::Shr => ">>",
        Op::AndNot => "&^",
        Op::LAnd => "&&",
        Op::LOr => "||",
        Op::Eql => "==",
        Op::Lss => "<",
        Op::Gtr => ">",
        Op::Not => "!",
        Op::Neq => "!=",
        Op::Leq => "<=",
        Op::Geq => ">=",
        Op::Arrow => "<-",
        Op::Tilde => "~",
    }
}

fn expr(expr: &Expr, range: Range, visit: Visit) {
    match expr {
        Expr::Bad => visit("BadExpr", range),
        Expr::Ident(_) => visit("Ident", range),
        Expr::BasicLit(kind) => {
            let kind = match kind {
                LitKind::Int => "BasicLitINT",
                LitKind::Float => "BasicLitFLOAT",
                LitKind::Imag => "BasicLitIMAG",
                LitKind::Char => "BasicLitCHAR",
                LitKind::String => "BasicLitSTRING",
            };
            visit(kind, range);
        }
        Expr::CompositeLit { ty, elts } => visit(&count(flag("CompositeLit", &[ty.is_some()]), &[elts.len()]), range),
        Expr::FuncLit { .. } => visit("FuncLit", range),
        Expr::Paren { .. } => visit("ParenExpr", range),
        Expr::Selector { .. } => visit("SelectorExpr", range),
        Expr::Index { indices, .. } => visit(&count("IndexExpr".to_owned(), &[indices.len()]), range),
        Expr::Slice { low, high, max, .. } => visit(&flag("SliceExpr", &[low.is_some(), high.is_some(), max.is_some()]), range),
        Expr::TypeAssert { ty, .. } => visit(&flag("TypeAssertExpr", &[ty.is_some()]), range),
        Expr::Call { args, ellipsis, .. } => visit(&count(flag("CallExpr", &[*ellipsis]), &[args.len()]), range),
        Expr::Star { .. } => visit("StarExpr", range),
        Expr::Unary { op: operator, .. } => visit(&format!("UnaryExpr{}", op(*operator)), range),
        Expr::Binary { op: operator, .. } => visit(&format!("BinaryExpr{}", op(*operator)), range),
        Expr::KeyValue { .. } => visit("KeyValueExpr", range),
        Expr::ArrayType { len, .. } => visit(&flag("ArrayType", &[len.is_some()]), range),
        Expr::Ellipsis { elt } => visit(&flag("Ellipsis", &[elt.is_some()]), range),
        Expr::StructType { fields } => {
            visit("StructType", range);
            list(fields, visit);
        }
        Expr::FuncType { type_params, params, results } => {
            visit(&flag("FuncType", &[type_params.is_some(), results.is_some()]), range);
            for fields in [type_params.as_ref(), Some(params), results.as_ref()].into_iter().flatten() {
                list(fields, visit);
            }
        }
        Expr::InterfaceType { methods } => {
            visit("InterfaceType", range);
            list(methods, visit);
        }
        Expr::MapType { .. } => visit("MapType", range),
        Expr::ChanType { dir, .. } => {
            let dir = match dir {
                ChanDir::Send => 1,
                ChanDir::Recv => 2,
                ChanDir::Both => 3,
            };
            visit(&count("ChanType".to_owned(), &[dir]), range);
        }
    }
}

fn stmt(stmt: &Stmt, range: Range, visit: Visit) {
    let kind = match stmt {
        Stmt::Bad => "BadStmt".to_owned(),
        Stmt::Decl(decl) => {
            visit("DeclStmt", range);
            gen_decl(decl, visit);
            return;
        }
        Stmt::Empty { implicit } => flag("EmptyStmt", &[*implicit]),
        Stmt::Labeled { .. } => "LabeledStmt".to_owned(),
        Stmt::Expr { .. } => "ExprStmt".to_owned(),
        Stmt::Send { .. } => "SendStmt".to_owned(),
        Stmt::IncDec { inc, .. } => if *inc { "IncDecStmt++" } else { "IncDecStmt--" }.to_owned(),
        Stmt::Assign { lhs, op: operator, rhs } => {
            let operator = match operator {
                AssignOp::Define => ":=".to_owned(),
                AssignOp::Assign => "=".to_owned(),
                AssignOp::Op(operator) => format!("{}=", op(*operator)),
            };
            count(format!("AssignStmt{operator}"), &[lhs.len(), rhs.len()])
        }
        Stmt::Go { .. } => "GoStmt".to_owned(),
        Stmt::Defer { .. } => "DeferStmt".to_owned(),
        Stmt::Return { results } => count("ReturnStmt".to_owned(), &[results.len()]),
        Stmt::Branch { tok, label } => {
            let tok = match tok {
                BranchTok::Break => "break",
                BranchTok::Continue => "continue",
                BranchTok::Goto => "goto",
                BranchTok::Fallthrough => "fallthrough",
            };
            flag(&format!("BranchStmt{tok}"), &[label.is_some()])
        }
        Stmt::Block { list } => count("BlockStmt".to_owned(), &[list.len()]),
        Stmt::If { init, else_, .. } => flag("IfStmt", &[init.is_some(), else_.is_some()]),
        Stmt::Case { list, body } => {
            let exprs = list.as_ref().map_or(0, |list| list.len());
            count(flag("CaseClause", &[list.is_some()]), &[exprs, body.len()])
        }
        Stmt::Switch { init, tag, .. } => flag("SwitchStmt", &[init.is_some(), tag.is_some()]),
        Stmt::TypeSwitch { init, .. } => flag("TypeSwitchStmt", &[init.is_some()]),
        Stmt::Comm { comm, body } => count(flag("CommClause", &[comm.is_some()]), &[body.len()]),
        Stmt::Select { .. } => "SelectStmt".to_owned(),
        Stmt::For { init, cond, post, .. } => flag("ForStmt", &[init.is_some(), cond.is_some(), post.is_some()]),
        Stmt::Range { key, value, define, .. } => flag("RangeStmt", &[key.is_some(), value.is_some(), key.is_some() && *define]),
    };
    visit(&kind, range);
}
