noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	base/digest.c base/digest.h \
	base/error.c base/error.h \
	base/file.c base/file.h \
	base/names.c base/names.h \
	base/number.c base/number.h \
	base/option.c base/option.h \
	base/progress.c base/progress.h \
	base/quantile.c base/quantile.h \
	base/rng.c base/rng.h \
	base/store/schema.c base/store/schema.h \
	base/store/schema_sql.c base/store/schema_sql.h \
	base/store/store.c base/store/store.h \
	base/store/export.c base/store/merge.c \
	base/table.c base/table.h \
	base/xalloc.c base/xalloc.h

check_PROGRAMS += t/base/digest.t
t_base_digest_t_SOURCES = t/base/digest.c
t_base_digest_t_LDADD = $(BASE_LIBS) libtap.a
check_PROGRAMS += t/base/base.t t/base/table.t
t_base_base_t_SOURCES = t/base/base.c
t_base_base_t_LDADD = $(BASE_LIBS) libtap.a
t_base_table_t_SOURCES = t/base/table.c
t_base_table_t_LDADD = $(BASE_LIBS) libtap.a
check_PROGRAMS += t/base/store.t
t_base_store_t_SOURCES = t/base/store.c
t_base_store_t_LDADD = $(BASE_LIBS) libtap.a
dist_check_SCRIPTS += t/base/output.sh.t
