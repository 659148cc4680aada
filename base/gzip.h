/*
 * Text that may be compressed by gzip, as one stream.  What is damaged or cut
 * off ends in an error of the stream; see vn_file_failed().
 */
#ifndef BASE_GZIP_H
#define BASE_GZIP_H

#include <stdio.h>

/*
 * What in holds, which begins with gzip's mark, uncompressed; NULL with errno
 * where there is no room for it.  in is taken, and closed with the stream
 * unless it is standard input.
 */
FILE *vn_gzip_read(FILE *in);

#endif /* BASE_GZIP_H */
