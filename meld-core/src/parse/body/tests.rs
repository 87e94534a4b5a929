//! Which instructions are relocated: on examples, and for every instruction there is against wasm-encoder's own
//! idea of what an index is.

use super::{MentionWriter, Nothing, Noting};
use crate::input::Mentions;
use crate::parse::{RawUse, Use, Whole, parse};
use wasm_encoder::reencode::{Error, Reencode};
use wasmparser::{
    BinaryReader, BlockType, BrTable, Catch, Handle, HeapType, Ieee32, Ieee64, MemArg, MemArgTarget, Operator,
    Ordering, RefType, ResumeTable, TryTable, UnpackedIndex, V128, ValType, VisitOperator,
};

/// Whether a merger must look at `operator` again, and what it mentions.
fn noted(operator: &Operator<'_>) -> (bool, Vec<RawUse>) {
    let mut mentions = MentionWriter::default();
    let mut noting = Noting { validator: Nothing, relocated: false, mentions: &mut mentions };
    noting.visit_operator(operator);
    let relocated = noting.relocated;
    let mut noted = Vec::new();
    mentions.finish(&mut noted);
    (relocated, Mentions::new(&noted).collect())
}

/// The names of the relocated instructions of the last function of a module, by wasmprinter.
fn relocated(module: &str) -> Vec<String> {
    let wasm = wat::parse_str(format!("(component (core module {module}))")).unwrap();
    let component = parse("test", &wasm).unwrap();
    let module = component.modules.values().next().unwrap();
    let body = module.bodies.last().unwrap();
    assert_eq!(&module.bytes[body.range()], body.bytes);
    module
        .relocations(body)
        .map(|offset| {
            let reader = wasmparser::BinaryReader::new(&body.bytes[offset as usize..], 0);
            let operator = wasmparser::OperatorsReader::new(reader).read().unwrap();
            format!("{operator:?}").split([' ', '(']).next().unwrap().to_string()
        })
        .collect()
}

#[test]
fn indices_are_patched_and_numbers_are_not() {
    let module = r#"
        (memory 1) (table 2 funcref) (global $g (mut i32) (i32.const 0)) (data $d "x") (elem $e func $f)
        (func $f (param i32) (local i64)
          (drop (i32.const 7))
          (local.set 0 (global.get $g))
          (block (br_if 0 (i32.eqz (local.get 0))))
          (call $f (i32.load offset=4 (local.get 0)))
          (call_indirect (param i32) (local.get 0) (local.get 0))
          (memory.copy (i32.const 0) (i32.const 0) (memory.size))
          (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0))
          (data.drop $d)
          (table.init $e (i32.const 0) (i32.const 0) (i32.const 0))
          (drop (ref.func $f))
          (v128.store8_lane 1 (i32.const 0) (v128.const i64x2 0 0)))"#;
    let expected = [
        "GlobalGet",
        "I32Load",
        "Call",
        "CallIndirect",
        "MemorySize",
        "MemoryCopy",
        "MemoryInit",
        "DataDrop",
        "TableInit",
        "RefFunc",
        "V128Store8Lane",
    ];
    assert_eq!(relocated(module), expected);
}

#[test]
fn types_are_patched_where_they_mention_an_index() {
    let module = r#"
        (type $t (func)) (type $s (struct (field i32))) (tag $e)
        (func (local (ref null $s))
          (block (result i32) (i32.const 0)) drop
          (block (param) (result i32 i32) (i32.const 0) (i32.const 0)) drop drop
          (block (result (ref null func)) (ref.null func)) drop
          (block (result (ref null $t)) (ref.null $t)) drop
          (drop (select (result i32) (i32.const 0) (i32.const 0) (i32.const 0)))
          (drop (select (result (ref null $t)) (ref.null $t) (ref.null $t) (i32.const 0)))
          (drop (struct.get $s 0 (struct.new_default $s)))
          (drop (ref.test (ref $s) (ref.null $s)))
          (drop (ref.test (ref eq) (ref.null eq)))
          (block $l (try_table (catch_all $l)))
          (block $l (try_table (catch $e $l))))"#;
    let expected = [
        "Block",
        "Block",
        "RefNull",
        "RefNull",
        "RefNull",
        "TypedSelect",
        "StructNewDefault",
        "StructGet",
        "RefNull",
        "RefTestNonNull",
        "TryTable",
    ];
    assert_eq!(relocated(module), expected);
}

/// Notes which indices were asked for.
#[derive(Default)]
struct Indices {
    asked: Vec<RawUse>,
}

macro_rules! ask {
    ($($hook:ident: $variant:ident;)*) => {
        impl Reencode for Indices {
            type Error = std::convert::Infallible;
            $(fn $hook(&mut self, index: u32) -> Result<u32, Error<Self::Error>> {
                self.asked.push(Use::$variant(index));
                Ok(index)
            })*
        }
    };
}
ask! {
    data_index: Data;
    element_index: Elem;
    function_index: Func;
    global_index: Global;
    memory_index: Memory;
    table_index: Table;
    tag_index: Tag;
    type_index: Type;
}

/// Immediates of a type: with an index in them where that is possible, and without.
trait Sample: Sized {
    fn samples() -> Vec<Self>;
}

