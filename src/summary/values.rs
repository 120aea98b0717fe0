//! Whose memory is a value? A copy's own, a piece of another value, or all of something that was read from outside.
//!
//! ```go
//! data, err := os.ReadFile(path)               // big: nobody knows how large
//! line, _, _ := bytes.Cut(data, []byte("\n"))  // a piece of it
//! return line[:8]                              // eight bytes of it
//! name := string(line)                         // a copy
//! ```
//!
//! A value is followed backwards, through variables that get one value, to where its memory was made; library functions are looked
//! up in the facts, the module's own are summed up. What is not understood has no answer.
//!
//! Not here: whether a value outlives the function (`rules::retention`).

mod names;
mod results;
mod slices;
mod sources;

pub use names::Names;
pub use sources::LARGE;

use super::{DEPTH, Slot, Summaries};
use crate::ast::{Expr, ExprId, Op};
use crate::facts::{Effect, EffectKind, Target};
use crate::project::DeclId;
use crate::sema::{Callee, Function, LocalId, LocalKind, Type, Value};
use crate::types::{Basic, Kind};
pub(super) use results::Returned;

/// Through how many expressions and variables a value is followed.
const STEPS: usize = 40;

/// How much of its source a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// All of it, or a part that may be nearly all.
    Whole,
    /// A constant number of bytes.
    Bytes(u64),
    /// A piece that was looked for: a line, a field, a match.
    Piece,
    /// A piece that ends at something that was looked for: small as a rule.
    Found,
    /// A list of pieces.
    Pieces,
    /// A list of pieces that end at something that was looked for.
    Sections,
}

impl Window {
    /// Whether it is so little that the rest is in vain, of a source of a size.
    pub fn is_small(self, size: Option<u64>) -> bool {
        match self {
            Window::Whole | Window::Pieces | Window::Sections => false,
            Window::Piece | Window::Found => true,
            // `buf[:0]` is there to be filled again.
            Window::Bytes(bytes) => bytes > 0 && size.map_or(bytes <= 64, |size| bytes <= size / 8),
        }
    }
}

/// Where a value's memory was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The call that made it in this function, or the conversion that copied it.
    Big { at: ExprId, size: Option<u64> },
    /// What the function got.
    Slot(Slot),
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub source: Source,
    pub window: Window,
    /// The source is large, and the value certainly shares its memory.
    pub sure: bool,
    /// It is one piece of many that a loop goes through, not a part of such a piece.
    pub each: bool,
    /// The same, or a part of such a piece.
    pub looped: bool,
    /// Another function of the module cut it off, and returned it.
    pub cut_elsewhere: bool,
    /// The variables on the way to the source.
    pub holders: Vec<LocalId>,
}

/// A step from a value to the one that it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Part(Window),
    /// Certainly the same memory, or perhaps.
    Perhaps,
    /// An element of a list: the first one, or another.
    Element {
        first: bool,
    },
    /// Each element of a list.
    Each,
    /// A copy, as large as what it is made of.
    Copy(ExprId),
}

/// The next expression, or the end.
enum Next {
    At(ExprId),
    Result { call: ExprId, index: u32 },
    End(Source, bool),
}

impl<'p> Summaries<'p> {
    /// What a value is; `None` if it is a copy, small from the beginning, or nobody knows.
    pub fn view(&self, decl: DeclId, expr: ExprId) -> Option<View> {
        self.view_within(decl, expr, DEPTH)
    }

    fn view_within(&self, decl: DeclId, expr: ExprId, depth: u8) -> Option<View> {
        let mut trace = Trace { summaries: self, decl, depth, steps: Vec::new(), holders: Vec::new(), cut_elsewhere: false };
        let (source, sure) = trace.run(Next::At(expr), None)?;
        trace.view(source, sure)
    }

    /// The same of a result of a call.
    fn view_of_result(&self, decl: DeclId, call: ExprId, index: u32, depth: u8) -> Option<View> {
        let mut trace = Trace { summaries: self, decl, depth, steps: Vec::new(), holders: Vec::new(), cut_elsewhere: false };
        let (source, sure) = trace.run(Next::Result { call, index }, None)?;
        trace.view(source, sure)
    }

