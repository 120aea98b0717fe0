//! How large is a type in memory, and where in a struct is a field? The layout of Go's own compiler, by architecture.
//!
//! ```go
//! const size = unsafe.Sizeof(struct{ ok bool; n int64 }{}) // 16 on amd64, 12 on 386
//! ```
//!
//! What depends on a type parameter, or on a part that is unknown, has no size here.
//!
//! Not here: which expressions are constants.

use super::Types;
use super::ask::Ask;
use super::builds::BuildId;
use super::ty::{Basic, FieldType, Kind, Place, Type};
use rustc_hash::FxHashMap;

/// How many structs and arrays may lie in each other. Real code needs about ten.
const DEPTH: u32 = 100;
/// Go has no larger sizes.
const LARGEST: u64 = i64::MAX as u64;

/// The size of a word and the largest alignment, in bytes.
#[derive(Clone, Copy)]
struct Sizes {
    word: u64,
    max_align: u64,
}

impl Sizes {
    fn of(arch: &str) -> Option<Sizes> {
        let (word, max_align) = match arch {
            "386" | "arm" | "mips" | "mipsle" => (4, 4),
            "amd64p32" => (4, 8),
            "amd64" | "arm64" | "loong64" | "mips64" | "mips64le" | "ppc64" | "ppc64le" | "riscv64" | "s390x" | "sparc64" | "wasm" => {
                (8, 8)
            }
            _ => return None,
        };
        Some(Sizes { word, max_align })
    }
}

/// The size of an `int` and of a pointer in bytes, by GOARCH. Architectures that Go has no compiler for count as large.
pub(super) fn word_size(arch: &str) -> u64 {
    Sizes::of(arch).map_or(8, |sizes| sizes.word)
}

#[derive(Clone, Copy)]
struct Layout {
    size: u64,
    align: u64,
}

fn aligned(offset: u64, align: u64) -> Option<u64> {
    offset.checked_next_multiple_of(align).filter(|&offset| offset <= LARGEST)
}

impl Types<'_> {
    /// The size of an `int` in a build, in bytes.
    pub(super) fn word(&self, build: BuildId) -> u64 {
        word_size(self.build(build).platform().1)
    }

    /// `unsafe.Sizeof` of a variable of a type.
    pub(super) fn size_of(&self, ask: &Ask, ty: Type, build: BuildId) -> Option<u64> {
        Some(self.layout(ask, ty, build)?.size)
    }

    /// `unsafe.Alignof` of a variable of a type.
    pub(super) fn align_of(&self, ask: &Ask, ty: Type, build: BuildId) -> Option<u64> {
        Some(self.layout(ask, ty, build)?.align)
    }

    /// `unsafe.Offsetof` of the field that is declared at a place, in a variable of a struct type. The field may be one of an embedded
    /// struct, but not behind an embedded pointer.
    pub(super) fn offset_of(&self, ask: &Ask, ty: Type, field: Place, build: BuildId) -> Option<u64> {
        let mut seen = vec![ty];
        let mut level = vec![(ty, 0)];
        let mut layouts = Layouts::new(self, ask, build)?;
        // The shallowest one, as for every selector.
        while !level.is_empty() {
            let mut next = Vec::new();
            for (ty, base) in level {
                let Kind::Struct(fields) = self.kind(self.underlying(ask, ty)) else { continue };
                if let Some(at) = fields.iter().position(|other| other.place == field) {
                    let (offset, ..) = layouts.prefix(&fields[..=at], 0)?;
                    return aligned_sum(base, offset);
                }
                for (at, embedded) in fields.iter().enumerate().filter(|(_, field)| field.embedded) {
                    if matches!(self.kind(embedded.ty), Kind::Pointer(_)) || seen.contains(&embedded.ty) || seen.len() > DEPTH as usize {
                        continue;
                    }
                    seen.push(embedded.ty);
                    // Where it lies matters only if the field is in there.
                    if let Some(offset) = layouts.prefix(&fields[..=at], 0).and_then(|(offset, ..)| aligned_sum(base, offset)) {
                        next.push((embedded.ty, offset));
                    }
                }
            }
            level = next;
        }
        None
    }

    fn layout(&self, ask: &Ask, ty: Type, build: BuildId) -> Option<Layout> {
        Layouts::new(self, ask, build)?.of(ty, 0)
    }
}

