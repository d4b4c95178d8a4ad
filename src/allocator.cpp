// jemalloc, if linked in, keeps freed memory, in huge pages. A training step
// frees and allocates the same activations over and over; the page faults of
// new mappings would cost a ConvNeXt a third of its time.

extern "C" {
extern const char* malloc_conf;
const char* malloc_conf =
    "dirty_decay_ms:-1,muzzy_decay_ms:-1,thp:always,metadata_thp:auto";
}
