#include <fmt/format.h>

#include <concepts>
#include <map>
#include <nlohmann/json.hpp>

#include "container_writers.h"
#include "pickled_tensor.h"
#include "zip_writer.h"

namespace wsel::checkpoint {
namespace {

// Emits opcodes, so that a caller's lines read like the output of pickletools.
class Pickler {
 public:
  std::string Take() { return std::move(out_); }

  void Op(std::string_view bytes) { out_ += bytes; }

  void Global(const std::string& module, const std::string& name) {
    const auto [at, is_new] =
        memo_.emplace(module + " " + name, static_cast<uint8_t>(memo_.size()));
    if (is_new) {
      out_ += 'c' + module + '\n' + name + "\nq";  // GLOBAL, BINPUT
    } else {
      out_ += 'h';  // BINGET
    }
    WriteInt(at->second);
  }

  void Text(std::string_view text) {
    out_ += 'X';  // BINUNICODE
    WriteInt(static_cast<uint32_t>(text.size()));
    out_ += text;
  }

  void Integer(int64_t value) {  // >= 0
    if (value < 0x100) {
      out_ += 'K';  // BININT1
      WriteInt(static_cast<uint8_t>(value));
    } else if (value < 0x10000) {
      out_ += 'M';  // BININT2
      WriteInt(static_cast<uint16_t>(value));
    } else if (value <= 0x7FFFFFFF) {
      out_ += 'J';  // BININT
      WriteInt(static_cast<uint32_t>(value));
    } else {
      out_ += "\x8a\x08";  // LONG1 of eight bytes
      WriteInt(static_cast<uint64_t>(value));
    }
  }

  void Tuple(const std::vector<int64_t>& values) {
    Op("(");
    for (const int64_t value : values) Integer(value);
    Op("t");
  }

  void EmptyOrderedDict() {
    Global("collections", "OrderedDict");
    Op(")R");  // EMPTY_TUPLE REDUCE
  }

 private:
  template <std::unsigned_integral T>
  void WriteInt(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }

  std::string out_;
  std::map<std::string, uint8_t> memo_;  // there are about twenty globals
};

// The persistent id ("storage", class, key, "cpu", size) of data/<key>.
void EmitStorage(Pickler& out, const TensorSpec& spec, size_t index) {
  const std::string type(StorageClass(spec.dtype));
  out.Op("(");
  out.Text("storage");
  if (type.empty()) {
    out.Global("torch.storage", "UntypedStorage");
  } else {
    out.Global("torch", type);
  }
  out.Text(std::to_string(index));
  out.Text("cpu");
  out.Integer(type.empty() ? static_cast<int64_t>(*ByteCount(spec))
                           : *Numel(spec.shape));
  out.Op("tQ");  // TUPLE BINPERSID
}

// _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks), or
// _v3, which adds the dtype.
void EmitTensor(Pickler& out, const TensorSpec& spec, size_t index) {
  const bool typed = !StorageClass(spec.dtype).empty();
  out.Global("torch._utils",
             typed ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3");
  out.Op("(");
  EmitStorage(out, spec, index);
  out.Integer(0);
  out.Tuple(spec.shape);
  out.Tuple(ContiguousStrides(spec.shape));
  out.Op("\x89");  // NEWFALSE
  out.EmptyOrderedDict();
  if (!typed) out.Global("torch", std::string(Name(spec.dtype)));
  out.Op("tR");  // TUPLE REDUCE
}

// The pickle (protocol 2) of an OrderedDict of contiguous tensors, tensor i in
// storage "i". torch.load(weights_only=True) accepts its opcodes and globals.
std::string PickleStateDict(const std::vector<TensorSpec>& specs) {
  Pickler out;
  out.Op("\x80\x02");  // PROTO 2
  out.EmptyOrderedDict();
  out.Op("(");
  for (size_t i = 0; i < specs.size(); ++i) {
    out.Text(specs[i].name);
    EmitTensor(out, specs[i], i);
  }
  out.Op("u.");  // SETITEMS STOP
  return out.Take();
}

}  // namespace

void WriteTorchZip(AtomicFile& file, const std::vector<TensorSpec>& specs,
                   const TensorBytes& bytes,
                   const std::map<std::string, std::string>& metadata) {
  ZipWriter zip(file);
  zip.Add("archive/data.pkl", PickleStateDict(specs));
  zip.Add("archive/byteorder", std::string_view("little"));
  if (!metadata.empty()) {
    zip.Add("archive/wsel/metadata.json", nlohmann::json(metadata).dump());
  }
  for (size_t i = 0; i < specs.size(); ++i) {
    zip.Add(fmt::format("archive/data/{}", i), bytes(i));
  }
  zip.Add("archive/version", std::string_view("3\n"));
  zip.Finish();
}

}  // namespace wsel::checkpoint
