#include "checkpoint/hostile.h"
#include "checkpoint/legacy_bytes.h"

namespace wsel::checkpoint {
namespace {

const std::string kData(16, '\x01');

std::string Whole() { return Legacy(WeightsAnd("")); }

// The object, followed by these bytes.
std::string Then(const std::string& rest) {
  return LegacyStart() + WeightsAnd("") + rest;
}

std::string Replaced(const std::string& from, const std::string& to) {
  std::string bytes = Whole();
  return bytes.replace(bytes.find(from), from.size(), to);
}

// 180,000 storages that no tensor uses, from memoised parts.
std::string ManyStorages() {
  std::string pickle = "\x80\x02" + Unicode("storage") + "q\x01" +
                       Global("torch", "FloatStorage") + "q\x02" +
                       Unicode("cpu") + "q\x03";
  for (int i = 0; i < 180'000; ++i) {
    pickle += "(h\x01h\x02" + Unicode(std::to_string(i)) + "h\x03K\x01tQ0";
  }
  return LegacyStart() + pickle + "N.";
}

INSTANTIATE_TEST_SUITE_P(
    Legacy, HostileFile,
    testing::Values(
        Hostile("CutInMagic", "a bare Python pickle", Whole().substr(0, 9)),
        Hostile("CutBehindMagic", "the protocol version: byte 0: truncated",
                Whole().substr(0, 15)),
        Hostile("CutInSysInfo", "sys_info: byte",
                Whole().substr(0, LegacyStart().size() - 5)),
        Hostile("CutInObject", "truncated",
                Whole().substr(0, LegacyStart().size() + 20)),
        Hostile("CutInKeys", "the storage keys: byte",
                Then(LegacyKeys({"0"}).substr(0, 5))),
        Hostile("CutInCount", "the storages: byte 0: truncated",
                Then(LegacyKeys({"0"}) + "\x04")),
        Hostile("CutInData", "storage '0': truncated: it has 4 elements",
                Whole().substr(0, Whole().size() - 1)),
        Hostile("MoreBytes", "1 bytes follow the last storage", Whole() + "x"),
        Hostile("OtherProtocol", "protocol version is not 1001",
                Replaced("M\xe9\x03", "M\xea\x03")),
        Hostile("BigEndian", "big-endian", Replaced("\x88s.", "\x89s.")),
        Hostile("StorageOfUnknownType", "storage '0': has elements of unk",
                Replaced("FloatStorage", "BloatStorage")),
        Hostile("CountDisagrees", "'0': has 5 elements, but 4 are declared",
                Then(LegacyKeys({"0"}) + LegacyStorage(5, kData))),
        Hostile("CountOfTwoTo64", "'0': has 18446744073709551615 elements",
                Then(LegacyKeys({"0"}) + LegacyStorage(-1, kData))),
        Hostile("StorageTwice", "storage '0': is in the file twice",
                Then(LegacyKeys({"0", "0"}) + LegacyStorage(4, kData) +
                     LegacyStorage(4, kData))),
        Hostile("StorageUnknown", "lists a storage that no tensor uses",
                Then(LegacyKeys({"1"}) + LegacyStorage(4, kData))),
        Hostile("StorageMissing", "tensor 'w': its storage '0' is missing",
                Then(LegacyKeys({}))),
        Hostile("KeysAreNone", "its storage keys are not a list",
                Then("\x80\x02N.")),
        Hostile("ViewBeyondStorage", "tensor 'w': its storage is a view",
                Legacy("\x80\x02}" + Unicode("w") +
                       Tensor(StorageWithView(4, "(" + Unicode("v") +
                                                     "K\x04K\x01t"),
                              0, {1}, {1}) +
                       "s.")),
        Hostile("GadgetAsSysInfo", "sys_info: byte 2 of the pickle: would call",
                LegacyStart().substr(0, LegacyStart().find('}') - 2) +
                    "\x80\x02" + Global("os", "system") + ")R."),
        Hostile("BombAsKeys", "the storage keys: byte",
                [] { return Then("\x80\x02" + std::string(3'000'000, ')')); }),
        Hostile("TooManyStorages", "tens of megabytes more", ManyStorages)),
    NameOfCase);

}  // namespace
}  // namespace wsel::checkpoint
