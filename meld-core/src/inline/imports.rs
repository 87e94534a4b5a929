//! The root's imports: definitions of the host, made from their types.
//!
//! In: the type of an import. Out: its definition. An instance is evaluated declaration by declaration in a
//! frame of its own, in which every `(sub resource)` is a new [`ResourceDef::Imported`] and every `(eq)` the
//! type that it names; so two functions agree on a resource exactly where their declarations do.
//! The depth of the recursion is that of nested instance types, which the validator limits to 100.

use super::frame::{
    ComponentDef, ComponentFrame, ComponentFuncDef, Def, EvaluatedCoreType, EvaluatedType, Instance, ModuleDef, at,
};
use super::{Fault, Inliner, missing};
use crate::dfg::{ImportFunc, ImportPath, Resource, ResourceDef};
use crate::ids::FrameId;
use crate::maps::Map;
use std::rc::Rc;
use wasmparser::{ComponentTypeRef, InstanceTypeDeclaration, TypeBounds};

impl<'p, 'a> Inliner<'p, 'a> {
    /// The definition of an import of the root. `frame` is that of the root.
    pub(super) fn import_root(
        &mut self,
        frame: FrameId,
        name: &str,
        ty: &ComponentTypeRef,
    ) -> Result<Def<'p, 'a>, Fault> {
        let import = self.next_import;
        self.next_import += 1;
        self.import(frame, name, ty, ImportPath { import, exports: Vec::new() })
    }

    /// The definition of what is at `path` and has the type `ty`.
    fn import(
        &mut self,
        frame: FrameId,
        name: &str,
        ty: &ComponentTypeRef,
        path: ImportPath,
    ) -> Result<Def<'p, 'a>, Fault> {
        self.define_names(path.exports.iter().map(String::as_str))?;
        Ok(match ty {
            ComponentTypeRef::Func(index) => match at(&self.frames[frame].types, *index, "type")? {
                EvaluatedType::Func(ty) => Def::Func(ComponentFuncDef::Import(Rc::new(ImportFunc { path, ty }))),
                _ => return Err(missing(format!("function type {index}"))),
            },
            ComponentTypeRef::Instance(index) => match at(&self.frames[frame].types, *index, "type")? {
                EvaluatedType::Instance { decls, around } => self.import_instance(decls, around, path)?,
                _ => return Err(missing(format!("instance type {index}"))),
            },
            ComponentTypeRef::Type(TypeBounds::Eq(index)) => match at(&self.frames[frame].types, *index, "type")? {
                EvaluatedType::Resource(resource, from) => {
                    let view = self.imported_view(&path, resource, Some(from))?;
                    Def::Type(EvaluatedType::Resource(resource, view))
                }
                ty => Def::Type(ty),
            },
            ComponentTypeRef::Type(TypeBounds::SubResource) => {
                let def = ResourceDef::Imported(path.clone());
                let resource = self.dfg.resources.push(Resource { name: name.to_string(), def });
                let view = self.imported_view(&path, resource, None)?;
                Def::Type(EvaluatedType::Resource(resource, view))
            }
            ComponentTypeRef::Module(_) => Def::Module(ModuleDef::Import(Rc::new(path))),
            ComponentTypeRef::Component(_) => Def::Component(ComponentDef::Import(Rc::new(path))),
            ComponentTypeRef::Value(_) => return Err(Fault::Unsupported("component values are".to_string())),
        })
    }

    fn import_instance(
        &mut self,
        decls: &'p [InstanceTypeDeclaration<'a>],
        around: FrameId,
        path: ImportPath,
    ) -> Result<Def<'p, 'a>, Fault> {
        let frame = self.frames.push(ComponentFrame { around: Some(around), ..ComponentFrame::default() });
        let mut exports = Map::default();
        for decl in decls {
            self.define(1)?;
            match decl {
                InstanceTypeDeclaration::CoreType(ty) => {
                    self.frames[frame].core_types.extend(EvaluatedCoreType::of(ty));
                }
                InstanceTypeDeclaration::Type(ty) => {
                    let ty = self.eval_type(frame, ty)?;
                    self.frames[frame].types.push(ty);
                }
                InstanceTypeDeclaration::Alias(alias) => self.alias(frame, alias)?,
                InstanceTypeDeclaration::Export { name, ty } => {
                    let mut inner = path.clone();
                    inner.exports.push(name.name.to_string());
                    let def = self.import(frame, name.name, ty, inner)?;
                    exports.insert(name.name, def.clone());
                    self.frames[frame].push(def);
                }
            }
        }
        Ok(Def::Instance(Rc::new(Instance::new(exports, Some(Rc::new(path))))))
    }

    /// An import in words.
    pub(super) fn imported_code(&self, what: &'static str, path: &ImportPath) -> Fault {
        let root = self.dfg.world.imports.get(path.import).map_or("?", |import| import.name.as_str());
        let names: Vec<_> = std::iter::once(root).chain(path.exports.iter().map(String::as_str)).collect();
        Fault::Imported { what, import: names.join("` `") }
    }
}
