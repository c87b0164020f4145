//! Validates values against a JSON Schema of the project.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

/// A compiled schema.
pub struct Validator {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Validator {
    /// Compiles a schema that has this id.
    pub fn new(id: &str, schema: Value) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource(id, schema).expect("the schema has an id");
        let index = compiler.compile(id, &mut schemas).expect("the schema is a schema of its draft");
        Self { schemas, index }
    }

    /// Why a value is invalid, or `None`.
    pub fn wrong(&self, value: &Value) -> Option<String> {
        self.schemas.validate(value, self.index).err().map(|error| error.to_string())
    }
}
