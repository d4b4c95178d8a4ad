#include "wsel/kernels/kernel_record.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "gemm_backend.h"
#include "wsel/kernels/bf16.h"
#include "wsel/kernels/instruction_set.h"

namespace wsel::kernels {
namespace {

const std::string kGemm = "wsel.gemm";
const std::string kIsa = "wsel.isa";
const std::string kBf16 = "wsel.bf16";

// "onednn" of "onednn 2.6.3".
std::string WithoutVersion(const std::string& backend) {
  return backend.substr(0, backend.find(' '));
}

bool CanUse(const std::string& instruction_set) {
  return std::ranges::any_of(
      SupportedInstructionSets(),
      [&](InstructionSet set) { return NameOf(set) == instruction_set; });
}

bool CanUseBf16Products(const std::string& products) {
  return std::ranges::any_of(SupportedBf16Products(), [&](Bf16Products known) {
    return NameOf(known) == products;
  });
}

// The bf16 products of a record; "" in one of a float32 run.
std::string Bf16Of(const KernelRecord& record) {
  const auto found = record.find(kBf16);
  return found == record.end() ? "" : found->second;
}

}  // namespace

KernelRecord CurrentKernels() {
  return {{kGemm, GemmBackendName()},
          {kIsa, std::string(NameOf(ActiveInstructionSet()))}};
}

KernelRecord CurrentBf16Kernels() {
  KernelRecord record = CurrentKernels();
  record[kBf16] = NameOf(ActiveBf16Products());
  return record;
}

std::string Describe(const KernelRecord& record) {
  std::string text = fmt::format("GEMM backend {}, instruction set {}",
                                 record.at(kGemm), record.at(kIsa));
  const auto bf16 = record.find(kBf16);
  if (bf16 == record.end()) return text;
  return fmt::format("{}, bf16 products {}", text, bf16->second);
}

KernelRecord RecordIn(const std::map<std::string, std::string>& metadata) {
  const auto gemm = metadata.find(kGemm);
  const auto isa = metadata.find(kIsa);
  if (gemm == metadata.end() || isa == metadata.end()) return {};
  KernelRecord record = {*gemm, *isa};
  const auto bf16 = metadata.find(kBf16);
  if (bf16 != metadata.end()) record.insert(*bf16);
  return record;
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
  if (Bf16Of(begun) != Bf16Of(now)) {
    if (!CanUseBf16Products(Bf16Of(begun))) return "";
    settings.push_back("WSEL_BF16=" + Bf16Of(begun));
  }
  if (settings.empty()) return "";
  return fmt::format("set {}", fmt::join(settings, " "));
}

}  // namespace wsel::kernels
