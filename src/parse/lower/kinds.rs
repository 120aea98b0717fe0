//! Which of the grammar's node kinds is this? Numbers of tree-sitter-go to an enum the compiler can check.
//!
//! ```go
//! f(x) // call_expression of identifier and argument_list: Kind::Call, Kind::Identifier, Kind::Arguments
//! ```
//!
//! Not here: what a kind becomes in our syntax (`lower`).

use crate::ast::{AssignOp, BranchTok, GenTok, LitKind, Op};
use std::sync::OnceLock;

/// A node kind of the grammar, named or a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::parse) enum Kind {
    SourceFile,
    Comment,
    Error,
    /// A token that decides nothing: keywords of statements, line ends.
    Other,
    // Tokens that decide something.
    OpenParen,
    CloseParen,
    OpenBrace,
    CloseBrace,
    Comma,
    Semicolon,
    Colon,
    Dots,
    Chan,
    Arrow,
    Define,
    Op(Op),
    Assign(AssignOp),
    // Leaves.
    Identifier,
    FieldIdentifier,
    TypeIdentifier,
    Literal(LitKind),
    Empty,
    // Expressions.
    Arguments,
    Binary,
    Call,
    Composite,
    Conversion,
    FuncLiteral,
    Index,
    Instantiation,
    KeyedElement,
    LiteralElement,
    LiteralValue,
    Paren,
    Selector,
    Slice,
    TypeAssertion,
    Unary,
    Variadic,
    ExpressionList,
    // Types.
    ArrayType,
    ChannelType,
    FunctionType,
    GenericType,
    ImplicitArrayType,
    InterfaceType,
    MapType,
    NegatedType,
    PointerType,
    SliceType,
    StructType,
    TypeArguments,
    TypeElem,
    FieldDeclaration,
    FieldDeclarations,
    MethodElem,
    Parameter,
    VariadicParameter,
    Parameters,
    TypeParameter,
    TypeParameters,
    // Statements.
    Assignment,
    Block,
    Branch(BranchTok),
    Case,
    CommCase,
    DefaultCase,
    Defer,
    ExpressionStatement,
    For,
    ForClause,
    Go,
    If,
    IncDec(bool),
    Labeled,
    RangeClause,
    Receive,
    Return,
    Select,
    Send,
    ShortVar,
    StatementList,
    Switch,
    TypeSwitch,
    // Declarations.
    Gen(GenTok),
    Function,
    Method,
    Specs,
    TypeSpec(bool),
    ValueSpec,
}

impl Kind {
    /// Whether the kind has no node of its own in our syntax, so that it does not count as a level.
    pub(super) fn is_thin(self) -> bool {
        matches!(
            self,
            Kind::SourceFile
                | Kind::Arguments
                | Kind::LiteralElement
                | Kind::LiteralValue
                | Kind::ExpressionList
                | Kind::TypeArguments
                | Kind::TypeElem
                | Kind::FieldDeclarations
                | Kind::FieldDeclaration
                | Kind::MethodElem
                | Kind::Parameter
                | Kind::Parameters
                | Kind::StatementList
                | Kind::Variadic
        )
    }

    /// The kind for a number of the grammar.
    pub(super) fn of(id: u16) -> Kind {
        // tree-sitter gives ERROR the highest number there is.
        if id == u16::MAX { Kind::Error } else { table().get(id as usize).copied().unwrap_or(Kind::Other) }
    }
}

fn table() -> &'static [Kind] {
    static TABLE: OnceLock<Vec<Kind>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let language = tree_sitter::Language::new(tree_sitter_go::LANGUAGE);
        let kind = |id: u16| language.node_kind_for_id(id).map_or(Kind::Other, |name| named(name, language.node_kind_is_named(id)));
        (0..language.node_kind_count() as u16).map(kind).collect()
    })
}

fn named(name: &str, named: bool) -> Kind {
    if named { leaf(name).or_else(|| expression(name)).or_else(|| statement(name)) } else { token(name).or_else(|| operator(name)) }
        .unwrap_or(Kind::Other)
}

fn leaf(name: &str) -> Option<Kind> {
    Some(match name {
        "source_file" => Kind::SourceFile,
        "comment" => Kind::Comment,
        "identifier" | "nil" | "true" | "false" | "iota" | "package_identifier" | "label_name" | "blank_identifier" => Kind::Identifier,
        "field_identifier" => Kind::FieldIdentifier,
        "type_identifier" => Kind::TypeIdentifier,
        "int_literal" => Kind::Literal(LitKind::Int),
        "float_literal" => Kind::Literal(LitKind::Float),
        "imaginary_literal" => Kind::Literal(LitKind::Imag),
        "rune_literal" => Kind::Literal(LitKind::Char),
        "interpreted_string_literal" | "raw_string_literal" => Kind::Literal(LitKind::String),
        "empty_statement" => Kind::Empty,
        _ => return None,
    })
}

