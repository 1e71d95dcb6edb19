#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| crosspull::fuzzing::run("metadata", data));
