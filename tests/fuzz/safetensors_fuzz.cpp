#include "fuzz/read_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace wsel::checkpoint;
  ReadBytes({data, size}, OpenBy(ReadSafetensors));
  return 0;
}
