/* Resolves the name localhost as slowly as the file CAMPAIGN_NAMES says, in milliseconds: preloaded, it is the resolver of
 * any language's process, and the artefact under test stays as it is.
 *
 *     cc -shared -fPIC -o slow_names.so slow_names.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long milliseconds(void) {
    const char *path = getenv("CAMPAIGN_NAMES");
    FILE *file = path == NULL ? NULL : fopen(path, "r");
    long value = 0;
    if (file == NULL) return 0;
    if (fscanf(file, "%ld", &value) != 1) value = 0;
    fclose(file);
    return value;
}

/* PHP binds what its extensions use to the C library itself, past whatever was preloaded. */
void *dlopen(const char *path, int mode) {
    void *(*next)(const char *, int);
    *(void **)&next = dlsym(RTLD_NEXT, "dlopen");
    return next(path, mode & ~RTLD_DEEPBIND);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    if (node != NULL && strcmp(node, "localhost") == 0) {
        long left = milliseconds();
        struct timespec pause = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
        nanosleep(&pause, NULL);
    }
    return next(node, service, hints, result);
}
