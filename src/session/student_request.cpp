#include "wsel/session/student_request.h"

namespace wsel::session {

StudentRequest RequestOf(const recipe::Recipe& recipe) {
  StudentRequest request;
  request.teacher = recipe.teacher.file;
  request.student = ConfigStudent{recipe.model, /*has_num_classes=*/true};
  request.options = recipe::SelectionOf(recipe);
  request.initializer = recipe.init.method;
  return request;
}

}  // namespace wsel::session
