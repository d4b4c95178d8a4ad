#include "wsel/session/init_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "throws.h"

namespace wsel::session {
namespace {

InitRequest UniformInit() {
  InitRequest request;
  request.student.teacher = "teacher.pth";
  request.student.student.model = "vit_tiny";
  request.output = "student.pth";
  return request;
}

TEST(CheckInitRequest, AcceptsATeacherAStudentAndAnOutput) {
  EXPECT_NO_THROW(
      CheckInitRequest(UniformInit(), {"teacher", "student", "output"}));
}

TEST(CheckInitRequest, NeedsAStudentAndAnOutput) {
  InitRequest request = UniformInit();
  request.student.student.model = "";
  ExpectError([&] { CheckInitRequest(request, {}); }, ErrorKind::kUsage,
              {"student: is missing"});
  request = UniformInit();
  request.output = "";
  ExpectError([&] { CheckInitRequest(request, {}); }, ErrorKind::kUsage,
              {"output: is missing: the file to write; or give `dry_run`"});
  request.dry_run = true;
  EXPECT_NO_THROW(CheckInitRequest(request, {}));
}

TEST(CheckInitRequest, NamesTheFieldThatContradictsAnother) {
  InitRequest request = UniformInit();
  ExpectError([&] { CheckInitRequest(request, {"student_size"}); },
              ErrorKind::kUsage, {"student_size: needs `family`"});
  ExpectError([&] { CheckInitRequest(request, {"val_split"}); },
              ErrorKind::kUsage,
              {"val_split: needs `calibrate` and `data_root`"});
  request.student.plan = "plan.json";
  ExpectError([&] { CheckInitRequest(request, {"method"}); }, ErrorKind::kUsage,
              {"method: is determined by `plan`"});
  request = UniformInit();
  request.student.teacher = "";
  ExpectError([&] { CheckInitRequest(request, {"layers"}); }, ErrorKind::kUsage,
              {"layers: needs `teacher`"});
  request = UniformInit();
  request.student.budget = "params=3M";
  ExpectError([&] { CheckInitRequest(request, {"student"}); },
              ErrorKind::kUsage, {"student: cannot be combined with `budget`"});
}

TEST(CheckInitRequest, NoOutputIsAnInput) {
  InitRequest request = UniformInit();
  request.output = request.student.teacher;
  ExpectError([&] { CheckInitRequest(request, {}); }, ErrorKind::kUsage,
              {"output: would overwrite 'teacher.pth'"});
  request = UniformInit();
  request.save_plan = request.output;
  ExpectError([&] { CheckInitRequest(request, {}); }, ErrorKind::kUsage,
              {"save_plan: is the same file as `output`"});
}

}  // namespace
}  // namespace wsel::session
