# VN_HOST_KERNELS -- how the executor's host kernels are compiled: at -O3,
# whatever CFLAGS say, unless they ask for none; for three instruction sets
# on x86-64 (conditional X86_64), one elsewhere.
AC_DEFUN([VN_HOST_KERNELS], [
  HOST_OPTIMIZE=
  AS_CASE([" $CFLAGS $VN_INSTRUMENT_FLAGS "],
    [*" -O0 "*], [],
    [HOST_OPTIMIZE="-O3"])
  AC_SUBST([HOST_OPTIMIZE])
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#ifndef __x86_64__
#error other
#endif]])], [vn_x86_64=yes], [vn_x86_64=no])
  AM_CONDITIONAL([X86_64], [test "x$vn_x86_64" = xyes])
])
