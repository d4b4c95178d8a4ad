# Finds LibTorch >= 2.6 and defines LibTorch::libtorch, which links only what
# the build needs. LibTorch's own find_package(Torch) insists on a CUDA toolkit
# for a CUDA wheel and links every CUDA library, which doubles the start time
# of a program that uses the CPU; so the libraries are named here.
include(${CMAKE_CURRENT_LIST_DIR}/find_libtorch.cmake)
find_libtorch(LIBTORCH_ROOT LIBTORCH_FAULT)
if(NOT LIBTORCH_ROOT)
  message(FATAL_ERROR "${LIBTORCH_FAULT}. Run scripts/setup, which puts LibTorch "
    "into .venv, or give -DCMAKE_PREFIX_PATH=<unpacked LibTorch>.")
endif()
_libtorch_version(${LIBTORCH_ROOT} LIBTORCH_VERSION)

add_library(LibTorch::libtorch INTERFACE IMPORTED)
# After the system's folders, not before: the wheel carries a newer fmt of its
# own, and spdlog must see the one that it was built with.
foreach(DIR include include/torch/csrc/api/include)
  target_compile_options(LibTorch::libtorch INTERFACE
    "SHELL:-idirafter ${LIBTORCH_ROOT}/${DIR}")
endforeach()
target_link_directories(LibTorch::libtorch INTERFACE ${LIBTORCH_ROOT}/lib)
target_link_options(LibTorch::libtorch INTERFACE -Wl,--as-needed)
# Of what is built; what is installed brings its libraries along.
set(CMAKE_BUILD_RPATH ${LIBTORCH_ROOT}/lib)

# The libraries that torch_cuda itself needs lie beside a full wheel; the slim
# install of scripts/setup has torch_cuda without them.
set(LIBTORCH_HAS_CUDA OFF)
if(EXISTS ${LIBTORCH_ROOT}/lib/libtorch_cuda.so)
  find_library(LIBTORCH_CUDNN NAMES libcudnn.so.9 NO_CACHE NO_DEFAULT_PATH
    PATHS ${LIBTORCH_ROOT}/lib ${LIBTORCH_ROOT}/../nvidia/cudnn/lib)
  if(LIBTORCH_CUDNN)
    set(LIBTORCH_HAS_CUDA ON)
  endif()
endif()
if(WSEL_CUDA STREQUAL "on" AND NOT LIBTORCH_HAS_CUDA)
  message(FATAL_ERROR "WSEL_CUDA=on needs a full CUDA LibTorch (libtorch_cuda.so "
    "with cuDNN); ${LIBTORCH_ROOT} is none.")
endif()
if(WSEL_CUDA STREQUAL "runtime")
  # libtorch.so only needs what its own LibTorch has: torch_cpu and, of a CUDA
  # wheel, torch_cuda. Its libraries may not lie here.
  target_link_libraries(LibTorch::libtorch INTERFACE
    torch_cpu c10 -Wl,--no-as-needed torch -Wl,--as-needed)
  target_link_options(LibTorch::libtorch INTERFACE
    -Wl,--unresolved-symbols=ignore-in-shared-libs)
  set(LIBTORCH_BACKEND "that of the Python environment")
elseif(WSEL_CUDA STREQUAL "off" OR NOT LIBTORCH_HAS_CUDA)
  target_link_libraries(LibTorch::libtorch INTERFACE torch_cpu c10)
  set(LIBTORCH_BACKEND "CPU")
else()
  # torch_cuda registers itself when it is loaded: no symbol of ours needs it, and
  # nothing of ours needs a CUDA toolkit.
  target_link_libraries(LibTorch::libtorch INTERFACE
    torch_cpu c10 -Wl,--no-as-needed torch_cuda -Wl,--as-needed)
  set(LIBTORCH_BACKEND "CPU and CUDA")
endif()
message(STATUS
  "LibTorch ${LIBTORCH_VERSION} (${LIBTORCH_BACKEND}): ${LIBTORCH_ROOT}")
