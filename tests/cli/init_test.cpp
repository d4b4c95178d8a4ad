#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/run_wsel.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"

namespace wsel {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// A ViT of 12 blocks and 2 heads that is written and read in milliseconds.
constexpr const char* kTeacher =
    R"({"base": "vit_tiny", "embed_dim": 32, "num_heads": 2, "img_size": 32,
        "num_classes": 10})";

class InitCommand : public testing::Test {
 protected:
  InitCommand() {
    Write("teacher.json", kTeacher);
    Write("student.json",
          R"({"base": "vit_tiny", "embed_dim": 16, "num_heads": 2,
              "depth": 3, "img_size": 32, "num_classes": 10})");
    const Outcome teacher =
        Run({"init", "--student", "teacher.json", "--output",
             "teacher.safetensors", "--seed", "1"});
    EXPECT_EQ(teacher.exit_code, 0) << teacher.err;
  }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  Outcome Run(const std::vector<std::string>& args) const {
    return RunWsel(folder_, args);
  }
  // `wsel init --teacher teacher.safetensors --student student.json`, `more`.
  Outcome Init(std::vector<std::string> more) const {
    std::vector<std::string> args = {"init", "--teacher", "teacher.safetensors",
                                     "--student", "student.json"};
    args.insert(args.end(), more.begin(), more.end());
    return Run(args);
  }
  std::string Hash(const std::string& name) const {
    return Sha256OfFile(folder_ / name);
  }
  bool Exists(const std::string& name) const {
    return std::filesystem::exists(folder_ / name);
  }

  TempFolder folder_;
};