    /// Whether values of a type are bytes or text.
    pub fn is_text(&self, ty: Type) -> bool {
        match self.sema.behind(ty) {
            Kind::Slice(element) => matches!(self.sema.behind(*element), Kind::Basic(Basic::Uint8)),
            Kind::Basic(basic) => basic.is_string(),
            _ => false,
        }
    }

    /// Whether a type is bytes, text, or a list of such.
    fn is_list(&self, ty: Type) -> bool {
        self.is_text(ty) || matches!(self.sema.behind(ty), Kind::Slice(element) if self.is_list_of_text(*element))
    }

    fn is_list_of_text(&self, ty: Type) -> bool {
        self.is_text(ty) || matches!(self.sema.behind(ty), Kind::Slice(element) if self.is_text(*element))
    }
}

/// A value on its way back to its source.
struct Trace<'a, 'p> {
    summaries: &'a Summaries<'p>,
    decl: DeclId,
    depth: u8,
    steps: Vec<Step>,
    holders: Vec<LocalId>,
    cut_elsewhere: bool,
}

impl Trace<'_, '_> {
    /// Goes on until the source is found. With `until`, a way to that variable is looked for, and the answer says nothing but that.
    fn run(&mut self, from: Next, until: Option<LocalId>) -> Option<(Source, bool)> {
        let mut next = from;
        for _ in 0..STEPS {
            next = match next {
                Next::At(expr) => self.expr(expr, until)?,
                Next::Result { call, index } => self.call(call, index)?,
                Next::End(source, sure) => return Some((source, sure)),
            };
        }
        None
    }

    fn expr(&mut self, expr: ExprId, until: Option<LocalId>) -> Option<Next> {
        let sema = &self.summaries.sema;
        let tree = sema.tree(self.decl);
        match *tree.expr(expr) {
            Expr::Paren { x } => Some(Next::At(x)),
            Expr::Ident(_) => {
                let local = self.summaries.local_of(self.decl, expr)?;
                if until == Some(local) {
                    return Some(Next::End(Source::Big { at: expr, size: None }, true));
                }
                self.local(local, until)
            }
            Expr::Slice { x, low, high, .. } => {
                if !self.summaries.is_text(sema.type_of(self.decl, x)) {
                    return self.summaries.is_list(sema.type_of(self.decl, x)).then_some(Next::At(x));
                }
                let window = self.summaries.slice_window(self.decl, x, low, high);
                self.steps.push(Step::Part(window));
                Some(Next::At(x))
            }
            Expr::Index { x, ref indices } => {
                let [index] = **indices else { return None };
                // An element of bytes is a number.
                if !self.summaries.is_list(sema.type_of(self.decl, expr)) || !self.summaries.is_list(sema.type_of(self.decl, x)) {
                    return None;
                }
                self.steps.push(Step::Element { first: sema.int(self.decl, index) == Some(0) });
                Some(Next::At(x))
            }
            Expr::Call { .. } => self.call(expr, 0),
            // The address of a buffer leads to what the buffer was filled with.
            Expr::Unary { op: Op::And, x } => Some(Next::At(x)),
            _ => None,
        }
    }

