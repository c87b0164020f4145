//! The language of substitution (contract, section 2).
