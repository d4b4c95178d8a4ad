// How jemalloc, where it is linked in, treats memory that was freed: it keeps
// it, in huge pages. A training step frees and takes the same activations over
// and over; as fresh pages, their faults cost a ConvNeXt a third of its time.

extern "C" {
extern const char* malloc_conf;
const char* malloc_conf =
    "dirty_decay_ms:-1,muzzy_decay_ms:-1,thp:always,metadata_thp:auto";
}