macro_rules! sample {
    ($($ty:ty = [$($value:expr),*];)*) => {
        $(impl<'a> Sample for $ty {
            fn samples() -> Vec<Self> {
                let _: Option<&'a ()> = None;
                vec![$($value),*]
            }
        })*
    };
}

fn index() -> HeapType {
    HeapType::Concrete(UnpackedIndex::Module(0))
}

fn reference(ty: HeapType) -> RefType {
    RefType::new(true, ty).expect("small indices fit")
}

fn br_table<'a>() -> BrTable<'a> {
    // br_table with no targets and the default 0.
    match wasmparser::OperatorsReader::new(BinaryReader::new(&[0x0e, 0, 0], 0)).read() {
        Ok(Operator::BrTable { targets }) => targets,
        other => panic!("{other:?}"),
    }
}

sample! {
    u32 = [0, 7];
    i32 = [0];
    i64 = [0];
    u8 = [0];
    [u8; 16] = [[0; 16]];
    Ieee32 = [1f32.into()];
    Ieee64 = [1f64.into()];
    V128 = [V128::from(0i128)];
    Ordering = [Ordering::SeqCst];
    MemArg = [MemArg { align: 0, max_align: 0, offset: 0, target: MemArgTarget::Memory(0), ordering: None }];
    BrTable<'a> = [br_table()];
    HeapType = [index(), HeapType::FUNC];
    RefType = [reference(index()), RefType::EXTERNREF];
    ValType = [ValType::Ref(reference(index())), ValType::V128];
    Vec<ValType> = [vec![ValType::Ref(reference(index()))], vec![ValType::I32]];
    BlockType = [
        BlockType::FuncType(0), BlockType::Type(ValType::Ref(reference(index()))), BlockType::Type(ValType::I32),
        BlockType::Empty
    ];
    TryTable = [
        TryTable { ty: BlockType::FuncType(0), catches: vec![] },
        TryTable { ty: BlockType::Empty, catches: vec![Catch::One { tag: 0, label: 0 }] },
        TryTable { ty: BlockType::Empty, catches: vec![Catch::OneRef { tag: 0, label: 0 }] },
        TryTable { ty: BlockType::Empty, catches: vec![Catch::All { label: 0 }, Catch::AllRef { label: 0 }] }
    ];
    ResumeTable = [
        ResumeTable { handlers: vec![Handle::OnLabel { tag: 0, label: 0 }] },
        ResumeTable { handlers: vec![Handle::OnSwitch { tag: 0 }] },
        ResumeTable { handlers: vec![] }
    ];
}

macro_rules! define_samples {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {
        /// Every instruction, with immediates of every kind.
        fn samples<'a>() -> Vec<Operator<'a>> {
            let mut all = Vec::new();
            $( define_samples!(one all $op $($($arg: $argty),*)?); )*
            all
        }
    };
    (one $all:ident $op:ident) => { $all.push(Operator::$op) };
    // All immediates with their first samples, then with their last: no instruction needs more, because only
    // those with one immediate have types with more than two samples.
    (one $all:ident $op:ident $arg:ident: $argty:ty) => {
        for $arg in <$argty>::samples() {
            $all.push(Operator::$op { $arg });
        }
    };
    (one $all:ident $op:ident $($arg:ident: $argty:ty),*) => {
        $all.push(Operator::$op { $($arg: <$argty>::samples().swap_remove(0)),* });
        $all.push(Operator::$op { $($arg: <$argty>::samples().pop().expect("each type has samples")),* });
    };
}
wasmparser::for_each_operator!(define_samples);

#[test]
fn every_instruction_with_an_index_is_patched_and_mentions_it_and_no_other() {
    let all = samples();
    assert!(all.len() > 600, "{}", all.len());
    for operator in all {
        let mut indices = Indices::default();
        indices.instruction(operator.clone()).expect("samples can be encoded");
        let (relocated, mentions) = noted(&operator);
        assert_eq!(relocated, !indices.asked.is_empty(), "{operator:?}");
        // What an instruction does with a function or a table is not wasm-encoder's business.
        for asked in &mut indices.asked {
            *asked = match (*asked, &operator) {
                (Use::Func(index), Operator::RefFunc { .. }) => Use::FuncRef(index),
                (Use::Table(index), Operator::CallIndirect { .. } | Operator::ReturnCallIndirect { .. }) => {
                    Use::TableCall(index)
                }
                (other, _) => other,
            };
        }
        indices.asked.extend(match operator {
            Operator::MemorySize { mem } => Some(Use::Whole(Whole::Size(mem))),
            Operator::MemoryGrow { mem } => Some(Use::Whole(Whole::Grow(mem))),
            Operator::MemoryCopy { dst_mem, src_mem } => Some(Use::Whole(Whole::Copy(dst_mem, src_mem))),
            Operator::MemoryFill { mem } => Some(Use::Whole(Whole::Fill(mem))),
            Operator::MemoryInit { data_index, mem } => Some(Use::Whole(Whole::Init(mem, data_index))),
            _ => None,
        });
        indices.asked.sort_unstable();
        indices.asked.dedup();
        assert_eq!(mentions, indices.asked, "{operator:?}");
    }
}
