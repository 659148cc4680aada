# VN_FUZZING -- --enable-fuzzing: build t/fuzz/* with clang's libFuzzer.
#
# Needs CC=clang.  Without it the same targets are built with a driver of
# their own, which replays the seeds and a fixed count of mutations of them.
AC_DEFUN([VN_FUZZING], [
  AC_ARG_ENABLE([fuzzing],
    [AS_HELP_STRING([--enable-fuzzing],
      [build the fuzz targets with libFuzzer (needs CC=clang)])])
  AS_IF([test "x$enable_fuzzing" = xyes], [
    AC_MSG_CHECKING([whether $CC has -fsanitize=fuzzer])
    vn_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -fsanitize=fuzzer"
    AC_LINK_IFELSE([AC_LANG_SOURCE([[
      #include <stddef.h>
      int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);
      int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
      { return p == NULL && n > 0; }]])],
      [AC_MSG_RESULT([yes])],
      [AC_MSG_ERROR([--enable-fuzzing needs CC=clang (Debian: clang libclang-rt-14-dev)])])
    CFLAGS=$vn_save_CFLAGS
    FUZZ_CFLAGS="-fsanitize=fuzzer-no-link"
    FUZZ_LDFLAGS="-fsanitize=fuzzer"])
  AC_SUBST([FUZZ_CFLAGS])
  AC_SUBST([FUZZ_LDFLAGS])
  AM_CONDITIONAL([FUZZING], [test "x$enable_fuzzing" = xyes])
])
