#include "wsel/kernels/kernel_record.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "gemm_backend.h"
#include "wsel/kernels/instruction_set.h"

namespace wsel::kernels {
namespace {

const std::string kGemm = "wsel.gemm";
const std::string kIsa = "wsel.isa";

// "onednn" of "onednn 2.6.3".
std::string WithoutVersion(const std::string& backend) {
  return backend.substr(0, backend.find(' '));
}

bool CanUse(const std::string& instruction_set) {
  return std::ranges::any_of(
      SupportedInstructionSets(),
      [&](InstructionSet set) { return NameOf(set) == instruction_set; });
}

}  // namespace

KernelRecord CurrentKernels() {
  return {{kGemm, GemmBackendName()},
          {kIsa, std::string(NameOf(ActiveInstructionSet()))}};
}

std::string Describe(const KernelRecord& record) {
  return fmt::format("GEMM backend {}, instruction set {}", record.at(kGemm),
                     record.at(kIsa));
}

KernelRecord RecordIn(const std::map<std::string, std::string>& metadata) {
  const auto gemm = metadata.find(kGemm);
  const auto isa = metadata.find(kIsa);
  if (gemm == metadata.end() || isa == metadata.end()) return {};
  return {*gemm, *isa};
}

std::string HowToRestore(const KernelRecord& begun, const KernelRecord& now) {
  std::vector<std::string> settings;
  const std::string backend = WithoutVersion(begun.at(kGemm));
  if (begun.at(kGemm) != now.at(kGemm)) {
    if (backend == WithoutVersion(now.at(kGemm))) return "";
    settings.push_back("WSEL_GEMM=" + backend);
  }
  if (begun.at(kIsa) != now.at(kIsa)) {
    if (!CanUse(begun.at(kIsa))) return "";
    settings.push_back("WSEL_ISA=" + begun.at(kIsa));
  }
  if (settings.empty()) return "";
  return fmt::format("set {}", fmt::join(settings, " "));
}

}  // namespace wsel::kernels