fn aligned_sum(base: u64, offset: u64) -> Option<u64> {
    base.checked_add(offset).filter(|&sum| sum <= LARGEST)
}

/// The layouts of one question.
struct Layouts<'a, 'p> {
    types: &'a Types<'p>,
    ask: &'a Ask,
    sizes: Sizes,
    /// `None` for what has none, and for what is being asked: a struct that contains itself has no size.
    known: FxHashMap<Type, Option<Layout>>,
}

impl<'a, 'p> Layouts<'a, 'p> {
    fn new(types: &'a Types<'p>, ask: &'a Ask, build: BuildId) -> Option<Layouts<'a, 'p>> {
        let sizes = Sizes::of(types.build(build).platform().1)?;
        Some(Layouts { types, ask, sizes, known: FxHashMap::default() })
    }

    fn of(&mut self, ty: Type, depth: u32) -> Option<Layout> {
        if let Some(&known) = self.known.get(&ty) {
            return known;
        }
        self.known.insert(ty, None);
        let found = if depth < DEPTH { self.compute(ty, depth) } else { None };
        self.known.insert(ty, found);
        found
    }

    fn compute(&mut self, ty: Type, depth: u32) -> Option<Layout> {
        let types = self.types;
        let words = |count: u64, sizes: Sizes| Layout { size: count * sizes.word, align: sizes.word };
        let layout = match types.kind(types.underlying(self.ask, ty)) {
            Kind::Basic(basic) => self.basic(basic.default())?,
            Kind::Pointer(_) | Kind::Map(..) | Kind::Chan(..) | Kind::Func(_) => words(1, self.sizes),
            Kind::Interface(_) | Kind::Error => words(2, self.sizes),
            Kind::Slice(_) => words(3, self.sizes),
            Kind::Array(length, element) => {
                let element = self.of(*element, depth + 1)?;
                let size = element.size.checked_mul((*length)?).filter(|&size| size <= LARGEST)?;
                Layout { size, align: element.align }
            }
            // An empty struct that says that the one around it must lie at a multiple of 8.
            Kind::Struct(fields) if fields.is_empty() => Layout { size: 0, align: if self.is_align64(ty) { 8 } else { 1 } },
            Kind::Struct(fields) => {
                let (last, size, align) = self.prefix(fields, depth)?;
                // Room for a pointer behind a last field without size.
                let size = if last > 0 && size == last { size + 1 } else { size };
                Layout { size: aligned(size, align)?, align }
            }
            Kind::Unknown | Kind::Comparable | Kind::Named(..) | Kind::Tuple(_) | Kind::Param(_) => return None,
        };
        Some(layout)
    }

    fn basic(&self, basic: Basic) -> Option<Layout> {
        let (size, align) = match basic {
            Basic::Bool | Basic::Int8 | Basic::Uint8 => (1, 1),
            Basic::Int16 | Basic::Uint16 => (2, 2),
            Basic::Int32 | Basic::Uint32 | Basic::Float32 => (4, 4),
            Basic::Int64 | Basic::Uint64 | Basic::Float64 => (8, 8),
            Basic::Complex64 => (8, 4),
            Basic::Complex128 => (16, 8),
            Basic::Int | Basic::Uint | Basic::Uintptr | Basic::UnsafePointer => (self.sizes.word, self.sizes.word),
            Basic::String => (2 * self.sizes.word, self.sizes.word),
            _ => return None,
        };
        Some(Layout { size, align: self.sizes.max_align.min(align) })
    }

    /// The offset of the last of these fields, where it ends, and the largest alignment.
    fn prefix(&mut self, fields: &[FieldType], depth: u32) -> Option<(u64, u64, u64)> {
        let (mut offset, mut end, mut most) = (0, 0, 1);
        for field in fields {
            let Layout { size, align } = self.of(field.ty, depth + 1)?;
            offset = aligned(end, align)?;
            end = aligned_sum(offset, size)?;
            most = most.max(align);
        }
        Some((offset, end, most))
    }

    fn is_align64(&self, ty: Type) -> bool {
        let Kind::Named(name, _) = self.types.kind(ty) else { return false };
        let project = self.types.project;
        project.tree(name.decl).ident(name.ident) == Some("align64")
            && matches!(&*project.package(project.file(name.decl.file).package).path, "sync/atomic" | "internal/runtime/atomic")
    }
}
