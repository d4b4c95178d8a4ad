#include "choice_option.h"

#include "wsel/core/error.h"

namespace wsel::cli {

CLI::Option* AddRgb(CLI::App& command, const std::string& name,
                    std::optional<std::array<double, 3>>& value,
                    const std::string& help) {
  return command
      .add_option_function<std::vector<double>>(
          name,
          [&value, name](const std::vector<double>& values) {
            if (values.size() != 3) {
              throw Error(ErrorKind::kUsage, name,
                          "needs one value per channel, such as 0.5,0.5,0.5");
            }
            value = {{values[0], values[1], values[2]}};
          },
          help)
      ->delimiter(',')
      ->type_name("R,G,B");
}

}  // namespace wsel::cli
