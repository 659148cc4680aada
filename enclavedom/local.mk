# Installed, with what of base/ it needs, for other programs.
lib_LIBRARIES += libenclavedom.a
ENCLAVEDOM_SOURCES = \
	enclavedom/backend/backend.h \
	enclavedom/backend/mpk.c \
	enclavedom/backend/mprotect.c \
	enclavedom/backend/none.c \
	enclavedom/backend/process.c \
	enclavedom/domain.c enclavedom/enclavedom.h \
	enclavedom/filter.c \
	enclavedom/gate.c \
	enclavedom/heap.c \
	enclavedom/keeper.c \
	enclavedom/load.c \
	enclavedom/open.c \
	enclavedom/region.c \
	enclavedom/report.c \
	enclavedom/runtime.c \
	enclavedom/scan.c enclavedom/scan.h \
	enclavedom/seal.c \
	enclavedom/signal.c
# The library OS: what runs while FS is the program's keeps no canary there.
noinst_LIBRARIES += libos.a
libos_a_SOURCES = \
	enclavedom/libos/call_file.c \
	enclavedom/libos/call_memory.c \
	enclavedom/libos/call_path.c \
	enclavedom/libos/call_process.c \
	enclavedom/libos/calls.c enclavedom/libos/calls.h \
	enclavedom/libos/crossing.c \
	enclavedom/libos/fence.c \
	enclavedom/libos/guest.c \
	enclavedom/libos/image.c \
	enclavedom/libos/inner.h \
	enclavedom/libos/library.c \
	enclavedom/libos/os.c enclavedom/libos/os.h \
	enclavedom/libos/path.c \
	enclavedom/libos/remote.c \
	enclavedom/libos/report.c
bin_PROGRAMS += enclavedom/enclavedom
enclavedom_enclavedom_SOURCES = enclavedom/main.c
enclavedom_enclavedom_LDADD = libos.a $(ENCLAVEDOM_LIBS) $(BASE_LIBS)

libenclavedom_a_SOURCES = $(ENCLAVEDOM_SOURCES) \
	base/error.c base/names.c base/number.c base/option.c base/rng.c \
	base/xalloc.c
ENCLAVEDOM_LIBS = libenclavedom.a -lpthread
enclavedomdir = $(includedir)/virtualflow
nobase_enclavedom_HEADERS = enclavedom/enclavedom.h base/error.h
pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = enclavedom/enclavedom.pc
dist_man_MANS += man/enclavedom.1 man/enclavedom.3 man/vn_policy.3
dist_check_SCRIPTS += t/enclavedom/library.sh.t t/enclavedom/libos.sh.t \
	t/enclavedom/libos_attack.sh.t
EXTRA_DIST += t/enclavedom/evil.py

check_PROGRAMS += t/enclavedom/enclave.t
t_enclavedom_enclave_t_SOURCES = t/enclavedom/enclave.c
t_enclavedom_enclave_t_LDADD = $(ENCLAVEDOM_LIBS) $(BASE_LIBS) libtap.a

ENCLAVE_WORLD = t/enclavedom/world.c t/enclavedom/world.h
check_PROGRAMS += t/enclavedom/after.t
t_enclavedom_after_t_SOURCES = t/enclavedom/after.c $(ENCLAVE_WORLD)
t_enclavedom_after_t_LDADD = $(ENCLAVEDOM_LIBS) $(BASE_LIBS) libtap.a

check_PROGRAMS += t/enclavedom/attack.t
t_enclavedom_attack_t_SOURCES = t/enclavedom/attack.c $(ENCLAVE_WORLD)
t_enclavedom_attack_t_LDADD = $(ENCLAVEDOM_LIBS) $(BASE_LIBS) libtap.a

check_PROGRAMS += t/enclavedom/escape.t
t_enclavedom_escape_t_SOURCES = t/enclavedom/escape.c $(ENCLAVE_WORLD)
t_enclavedom_escape_t_LDADD = $(ENCLAVEDOM_LIBS) $(BASE_LIBS) libtap.a

check_PROGRAMS += t/enclavedom/libos.t
t_enclavedom_libos_t_SOURCES = t/enclavedom/libos.c
t_enclavedom_libos_t_LDADD = libos.a $(ENCLAVEDOM_LIBS) $(BASE_LIBS) libtap.a
noinst_PROGRAMS += t/enclavedom/libos_guest
t_enclavedom_libos_guest_SOURCES = t/enclavedom/libos_guest.c
noinst_PROGRAMS += t/enclavedom/libos_attack
t_enclavedom_libos_attack_SOURCES = t/enclavedom/libos_attack.c \
	t/enclavedom/libos_attack.h t/enclavedom/libos_rights.c

check_PROGRAMS += t/enclavedom/extension.t
t_enclavedom_extension_t_SOURCES = t/enclavedom/extension.c
t_enclavedom_extension_t_LDADD = $(ENCLAVEDOM_LIBS) $(BASE_LIBS) libtap.a
check_DATA += t/enclavedom/stranger.so
EXTRA_DIST += t/enclavedom/stranger.c
CLEANFILES += t/enclavedom/stranger.so

check_PROGRAMS += t/enclavedom/scan.t
t_enclavedom_scan_t_SOURCES = t/enclavedom/scan.c
t_enclavedom_scan_t_LDADD = $(ENCLAVEDOM_LIBS) $(BASE_LIBS) libtap.a
