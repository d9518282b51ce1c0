//! Compiles `countersign/v1/*.proto` without `protoc` and adds proto3 JSON to each message.

use std::{env, fs, path::PathBuf};

use prost::Message;

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its folder this way")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed=countersign");
    let contracts = ["bus", "service", "people", "tokens", "pulse"]
        .map(|it| format!("countersign/v1/{it}.proto"));
    let files = protox::compile(contracts, ["."])?;
    let descriptor = files.encode_to_vec();
    fs::write(out.join("descriptor.bin"), &descriptor)?;
    tonic_prost_build::configure()
        .compile_well_known_types(true)
        .extern_path(".google.protobuf", "::pbjson_types")
        .compile_fds(files)?;
    pbjson_build::Builder::new()
        .register_descriptors(&descriptor)?
        .preserve_proto_field_names()
        .emit_fields()
        .ignore_unknown_fields()
        .build(&[".countersign"])?;
    Ok(())
}
