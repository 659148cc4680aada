# Installed, with what of base/ it needs, for other programs.
lib_LIBRARIES += libenclavedom.a
ENCLAVEDOM_SOURCES = \
	enclavedom/backend.h \
	enclavedom/backend_mpk.c \
	enclavedom/backend_mprotect.c \
	enclavedom/backend_none.c \
	enclavedom/backend_process.c \
	enclavedom/domain.c enclavedom/enclavedom.h \
	enclavedom/filter.c \
	enclavedom/gate.c \
	enclavedom/load.c \
	enclavedom/region.c \
	enclavedom/report.c \
	enclavedom/runtime.c \
	enclavedom/scan.c enclavedom/scan.h \
	enclavedom/seal.c \
	enclavedom/signal.c
libenclavedom_a_SOURCES = $(ENCLAVEDOM_SOURCES) \
	base/error.c base/names.c base/number.c base/option.c base/rng.c \
	base/xalloc.c
ENCLAVEDOM_LIBS = libenclavedom.a -lpthread
enclavedomdir = $(includedir)/virtualflow
nobase_enclavedom_HEADERS = enclavedom/enclavedom.h base/error.h
pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = enclavedom/enclavedom.pc
dist_man_MANS += man/enclavedom.3 man/vn_policy.3
dist_check_SCRIPTS += t/library.sh.t

check_PROGRAMS += t/enclave.t
t_enclave_t_SOURCES = t/enclave.c
t_enclave_t_LDADD = $(ENCLAVEDOM_LIBS) $(BASE_LIBS) libtap.a

ENCLAVE_WORLD = t/enclave_world.c t/enclave_world.h
check_PROGRAMS += t/enclave_after.t
t_enclave_after_t_SOURCES = t/enclave_after.c $(ENCLAVE_WORLD)
t_enclave_after_t_LDADD = $(ENCLAVEDOM_LIBS) $(BASE_LIBS) libtap.a

check_PROGRAMS += t/enclave_attack.t
t_enclave_attack_t_SOURCES = t/enclave_attack.c $(ENCLAVE_WORLD)
t_enclave_attack_t_LDADD = $(ENCLAVEDOM_LIBS) $(BASE_LIBS) libtap.a

check_PROGRAMS += t/enclave_scan.t
t_enclave_scan_t_SOURCES = t/enclave_scan.c
t_enclave_scan_t_LDADD = $(ENCLAVEDOM_LIBS) $(BASE_LIBS) libtap.a
