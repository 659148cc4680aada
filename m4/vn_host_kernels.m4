# VN_HOST_KERNELS -- how the executor's host kernels are compiled: with the
# loop optimisations of -O3 (one by one, since CFLAGS come later and their -O2
# would win), unless CFLAGS ask for none; for three instruction sets on x86-64
# (conditional X86_64), one elsewhere.
AC_DEFUN([VN_HOST_KERNELS], [
  HOST_OPTIMIZE=
  AS_CASE([" $CFLAGS $VN_INSTRUMENT_FLAGS "],
    [*" -O0 "*], [],
    [HOST_OPTIMIZE="-ftree-vectorize -fvect-cost-model=dynamic dnl
-funswitch-loops -fpeel-loops -fsplit-loops -floop-unroll-and-jam"])
  AC_SUBST([HOST_OPTIMIZE])
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#ifndef __x86_64__
#error other
#endif]])], [vn_x86_64=yes], [vn_x86_64=no])
  AM_CONDITIONAL([X86_64], [test "x$vn_x86_64" = xyes])
])
