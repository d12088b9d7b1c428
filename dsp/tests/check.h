/* check.h - the whole test framework of the C tests: each test_x.c is a program that exits 0 or says what failed. */
#ifndef BC_CHECK_H
#define BC_CHECK_H
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);       \
            exit(1);                                                                      \
        }                                                                                 \
    } while (0)
#endif