    /// The one value that a variable gets. It may also be cut down to a part of itself, which changes nothing for the better.
    fn local(&mut self, id: LocalId, until: Option<LocalId>) -> Option<Next> {
        let summaries = self.summaries;
        let local = summaries.sema.scopes(self.decl).local(id);
        if let Some((at, sure)) = summaries.filled(self.decl, id) {
            self.holders.push(id);
            return Some(Next::End(Source::Big { at, size: None }, sure));
        }
        if local.address_taken {
            return None;
        }
        self.holders.push(id);
        let mut values = Vec::new();
        for write in &local.writes {
            let value = match write.value {
                Value::Zero => continue,
                Value::Expr(value) if summaries.is_nil(self.decl, value) => continue,
                Value::Expr(value) => Next::At(value),
                Value::Result { of, index, .. } => Next::Result { call: of, index },
                Value::Key(of) | Value::Element(of) => self.ranged(of, write.value)?,
                Value::Other => return None,
            };
            values.push(value);
        }
        match local.kind {
            LocalKind::Param(_) | LocalKind::Receiver if local.writes.is_empty() => {
                return summaries.slot(self.decl, id).map(|slot| Next::End(Source::Slot(slot), true));
            }
            LocalKind::Var | LocalKind::Result(_) => {}
            _ => return None,
        }
        if values.len() < 2 {
            return values.pop();
        }
        // Nobody asks a second time.
        if until.is_some() {
            return None;
        }
        let (mut first, mut number) = (None, 0);
        for value in values {
            if self.is_part_of(&value, id) {
                continue;
            }
            number += 1;
            first = first.or(Some(value));
        }
        first.filter(|_| number == 1)
    }

    /// Whether a value is a part of the variable that gets it: `line = bytes.TrimSpace(line)`.
    fn is_part_of(&self, value: &Next, local: LocalId) -> bool {
        let again = match *value {
            Next::At(expr) => Next::At(expr),
            Next::Result { call, index } => Next::Result { call, index },
            Next::End(..) => return false,
        };
        let mut trace =
            Trace { summaries: self.summaries, decl: self.decl, depth: 0, steps: Vec::new(), holders: Vec::new(), cut_elsewhere: false };
        let found = trace.run(again, Some(local)).is_some() && trace.holders.is_empty();
        // A part that is small leaves open which one a later mention means.
        found && trace.steps.iter().all(|step| matches!(step, Step::Part(Window::Whole)))
    }

    /// What a `range` over a list, or over a sequence, gives its first or second variable.
    fn ranged(&mut self, of: ExprId, value: Value) -> Option<Next> {
        let ty = self.summaries.sema.type_of(self.decl, of);
        let gives = match value {
            Value::Element(_) => self.summaries.is_list(ty) && !self.summaries.is_text(ty),
            Value::Key(_) => matches!(self.summaries.sema.behind(ty), Kind::Func(_)),
            _ => false,
        };
        gives.then(|| {
            self.steps.push(Step::Each);
            Next::At(of)
        })
    }

    /// What a result of a call is.
    fn call(&mut self, call: ExprId, index: u32) -> Option<Next> {
        let summaries = self.summaries;
        let tree = summaries.sema.tree(self.decl);
        let Expr::Call { args, .. } = tree.expr(call) else { return None };
        let steps = self.steps.len();
        match summaries.sema.callee(self.decl, call) {
            Callee::Conversion(ty) => {
                let &[arg] = &args[..] else { return None };
                let from = summaries.sema.type_of(self.decl, arg);
                if !summaries.is_text(ty) || !summaries.is_text(from) {
                    return None;
                }
                if summaries.is_string(ty) != summaries.is_string(from) {
                    self.steps.push(Step::Copy(call));
                }
                Some(Next::At(arg))
            }
            Callee::Builtin("make") => {
                summaries.made(self.decl, call).map(|size| Next::End(Source::Big { at: call, size: Some(size) }, true))
            }
            // What the facts say of a function holds for Go's own source as well.
            Callee::Function(function) => match self.library(call, &function, index) {
                None if !function.decls.is_empty() && self.steps.len() == steps => self.own(call, &function, index),
                found => found,
            },
            _ => None,
        }
    }

    /// A function of the module, summed up.
    fn own(&mut self, call: ExprId, function: &Function, index: u32) -> Option<Next> {
        let [decl] = function.decls[..] else { return None };
        let depth = self.depth.checked_sub(1)?;
        match *self.summaries.returned(decl, depth).get(index as usize)? {
            Returned::Unknown => None,
            Returned::Big { window, sure } => {
                self.cut_elsewhere |= window != Window::Whole;
                self.steps.push(Step::Part(window));
                Some(Next::End(Source::Big { at: call, size: None }, sure))
            }
            Returned::Part { slot, window, sure } => {
                self.steps.push(Step::Part(window));
                if !sure {
                    self.steps.push(Step::Perhaps);
                }
                self.argument(call, function, slot).map(Next::At)
            }
        }
    }

