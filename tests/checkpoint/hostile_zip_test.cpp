#include "checkpoint/hostile.h"
#include "checkpoint/pickle_bytes.h"
#include "checkpoint/zip_bytes.h"

namespace wsel::checkpoint {
namespace {

// A torch zip with its pickle, its storage, and one more entry.
std::string With(const ZipPart& more,
                 const ZipPart& storage = {.name = "a/data/0",
                                           .data = std::string(16, '\x01')}) {
  return ZipOf({{.name = "a/data.pkl", .data = WeightsAnd("")}, storage, more});
}

std::string OwnMetadata(const std::string& json) {
  return With({.name = "a/wsel/metadata.json", .data = json});
}

std::string Whole() { return TorchZip(WeightsAnd("")); }

// Without the last bytes: the end record has 22, the directory about 200.
std::string CutBy(size_t count) {
  const std::string whole = Whole();
  return whole.substr(0, whole.size() - count);
}

// With one byte changed, whose position is counted from the end.
std::string Changed(size_t from_end, char value) {
  std::string bytes = Whole();
  bytes[bytes.size() - from_end] = value;
  return bytes;
}

// A zip64 file whose directory lists one empty entry over and over.
std::string ManyEntries(uint64_t count) {
  const ZipPart part = {.name = "a"};
  std::string out = "PK\x03\x04";
  PutFields(out, part, 0);
  PutLittle<uint32_t>(out, 1);  // lengths of name and extra field
  out += part.name;
  const uint64_t begin = out.size();
  std::string entry = "PK\x01\x02";
  PutLittle<uint16_t>(entry, 20);
  PutFields(entry, part, 0);
  PutLittle<uint16_t>(entry, 1);
  entry += std::string(16, '\0') + part.name;
  out += Repeated(entry, count);
  const uint64_t end = out.size();
  out += "PK\x06\x06" + std::string(20, '\0');
  for (const uint64_t field : {count, count, end - begin, begin}) {
    PutLittle(out, field);
  }
  out += "PK\x06\x07" + std::string(4, '\0');
  PutLittle(out, end);
  PutLittle<uint32_t>(out, 1);
  out += "PK\x05\x06" + std::string(4, '\0') + std::string(12, '\xff');
  return out + std::string(2, '\0');
}

std::string DistinctKeys(int count) {
  std::string json = "{";
  for (int i = 0; i < count; ++i) {
    json += "\"" + std::to_string(i) + "\":\"\",";
  }
  json.back() = '}';
  return json;
}

INSTANTIATE_TEST_SUITE_P(
    Zip, HostileFile,
    testing::Values(
        Hostile("CutInSignature", "truncated: the directory at the end",
                Whole().substr(0, 3)),
        Hostile("CutInLocalHeader", "truncated: the directory at the end",
                Whole().substr(0, 20)),
        Hostile("CutInPickle", "truncated: the directory at the end",
                Whole().substr(0, 100)),
        Hostile("CutInDirectory", "truncated: the directory at the end",
                CutBy(50)),
        Hostile("CutInEndRecord", "truncated: the directory at the end",
                CutBy(3)),
        Hostile("CutOutOfTheMiddle", "the zip directory would span bytes",
                Whole().erase(100, 10)),
        Hostile("PutInFront", "the zip directory would span bytes",
                "PK" + Whole()),
        Hostile("FewerEntries", "declares 3 entries and has 4",
                [] {
                  std::string bytes = Whole();
                  bytes[bytes.size() - 14] = bytes[bytes.size() - 12] = 3;
                  return bytes;
                }),
        Hostile("MoreEntries", "declares 5 entries and has 4",
                [] {
                  std::string bytes = Whole();
                  bytes[bytes.size() - 14] = bytes[bytes.size() - 12] = 5;
                  return bytes;
                }),
        Hostile("OneOfSeveralDisks", "one part of a multi-part zip file",
                Changed(14, 9)),
        Hostile("DirectoryTooLong", "would span bytes", Changed(8, 1)),
        Hostile("DirectoryElsewhere", "would span bytes", Changed(4, 1)),
        Hostile("EntryTwice", "'a/data/0': is in the zip file twice",
                With({.name = "a/data/0", .data = "x"})),
        Hostile("EntriesShareBytes", "overlaps another entry",
                With({.name = "a/data.pkl",
                      .data = WeightsAnd(""),
                      .central_offset = 0})),
        Hostile("EntryInEntry", "overlaps another entry",
                [] {
                  const std::string inner = ZipOf({{.name = "b"}});
                  return ZipOf({{.name = "a", .data = inner.substr(0, 31)},
                                {.name = "b", .central_offset = 31}});
                }),
        Hostile("EntryBeyondFile", "points to byte 16777215, beyond",
                With({.name = "x", .central_offset = 0xFFFFFF})),
        Hostile("EntryIsNone", "'x': no zip entry begins at byte 1",
                With({.name = "x", .central_offset = 1})),
        Hostile("EntryEncrypted", "'x': is encrypted",
                With({.name = "x", .flags = 1})),
        Hostile("NamesDisagree", "'x': the zip entry and the zip directory",
                With({.name = "x", .local_name = "y"})),
        Hostile("SizesDisagree", "'x': the zip entry and the zip directory",
                With({.name = "x", .data = "1", .local_size = 2})),
        Hostile("SizeBeyondFile", "'x': truncated: the entry declares 9999999",
                With({.name = "x",
                      .flags = 8,
                      .local_size = 0,
                      .central_size = 9'999'999})),
        Hostile("StorageCompressed", "'a/data/0': is compressed",
                With({.name = "x"}, {.name = "a/data/0",
                                     .data = std::string(16, '\x01'),
                                     .method = 8})),
        Hostile("StorageTooShort", "'w': its storage should have 16 bytes",
                With({.name = "x"},
                     {.name = "a/data/0", .data = std::string(15, '\x01')})),
        Hostile("StorageMissing", "tensor 'w': its storage 'data/0' is missing",
                With({.name = "x"}, {.name = "a/data/1"})),
        Hostile("StorageOfOtherFolder", "'data/0' is missing from the file",
                With({.name = "x"},
                     {.name = "b/data/0", .data = std::string(16, '\x01')})),
        Hostile("NoEntries", "not one of torch.save", ZipOf({})),
        Hostile("TwoCheckpoints", "holds several checkpoints",
                With({.name = "b/data.pkl"})),
        Hostile("PickleInRoot", "not one of torch.save",
                ZipOf({{.name = "/data.pkl", .data = WeightsAnd("")}})),
        Hostile("BigEndian", "has byte order 'big'",
                With({.name = "a/byteorder", .data = "big"})),
        Hostile("OwnMetadataCut", "wsel/metadata.json: byte 2: is not valid",
                OwnMetadata("{")),
        Hostile("OwnMetadataIsArray",
                "wsel/metadata.json: is not a JSON object", OwnMetadata("[]")),
        Hostile("OwnMetadataIsText", "wsel/metadata.json: is not a JSON object",
                OwnMetadata("\"a\"")),
        Hostile("OwnMetadataOfNumbers",
                "wsel/metadata.json: 'a' is not a string",
                OwnMetadata(R"({"a":1})")),
        Hostile("OwnMetadataNaN", "wsel/metadata.json: byte 6: is not valid",
                OwnMetadata(R"({"a":NaN})")),
        Hostile("OwnMetadataNested", "wsel/metadata.json: 'a' is not a string",
                OwnMetadata(R"({"a":{"b":"c"}})")),
        Hostile("OwnMetadataTwice", "json: has two values for 'a'",
                OwnMetadata(R"({"a":"","a":""})")),
        Hostile("OwnMetadataOfTooMany", "json: has more than 32768 entries",
                [] { return OwnMetadata(DistinctKeys(60'000)); }),
        Hostile(
            "OwnMetadataOfArrays", "json: byte 262148: the JSON has more than",
            [] { return OwnMetadata("{\"a\":" + std::string(1 << 20, '[')); }),
        Hostile("TooManyEntries", "declares 1000000 entries, more than",
                [] { return ManyEntries(1'000'000); }),
        Hostile("OneEntryAsMany", "'a': overlaps another entry",
                [] { return ManyEntries(100'000); })),
    NameOfCase);

}  // namespace
}  // namespace wsel::checkpoint