TEST_F(InitCommand, WritesAStudentWithItsProvenance) {
  const Outcome outcome = Init({"--output", "s.safetensors", "--seed", "7"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("elements selected"));
  EXPECT_THAT(outcome.err, HasSubstr("wrote s.safetensors"));
  const auto file = checkpoint::Open(folder_ / "s.safetensors");
  EXPECT_EQ(file->Find("blocks.2.attn.qkv.weight")->shape, (Shape{48, 16}));
  const auto& metadata = file->metadata();
  EXPECT_EQ(metadata.at("wsel.command"),
            "wsel init --teacher teacher.safetensors --student student.json "
            "--output s.safetensors --seed 7");
  EXPECT_EQ(metadata.at("wsel.seed"), "7");
  EXPECT_EQ(metadata.at("wsel.teacher.file"), "teacher.safetensors");
  EXPECT_EQ(metadata.at("wsel.teacher.size"),
            std::to_string(
                std::filesystem::file_size(folder_ / "teacher.safetensors")));
  EXPECT_EQ(metadata.at("wsel.teacher.sha256").size(), 64U);
  EXPECT_EQ(metadata.at("wsel.plan.sha256").size(), 64U);
}

TEST_F(InitCommand, IsReproducible) {
  for (const char* name : {"s.safetensors", "s.pth"}) {
    ASSERT_EQ(Init({"--output", name, "--method", "random"}).exit_code, 0);
    const std::string first = Hash(name);
    ASSERT_EQ(Init({"--output", name, "--method", "random"}).exit_code, 0);
    EXPECT_EQ(Hash(name), first) << name;
  }
}

TEST_F(InitCommand, HashesTheWholeTeacherWithHashFull) {
  ASSERT_EQ(Init({"--output", "s.pth", "--hash", "full"}).exit_code, 0);
  const auto file = checkpoint::Open(folder_ / "s.pth");
  EXPECT_EQ(file->metadata().at("wsel.teacher.sha256"),
            Hash("teacher.safetensors"));
}

TEST_F(InitCommand, ReplaysASavedPlanToTheSameTensors) {
  for (const char* method : {"random", "magnitude", "l1-shared"}) {
    ASSERT_EQ(Init({"--output", "a.safetensors", "--method", method, "--seed",
                    "3", "--save-plan", "plan.json"})
                  .exit_code,
              0);
    const Outcome replay =
        Run({"init", "--teacher", "teacher.safetensors", "--plan", "plan.json",
             "--output", "b.safetensors"});
    ASSERT_EQ(replay.exit_code, 0) << replay.err;
    const auto a = checkpoint::Open(folder_ / "a.safetensors");
    const auto b = checkpoint::Open(folder_ / "b.safetensors");
    ASSERT_EQ(a->Specs(), b->Specs());
    for (const TensorSpec& spec : a->Specs()) {
      EXPECT_EQ(Sha256Hex(a->View(spec.name).bytes),
                Sha256Hex(b->View(spec.name).bytes))
          << method << " " << spec.name;
    }
    EXPECT_EQ(a->metadata().at("wsel.plan.sha256"),
              b->metadata().at("wsel.plan.sha256"));
  }
}

TEST_F(InitCommand, DryRunPrintsThePlanAndWritesNothing) {
  const size_t before = folder_.FileCount();
  const Outcome outcome = Init({"--output", "s.safetensors", "--dry-run"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("blocks.*.attn.qkv.weight"));
  EXPECT_LE(folder_.FileCount(), before + 2) << "only stdout and stderr";
  EXPECT_FALSE(Exists("s.safetensors"));
}

TEST_F(InitCommand, DryRunListsAMissingTeacherAndPlansByItsModelName) {
  const Outcome named =
      Run({"init", "--teacher", "gone/vit_small_patch16_224.safetensors",
           "--student", "vit_tiny", "--dry-run"});
  EXPECT_EQ(named.exit_code, 0) << named.err;
  EXPECT_THAT(named.out, HasSubstr("missing  gone/vit_small"));
  EXPECT_THAT(named.out, HasSubstr("192 of 384"));
  const Outcome given =
      Run({"init", "--teacher", "t.pth", "--teacher-model", "convnext_tiny",
           "--student", "vit_tiny", "--dry-run"});
  EXPECT_EQ(given.exit_code, 6);
  const Outcome unknown =
      Run({"init", "--teacher", "t.pth", "--student", "vit_tiny", "--dry-run"});
  EXPECT_EQ(unknown.exit_code, 0);
  EXPECT_THAT(unknown.out, HasSubstr("missing  t.pth"));
  const std::vector<std::string> as_json = {
      "init",      "--teacher", "t.pth",     "--teacher-model", "vit_small",
      "--student", "vit_tiny",  "--dry-run", "--json"};
  EXPECT_EQ(json::parse(Run(as_json).out)["format"], "wsel-plan");
  auto data_dependent = as_json;
  data_dependent.insert(data_dependent.end(), {"--method", "l1"});
  EXPECT_EQ(Run(data_dependent).exit_code, 4);
  std::erase(data_dependent, "--json");
  EXPECT_THAT(Run(data_dependent).out,
              HasSubstr("192 of 384: chosen from the teacher's weights"));
}

TEST_F(InitCommand, PrintsThePlanAsJson) {
  const Outcome outcome = Init({"--dry-run", "--json"});
  const json plan = json::parse(outcome.out);
  EXPECT_EQ(plan["format"], "wsel-plan");
  EXPECT_EQ(plan["student"]["embed_dim"], 16);
}

TEST_F(InitCommand, OverridesTheStudentByFlags) {
  const Outcome outcome =
      Init({"--dry-run", "--json", "--embed-dim", "24", "--depth", "2",
            "--patch-size", "8", "--img-size", "24", "--num-heads", "4",
            "--num-classes", "3", "--in-chans", "1"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json student = json::parse(outcome.out)["student"];
  EXPECT_EQ(student["embed_dim"], 24);
  EXPECT_EQ(student["depth"], 2);
  EXPECT_EQ(student["patch_size"], 8);
  EXPECT_EQ(student["img_size"], 24);
  EXPECT_EQ(student["num_heads"], 4);
  EXPECT_EQ(student["num_classes"], 3);
  EXPECT_EQ(student["in_chans"], 1);
}

TEST_F(InitCommand, HeadReuseKeepsTheTeachersNumberOfClasses) {
  Write("no_classes.json",
        R"({"base": "vit_tiny", "embed_dim": 16, "num_heads": 2,
                         "img_size": 32})");
  const Outcome outcome =
      Run({"init", "--teacher", "teacher.safetensors", "--student",
           "no_classes.json", "--head", "reuse", "--dry-run", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["student"]["num_classes"], 10);
  // A file's own number is not replaced without a word.
  Write("seven.json",
        R"({"base": "vit_tiny", "embed_dim": 16, "num_heads": 2,
                         "img_size": 32, "num_classes": 7})");
  const Outcome seven =
      Run({"init", "--teacher", "teacher.safetensors", "--student",
           "seven.json", "--head", "reuse", "--dry-run"});
  EXPECT_EQ(seven.exit_code, 6);
  EXPECT_THAT(seven.err, HasSubstr("the teacher has 10, the student 7"));
}

TEST_F(InitCommand, KeepsTheOldFileOnFailure) {
  Write("s.safetensors", "old");
  const Outcome outcome = Init(
      {"--output", "s.safetensors", "--num-heads", "2", "--embed-dim", "64"});
  EXPECT_EQ(outcome.exit_code, 6);
  EXPECT_EQ(ReadText(folder_ / "s.safetensors"), "old");
}

TEST_F(InitCommand, WritesNoClassifierWithCompatOfficial) {
  ASSERT_EQ(Init({"--output", "s.pth", "--compat", "official"}).exit_code, 0);
  const auto file = checkpoint::Open(folder_ / "s.pth");
  EXPECT_EQ(file->Find("head.weight"), nullptr);
  EXPECT_NE(file->Find("norm.weight"), nullptr);
}

TEST_F(InitCommand, UnwrapsATrainingCheckpoint) {
  // As saved from DistributedDataParallel, which prefixes names with "module.".
  const auto teacher = checkpoint::Open(folder_ / "teacher.safetensors");
  json header;
  std::string data;
  for (const TensorSpec& spec : teacher->Specs()) {
    const auto bytes = teacher->View(spec.name).bytes;
    header["state_dict.module." + spec.name] = {
        {"dtype", "F32"},
        {"shape", spec.shape},
        {"data_offsets", {data.size(), data.size() + bytes.size()}}};
    data.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  const std::string text = header.dump();
  const uint64_t length = text.size();
  Write("wrapped.safetensors",
        std::string(reinterpret_cast<const char*>(&length), 8) + text + data);
  const Outcome outcome =
      Run({"init", "--teacher", "wrapped.safetensors", "--student",
           "student.json", "--output", "s.safetensors"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(Run({"inspect", "wrapped.safetensors"}).out,
              HasSubstr("under 'state_dict.module.'"));
}

// NaN, and infinities of one or both signs, whose sum is not NaN.
TEST_F(InitCommand, WarnsOfValuesThatAreNotFinite) {
  const std::string text = ReadText(folder_ / "teacher.safetensors");
  uint64_t length = 0;
  std::memcpy(&length, text.data(), 8);
  const json header = json::parse(text.substr(8, length));
  const size_t first =
      8 + length + header["norm.weight"]["data_offsets"][0].get<size_t>();
  for (const uint32_t bits : {0x7f800000u, 0xff800000u, 0x7fc00000u}) {
    std::string changed = text;
    std::memcpy(changed.data() + first, &bits, 4);
    Write("changed.safetensors", changed);
    const Outcome outcome =
        Run({"init", "--teacher", "changed.safetensors", "--student",
             "student.json", "--output", "s.safetensors"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err,
                HasSubstr("norm.weight contains NaN or infinite values"));
  }
  EXPECT_THAT(Init({"--output", "s.safetensors"}).err,
              testing::Not(HasSubstr("infinite")));
}

// Every error has its exit code and one message.

struct Failure {
  const char* name;
  std::vector<std::string> args;
  int exit_code;
  const char* message;
};

class Fails : public InitCommand,
              public testing::WithParamInterface<Failure> {};

TEST_P(Fails, WithItsCodeAndAMessage) {
  Write("garbage.safetensors", "not a checkpoint");
  Write("truncated.safetensors",
        ReadText(folder_ / "teacher.safetensors").substr(0, 20000));
  Write("wrong.json", R"({"base": "vit_tiny", "dept": 3})");
  Write("plan.json", R"({"format": "wsel-plan", "version": 9})");
  const Outcome outcome = Run(GetParam().args);
  EXPECT_EQ(outcome.exit_code, GetParam().exit_code);
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().message));
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1)
      << "one message:\n"
      << outcome.err;
}

INSTANTIATE_TEST_SUITE_P(
    Init, Fails,
    testing::Values(
        Failure{"UnknownCommand", {"inti"}, 2, "did you mean 'init'"},
        Failure{"UnknownOption",
                {"init", "--techer", "x"},
                2,
                "did you mean '--teacher'"},
        Failure{"UnknownModel",
                {"init", "--teacher", "teacher.safetensors", "--student",
                 "vit_tini", "--dry-run"},
                2,
                "did you mean 'vit_tiny'"},
        Failure{"UnknownMethod",
                {"init", "--teacher", "teacher.safetensors", "--student",
                 "student.json", "--dry-run", "--method", "unifrom"},
                2,
                "did you mean 'uniform'"},
        Failure{
            "UnknownInitialiser",
            {"init", "--student", "vit_tiny", "--dry-run", "--method", "xaver"},
            2,
            "did you mean 'xavier'"},
        Failure{
            "SelectionWithoutTeacher",
            {"init", "--student", "vit_tiny", "--dry-run", "--method", "l1"},
            2,
            "give --teacher"},
        Failure{"NoOutput",
                {"init", "--student", "vit_tiny"},
                2,
                "--output: is missing"},
        Failure{"NoStudent",
                {"init", "--teacher", "teacher.safetensors", "--dry-run"},
                2,
                "--student: is missing"},
        Failure{"OutputIsTeacher",
                {"init", "--teacher", "teacher.safetensors", "--student",
                 "student.json", "--output", "teacher.safetensors"},
                2,
                "would overwrite 'teacher.safetensors'"},
        Failure{
            "SavedPlanIsTeacher",
            {"init", "--teacher", "teacher.safetensors", "--student",
             "student.json", "--save-plan", "teacher.safetensors", "--dry-run"},
            2,
            "--save-plan: would overwrite 'teacher.safetensors'"},
        Failure{"EmptyTeacher",
                {"init", "--teacher", "", "--student", "vit_tiny", "--dry-run"},
                2,
                "--teacher: is empty"},
        Failure{"RandomMethodWithTeacher",
                {"init", "--teacher", "teacher.safetensors", "--student",
                 "student.json", "--method", "xavier", "--dry-run"},
                2,
                "leave out --teacher"},
        Failure{"UnknownGlobalOption", {"--verison"}, 2, "'--version'"},
        Failure{"HugeImage",
                {"init", "--student", "vit_tiny", "--img-size", "1000000",
                 "--dry-run"},
                3,
                "img_size"},
        Failure{"TextForAnImage",
                {"init", "--student", "vit_tiny", "--img-size", "192x",
                 "--dry-run"},
                2,
                "--img-size: '192x'"},
        Failure{"PatchThatDoesNotDivide",
                {"init", "--student", "vit_tiny", "--img-size", "192x250",
                 "--dry-run"},
                3,
                "is 192x250: its width is not a multiple of patch_size 16"},
        Failure{"PlanAndMethod",
                {"init", "--plan", "plan.json", "--method", "l1", "--dry-run"},
                2,
                "determined by --plan"},
        Failure{
            "NumberExpected",
            {"init", "--student", "vit_tiny", "--depth", "six", "--dry-run"},
            2,
            "--depth: 'six'"},
        Failure{"UnknownKeyInModel",
                {"init", "--student", "wrong.json", "--dry-run"},
                3,
                "did you mean 'depth'"},
        Failure{
            "ImpossibleModel",
            {"init", "--student", "vit_tiny", "--num-heads", "5", "--dry-run"},
            3,
            "num_heads"},
        Failure{"MissingTeacher",
                {"init", "--teacher", "none.safetensors", "--student",
                 "vit_tiny", "--output", "s.safetensors"},
                4,
                "none.safetensors: No such file"},
        Failure{
            "FolderAsTeacher",
            {"init", "--teacher", ".", "--student", "vit_tiny", "--dry-run"},
            4,
            "is a folder"},
        Failure{"NoFolderForOutput",
                {"init", "--teacher", "teacher.safetensors", "--student",
                 "student.json", "--output", "no/where.safetensors", "-q"},
                4,
                "no/where.safetensors"},
        Failure{"Garbage",
                {"init", "--teacher", "garbage.safetensors", "--student",
                 "vit_tiny", "--dry-run"},
                5,
                "garbage.safetensors"},
        Failure{"Truncated",
                {"init", "--teacher", "truncated.safetensors", "--student",
                 "vit_tiny", "--dry-run"},
                5,
                "truncated.safetensors"},
        Failure{"PlanOfAnotherVersion",
                {"init", "--teacher", "teacher.safetensors", "--plan",
                 "plan.json", "--dry-run"},
                5,
                "expected a plan of version 1 or 2"},
        Failure{"WiderStudent",
                {"init", "--teacher", "teacher.safetensors", "--student",
                 "vit_tiny", "--dry-run"},
                6,
                "width: the student has 192, the teacher only 32"},
        Failure{"OtherFamily",
                {"init", "--teacher", "teacher.safetensors", "--student",
                 "convnext_femto", "--dry-run"},
                6,
                "one architecture"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace wsel