    fn argument(&self, call: ExprId, function: &Function, slot: Slot) -> Option<ExprId> {
        match (slot, self.summaries.sema.tree(self.decl).expr(call)) {
            (Slot::Receiver, _) => function.receiver,
            (Slot::Param(at), Expr::Call { args, ellipsis: false, .. }) => args.get(at as usize).copied(),
            _ => None,
        }
    }

    /// A function that the facts speak of.
    fn library(&mut self, call: ExprId, function: &Function, index: u32) -> Option<Next> {
        let summaries = self.summaries;
        let effects = summaries.sema.facts.effects(&function.key);
        if let Some(big) = effects.iter().find(|effect| matches!(effect.kind, EffectKind::Big | EffectKind::MayBeBig)) {
            let size = summaries.read_size(self.decl, call, function)?;
            let sure = big.kind == EffectKind::Big && size == sources::Size::Unbounded;
            return (index == 0).then_some(Next::End(Source::Big { at: call, size: None }, sure));
        }
        let shares =
            |effect: &&Effect| matches!(effect.kind, EffectKind::ReturnsAlias | EffectKind::MayReturnAlias | EffectKind::ReturnsCopy);
        let effect = effects.iter().find(shares)?;
        let of = match effect.target {
            Target::Arg(at) => self.argument(call, function, Slot::Param(at as u32))?,
            Target::Receiver => function.receiver?,
            Target::Call => return None,
        };
        match effect.kind {
            EffectKind::ReturnsCopy => self.steps.push(Step::Copy(call)),
            EffectKind::MayReturnAlias => self.steps.push(Step::Perhaps),
            _ => {
                let part = effect.parts.get(index as usize).copied().unwrap_or_default();
                let window = summaries.part_window(self.decl, call, part);
                self.steps.push(Step::Part(window));
            }
        }
        Some(Next::At(of))
    }

    /// Puts the steps together, from the source to the value.
    fn view(&self, source: Source, sure: bool) -> Option<View> {
        let mut view = View {
            source,
            window: Window::Whole,
            sure,
            each: false,
            looped: false,
            cut_elsewhere: self.cut_elsewhere,
            holders: self.holders.clone(),
        };
        for step in self.steps.iter().rev() {
            view = view.then(*step)?;
        }
        Some(view)
    }
}

impl View {
    fn then(mut self, step: Step) -> Option<View> {
        let is_list = matches!(self.window, Window::Pieces | Window::Sections);
        match step {
            Step::Part(Window::Whole) => {}
            Step::Part(_) if is_list => return None,
            Step::Part(window) => {
                self.window = match (self.window, window) {
                    (Window::Bytes(before), Window::Bytes(now)) => Window::Bytes(before.min(now)),
                    // A line of a hundred bytes is small whatever is cut off it.
                    (Window::Piece, Window::Found) => Window::Piece,
                    (Window::Piece, Window::Sections) => Window::Pieces,
                    (_, window) => window,
                };
                self.each = false;
            }
            Step::Perhaps => self.sure = false,
            Step::Element { first } => {
                self.window = match self.window {
                    Window::Pieces | Window::Piece => Window::Piece,
                    // What is behind the first separator may be nearly all: `data:image/png;base64,…`.
                    Window::Sections if first => Window::Found,
                    Window::Sections => Window::Whole,
                    _ => return None,
                };
            }
            Step::Each => {
                self.window = match self.window {
                    Window::Pieces | Window::Piece => Window::Piece,
                    Window::Sections => Window::Found,
                    _ => return None,
                };
                self.each = true;
                self.looped = true;
            }
            Step::Copy(at) => match (self.window, self.source) {
                (Window::Whole, Source::Big { size, .. }) => self.source = Source::Big { at, size },
                (Window::Whole, Source::Slot(_)) | (_, _) => return None,
            },
        }
        Some(self)
    }
}
