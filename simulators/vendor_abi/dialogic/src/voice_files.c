/* voice_files.c - dx_file…: the system's calls under the vendor's names; errors are in errno. */
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "bcsrl.h"
#include "dxxxlib.h"

BC_EXPORT int dx_fileopen(const char *filep, int flags, ...)
{
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list list;
        va_start(list, flags);
        mode = va_arg(list, mode_t);
        va_end(list);
    }
    return filep ? open(filep, flags | O_CLOEXEC, mode) : -1;
}

BC_EXPORT int dx_fileclose(int handle)
{
    return close(handle);
}

BC_EXPORT long dx_fileseek(int handle, long offset, int origin)
{
    return lseek(handle, offset, origin);
}

BC_EXPORT int dx_fileread(int handle, void *buffer, unsigned int count)
{
    return (int)read(handle, buffer, count);
}

BC_EXPORT int dx_filewrite(int handle, void *buffer, unsigned int count)
{
    return (int)write(handle, buffer, count);
}