fn expression(name: &str) -> Option<Kind> {
    Some(match name {
        "argument_list" => Kind::Arguments,
        "binary_expression" => Kind::Binary,
        "call_expression" => Kind::Call,
        "composite_literal" => Kind::Composite,
        "type_conversion_expression" => Kind::Conversion,
        "func_literal" => Kind::FuncLiteral,
        "index_expression" => Kind::Index,
        "type_instantiation_expression" => Kind::Instantiation,
        "keyed_element" => Kind::KeyedElement,
        "literal_element" => Kind::LiteralElement,
        "literal_value" => Kind::LiteralValue,
        "parenthesized_expression" | "parenthesized_type" => Kind::Paren,
        "selector_expression" | "qualified_type" => Kind::Selector,
        "slice_expression" => Kind::Slice,
        "type_assertion_expression" => Kind::TypeAssertion,
        "unary_expression" => Kind::Unary,
        "variadic_argument" => Kind::Variadic,
        "expression_list" => Kind::ExpressionList,
        "array_type" => Kind::ArrayType,
        "channel_type" => Kind::ChannelType,
        "function_type" => Kind::FunctionType,
        "generic_type" => Kind::GenericType,
        "implicit_length_array_type" => Kind::ImplicitArrayType,
        "interface_type" => Kind::InterfaceType,
        "map_type" => Kind::MapType,
        "negated_type" => Kind::NegatedType,
        "pointer_type" => Kind::PointerType,
        "slice_type" => Kind::SliceType,
        "struct_type" => Kind::StructType,
        "type_arguments" => Kind::TypeArguments,
        "type_elem" | "type_constraint" => Kind::TypeElem,
        "field_declaration" => Kind::FieldDeclaration,
        "field_declaration_list" => Kind::FieldDeclarations,
        "method_elem" => Kind::MethodElem,
        "parameter_declaration" => Kind::Parameter,
        "variadic_parameter_declaration" => Kind::VariadicParameter,
        "parameter_list" => Kind::Parameters,
        "type_parameter_declaration" => Kind::TypeParameter,
        "type_parameter_list" => Kind::TypeParameters,
        _ => return None,
    })
}

fn statement(name: &str) -> Option<Kind> {
    Some(match name {
        "assignment_statement" => Kind::Assignment,
        "block" => Kind::Block,
        "break_statement" => Kind::Branch(BranchTok::Break),
        "continue_statement" => Kind::Branch(BranchTok::Continue),
        "goto_statement" => Kind::Branch(BranchTok::Goto),
        "fallthrough_statement" => Kind::Branch(BranchTok::Fallthrough),
        "expression_case" | "type_case" => Kind::Case,
        "communication_case" => Kind::CommCase,
        "default_case" => Kind::DefaultCase,
        "defer_statement" => Kind::Defer,
        "expression_statement" => Kind::ExpressionStatement,
        "for_statement" => Kind::For,
        "for_clause" => Kind::ForClause,
        "go_statement" => Kind::Go,
        "if_statement" => Kind::If,
        "inc_statement" => Kind::IncDec(true),
        "dec_statement" => Kind::IncDec(false),
        "labeled_statement" => Kind::Labeled,
        "range_clause" => Kind::RangeClause,
        "receive_statement" => Kind::Receive,
        "return_statement" => Kind::Return,
        "select_statement" => Kind::Select,
        "send_statement" => Kind::Send,
        "short_var_declaration" => Kind::ShortVar,
        "statement_list" => Kind::StatementList,
        "expression_switch_statement" => Kind::Switch,
        "type_switch_statement" => Kind::TypeSwitch,
        "const_declaration" => Kind::Gen(GenTok::Const),
        "type_declaration" => Kind::Gen(GenTok::Type),
        "var_declaration" => Kind::Gen(GenTok::Var),
        "function_declaration" => Kind::Function,
        "method_declaration" => Kind::Method,
        "var_spec_list" => Kind::Specs,
        "type_spec" => Kind::TypeSpec(false),
        "type_alias" => Kind::TypeSpec(true),
        "const_spec" | "var_spec" => Kind::ValueSpec,
        _ => return None,
    })
}

fn token(name: &str) -> Option<Kind> {
    Some(match name {
        "(" => Kind::OpenParen,
        ")" => Kind::CloseParen,
        "{" => Kind::OpenBrace,
        "}" => Kind::CloseBrace,
        "," => Kind::Comma,
        ";" => Kind::Semicolon,
        ":" => Kind::Colon,
        "..." => Kind::Dots,
        "chan" => Kind::Chan,
        "<-" => Kind::Arrow,
        ":=" => Kind::Define,
        "=" => Kind::Assign(AssignOp::Assign),
        _ => return None,
    })
}

fn operator(name: &str) -> Option<Kind> {
    if let Some(op) = binary(name) {
        return Some(Kind::Op(op));
    }
    let op = binary(name.strip_suffix('=')?)?;
    Some(Kind::Assign(AssignOp::Op(op)))
}

fn binary(name: &str) -> Option<Op> {
    Some(match name {
        "+" => Op::Add,
        "-" => Op::Sub,
        "*" => Op::Mul,
        "/" => Op::Quo,
        "%" => Op::Rem,
        "&" => Op::And,
        "|" => Op::Or,
        "^" => Op::Xor,
        "<<" => Op::Shl,
        ">>" => Op::Shr,
        "&^" => Op::AndNot,
        "&&" => Op::LAnd,
        "||" => Op::LOr,
        "==" => Op::Eql,
        "<" => Op::Lss,
        ">" => Op::Gtr,
        "!" => Op::Not,
        "!=" => Op::Neq,
        "<=" => Op::Leq,
        ">=" => Op::Geq,
        "~" => Op::Tilde,
        _ => return None,
    })
}
