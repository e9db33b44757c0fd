/* The world as a client's process sees it, preloaded: the artefact under test stays as it is, in any language. The file
 * CAMPAIGN_WORLD holds two numbers of eight bytes: how many milliseconds the name localhost takes to be resolved, and how
 * many seconds the clock is off.
 *
 *     cc -shared -fPIC -o world.so world.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct world {
    int64_t names_ms;
    int64_t clock_s;
};

static const volatile struct world *world;

/* Mapped, since a clock is read often. */
__attribute__((constructor)) static void look(void) {
    static const struct world usual;
    const char *path = getenv("CAMPAIGN_WORLD");
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, sizeof usual, PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0) close(file);
    world = mapped == MAP_FAILED ? &usual : mapped;
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
        long left = (long)world->names_ms;
        struct timespec pause = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
        nanosleep(&pause, NULL);
    }
    return next(node, service, hints, result);
}

/* What was read before the library is ready is not off. */
int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*next)(clockid_t, struct timespec *);
    if (next == NULL) *(void **)&next = dlsym(RTLD_NEXT, "clock_gettime");
    int outcome = next(clock, time);
    if (outcome == 0 && clock == CLOCK_REALTIME && world != NULL) time->tv_sec += world->clock_s;
    return outcome;
}
